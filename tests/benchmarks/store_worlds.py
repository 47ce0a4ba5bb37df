"""What fills the stores: nouns as an installation has them, written by placet's own codec.

The shape does not change with the size. Of `total` approvals one in 20 is pending; some sixty of
those, in all, are past their deadline, for the sweep takes them soon. Each requester asked for
about ten, each release (a label) has about twenty, each group is waited for by about fifty, and
each scope has about a hundred approvals or assignments. So a question finds as much in a large
store as in a small one, but for the list of all that is pending, which grows with the store.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from placet.clock import milliseconds, uuid7
from placet.model import (
    AllOf,
    Approval,
    ApprovalPolicy,
    Assignment,
    Grant,
    InOrder,
    Noun,
    Resolution,
    Review,
    Reviews,
    User,
)
from placet.storage.codec import FORMAT, data_of, encode_noun
from placet.storage.entries import EventDraft, RawChange, write_event
from placet.storage.nouns import key_of
from placet.storage.port import NewEvent, Put

__all__ = ["ACCOUNT", "MAKERS", "NOW", "World", "event_of", "put_of"]

ACCOUNT = "default"
NOW = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
_APART = timedelta(seconds=20)
_DIGEST = "3f0a9c1e7b5d2846" * 4


class World:
    """Nouns by their number, up to `total`; the last approval was asked for at NOW."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.requesters = max(total // 10, 1)
        self.releases = max(total // 20, 1)
        self.groups = max(total // 1000, 4)
        self.scopes = max(total // 100, 1)

    def requester(self, number: int) -> str:
        """A person who asks."""
        return f"user:person.{number % self.requesters:06}"

    def group(self, number: int) -> str:
        """A group of reviewers."""
        return f"group:reviewers-{number % self.groups:04}@/"

    def scope(self, number: int) -> str:
        """A project."""
        return f"org{number % self.scopes % 50:02}/project{number % self.scopes:05}"

    def release(self, number: int) -> str:
        """The value of a label."""
        return f"2026.{number % self.releases:06}"

    def created(self, number: int) -> datetime:
        """When an approval was asked for."""
        return NOW - (self.total - number) * _APART

    def user(self, number: int) -> User:
        """A person."""
        return User(
            id=f"person.{number:06}",
            name=f"Person Number {number}",
            email=f"person.{number:06}@example.com",
            attributes={"department": f"department {number % 40}", "site": "north"},
            created_at=NOW,
            updated_at=NOW,
            created_by="service_account:directory@/",
        )

    def assignment(self, number: int) -> Assignment:
        """A role for a person in a project."""
        random = Random(number)
        return Assignment(
            id=f"assignment-{number:07}",
            scope=self.scope(random.randrange(self.scopes)),
            principal=self.requester(random.randrange(self.requesters)),
            role=f"deployer-{number % 30}@/",
            resource_group=f"production-{number % 12}@/" if number % 2 else None,
            expires_at=NOW + timedelta(days=90) if number % 3 else None,
            created_at=NOW,
            updated_at=NOW,
            created_by="user:root",
            bundle="platform",
        )

    def grant(self, number: int) -> Grant:
        """An access of some hours."""
        random = Random(number)
        at = self.created(number)
        return Grant(
            id=uuid7(at),
            kind="access",
            approval=uuid7(at - timedelta(minutes=20)),
            principal=self.requester(random.randrange(self.requesters)),
            permission="release.deploy",
            resource=f"release:payments-{number % 400}",
            scope=self.scope(random.randrange(self.scopes)),
            digest=_DIGEST,
            created_at=at,
            starts_at=at,
            ends_at=at + timedelta(hours=4),
            assignment=f"grant-{number:07}",
        )

    def approval(self, number: int) -> Approval:
        """A request with its policy: two stages; pending, or reviewed and approved."""
        random = Random(number)
        at = self.created(number)
        first = self.group(random.randrange(self.groups))
        second = self.group(random.randrange(self.groups))
        requester = self.requester(random.randrange(self.requesters))
        asked = Approval(
            id=uuid7(at),
            scope=self.scope(random.randrange(self.scopes)),
            requester=requester,
            contributors=(self.requester(random.randrange(self.requesters)),),
            permission=("release.deploy", "invoice.pay", "database.read")[number % 3],
            resource=f"release:payments-{random.randrange(400)}",
            properties={"environment": "production", "owner": "team payments", "tier": 1},
            arguments={"version": f"7.{number % 90}.2", "regions": ["eu-north", "us-east"]},
            justification="Fixes the rounding of refunds; see the change for the test report.",
            labels={
                "release": self.release(random.randrange(self.releases)),
                "ticket": f"CHG-{number:07}",
            },
            origin=("http", "embedded", "iacm")[number % 3],
            digest=_DIGEST,
            policy=_policy(first, second),
            policies=("two-stages@/",),
            created_at=at,
            updated_at=at,
            decide_by=self._decide_by(random),
            gate="production@/" if number % 4 == 0 else None,
        )
        return asked if random.random() < 1 / 20 else _approved(asked, random, self)

    def _decide_by(self, random: Random) -> datetime | None:
        chance = random.random()
        if chance < min(1200 / self.total, 0.2):
            return NOW - timedelta(minutes=random.randrange(60))
        return None if chance > 0.9 else NOW + timedelta(minutes=random.randrange(1, 20_000))


def _policy(first: str, second: str) -> ApprovalPolicy:
    return ApprovalPolicy(
        id="two-stages",
        version=3,
        name="Production deployments",
        description="The team reviews first, then whoever is on call for the platform.",
        applies_to=("release.deploy", "invoice.pay", "database.read"),
        requirement=InOrder(
            of=(
                AllOf(
                    name="team",
                    of=(Reviews(count=1, source=first), Reviews(count=1, source="everyone")),
                ),
                AllOf(
                    name="platform",
                    of=(Reviews(count=1, source=second), Reviews(count=1, source="owner")),
                ),
            )
        ),
        decide_within=8 * 3600,
        use_within=3600,
        also_exclude=("contributors",),
        created_at=NOW - timedelta(days=900),
        updated_at=NOW - timedelta(days=800),
        created_by="user:root",
        bundle="platform",
    )


def _approved(asked: Approval, random: Random, world: World) -> Approval:
    at = asked.created_at + timedelta(minutes=random.randrange(1, 300))
    reviews = tuple(
        Review(
            reviewer=world.requester(random.randrange(world.requesters)),
            verdict="approve",
            digest=_DIGEST,
            at=at,
            comment="Looked at the plan and at the test report.",
        )
        for _ in range(2)
    )
    return msgspec.structs.replace(
        asked,
        status="approved",
        updated_at=at,
        reviews=reviews,
        resolution=Resolution(kind="reviews", at=at, by=reviews[-1].reviewer),
    )


MAKERS: dict[str, Callable[[World, int], Noun]] = {
    "user": World.user,
    "assignment": World.assignment,
    "grant": World.grant,
    "approval": World.approval,
}
"""What makes a noun of a kind from its number."""


def put_of(noun: Noun) -> Put:
    """The change that stores a noun that is not there."""
    body, index = encode_noun(noun)
    return Put(key_of(noun), body, index, 0)


def event_of(noun: Noun, at: datetime = NOW) -> NewEvent:
    """The event that tells of a new noun."""
    key = key_of(noun)
    change = RawChange(key.kind, key.id, after=msgspec.Raw(data_of(noun)))
    draft = EventDraft(
        format=FORMAT,
        account=ACCOUNT,
        kind=f"{key.kind}.created",
        actor="user:root",
        approval=key.id if isinstance(noun, Approval) else None,
        changes=(change,),
    )
    return write_event(draft, at)


def parts(total: int, size: int) -> Iterator[range]:
    """The numbers up to `total`, `size` at a time."""
    for start in range(0, total, size):
        yield range(start, min(start + size, total))


def now_ms() -> int:
    """NOW, as an index holds it."""
    return milliseconds(NOW)
