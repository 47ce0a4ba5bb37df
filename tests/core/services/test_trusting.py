"""Where nobody asked the log before, the commit finds out what another process has changed."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    Approval,
    ApprovalPolicy,
    Assignment,
    Group,
    Permission,
    Placet,
    Role,
    Unavailable,
    User,
    hookimpl,
)
from placet.model import parse_reviews
from placet.storage.memory import MemoryStore
from placet.storage.port import Change, Committed, NewEvent, Store, StoredEvent
from placet.testing import ManualClock


class _Counting(MemoryStore):
    """A store that counts how often its log is read, and can lose sight of what it has stored."""

    reads = 0
    before_losing_sight: Callable[[], object] | None = None

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        done = super().commit(account, changes, events)
        if self.before_losing_sight is not None:
            meanwhile, self.before_losing_sight = self.before_losing_sight, None
            meanwhile()
            raise Unavailable("the connection was lost")
        return done

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        self.reads += 1
        return super().events(account, after, limit)


class _Shared:
    """A store that two engines open: what two processes on one database are."""

    def __init__(self) -> None:
        self.store = _Counting()

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return self.store if url == "shared://" else None


class _Two(NamedTuple):
    mine: Placet
    others: Placet
    store: _Counting

    def ask(self, by: str = "sam", on: str = "invoice:7") -> Approval:
        return self.mine.request("invoice.pay", on, actor=f"user:{by}")


@pytest.fixture
def two() -> _Two:
    """Two engines that have both looked: sam may pay, and dana of finance says yes."""
    shared, clock = _Shared(), ManualClock("2026-01-01T09:00Z")
    mine, others = (Placet.open("shared://", plugins=[shared], clock=clock) for _ in range(2))
    with others.acting(SYSTEM):
        others.permissions.create(Permission.dotted("invoice.pay"))
        others.roles.create(Role(id="clerk", permissions=("invoice.pay",)))
        for name in ("sam", "kim", "dana", "finn"):
            others.users.create(User(id=name))
        others.groups.create(Group(id="finance"))
        others.groups.add_members("finance", ["user:dana"])
        others.assignments.create(Assignment(id="sam", principal="user:sam", role="clerk"))
        others.policies.create(_policy("four-eyes", "1 from group:finance"))
    found = _Two(mine, others, shared.store)
    found.ask(on="invoice:1")
    return found


def _policy(id: str, reviews: str) -> ApprovalPolicy:
    return ApprovalPolicy(
        id=id, applies_to=("invoice.pay",), requirement=parse_reviews(reviews), use_within=3600
    )


def test_a_request_and_its_review_do_not_read_the_log(two: _Two) -> None:
    before = two.store.reads
    approval = two.ask()
    assert two.mine.review(approval.id, "approve", actor="user:dana").status == "approved"
    assert two.store.reads == before


def test_who_was_given_the_right_elsewhere_may_ask(two: _Two) -> None:
    kim = Assignment(id="kim", principal="user:kim", role="clerk")
    two.others.assignments.create(kim, actor=SYSTEM)
    assert two.ask(by="kim").status == "pending"


def test_who_has_lost_the_right_elsewhere_may_not_ask(two: _Two) -> None:
    two.others.assignments.delete("sam", actor=SYSTEM)
    with pytest.raises(AccessDenied):
        two.ask()


def test_who_was_made_a_reviewer_elsewhere_may_review(two: _Two) -> None:
    approval = two.ask()
    two.others.groups.add_members("finance", ["user:finn"], actor=SYSTEM)
    assert two.mine.review(approval.id, "approve", actor="user:finn").status == "approved"


def test_who_is_no_reviewer_any_more_by_what_was_done_elsewhere_may_not_review(two: _Two) -> None:
    approval = two.ask()
    two.mine.review(approval.id, "abstain", actor="user:dana")
    two.others.groups.remove_members("finance", ["user:dana"], actor=SYSTEM)
    with pytest.raises(AccessDenied):
        two.mine.review(approval.id, "approve", actor="user:dana")


def test_the_same_request_again_meets_what_was_tightened_elsewhere(two: _Two) -> None:
    """Nothing would be committed for it, so that no commit could find out."""
    first = two.ask()
    two.others.policies.create(_policy("finn-too", "1 from user:finn"), actor=SYSTEM)
    assert len(two.ask().policies) == 2
    assert two.mine.approvals.get(first.id, actor="user:sam").status == "superseded"


def test_a_mistake_by_what_is_not_known_here_yet_is_none(two: _Two) -> None:
    two.others.permissions.create(Permission.dotted("invoice.read"), actor=SYSTEM)
    with pytest.raises(AccessDenied, match="cannot ask"):
        two.mine.request("invoice.read", "invoice:7", actor="user:kim")


def test_what_may_have_been_stored_is_not_tried_again(two: _Two) -> None:
    """Whoever is told so asks again, or looks; an approval is not opened behind their back."""
    two.store.before_losing_sight = lambda: two.others.groups.create(Group(id="new"), actor=SYSTEM)
    with pytest.raises(Unavailable):
        two.ask()
    asked = two.mine.approvals.list(actor=SYSTEM).items
    assert [one.resource for one in asked].count("invoice:7") == 1
