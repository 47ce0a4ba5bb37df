"""Ways in which approvals have failed elsewhere, as far as no other file is about them."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from office import SYSTEM, office

from placet import (
    AccessDenied,
    ApprovalPolicy,
    ApprovalRequired,
    Event,
    Group,
    Invalid,
    InvalidState,
    NotFound,
    Placet,
    Unavailable,
    hookimpl,
)
from placet.catalogue import Catalogue
from placet.errors import Conflict, Corrupt
from placet.model import Approval, Reviews, parse_reviews
from placet.storage.memory import MemoryStore
from placet.storage.nouns import key_for
from placet.storage.port import Change, Committed, NewEvent, Put, Store
from placet.testing import PlacetUnderTest

PAY = ("invoice.pay", "invoice:7", {"amount": 900})


class Busy(MemoryStore):
    """A store on which somebody else has always been faster, from when it is `busy`."""

    busy = False

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        if self.busy:
            raise Conflict("somebody was faster")
        return super().commit(account, changes, events)


class At:
    """Opens a store that is there already."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return self._store if url == "busy://" else None


class Lax:
    """A policy that comes from code, and asks for nobody."""

    @hookimpl
    def placet_catalogue(self) -> Catalogue:
        nobody = Reviews(count=0, source="group:finance@/")
        return Catalogue(
            policies=(ApprovalPolicy(id="lax", applies_to=("invoice.read",), requirement=nobody),)
        )


def test_a_policy_of_code_that_asks_for_nobody_is_no_policy() -> None:
    """T29: it is looked at like one that is stored, and nothing is answered with it."""
    with pytest.raises(Invalid, match=r"requirement\.count: is 0"):
        office(plugins=[Lax()])


def test_who_loses_every_race_is_told_so_and_has_decided_nothing() -> None:
    """T06, T10: after some attempts it is an error, and no answer as if it had been stored."""
    store = Busy()
    with office("busy://", plugins=[At(store)]) as placet:
        asked = placet.request(*PAY, actor="user:sam")
        before = store.head(placet.account)
        store.busy = True
        with pytest.raises(Unavailable, match="try again"):
            placet.approve(asked, by="user:dana")
        store.busy = False
        assert store.head(placet.account) == before
        assert placet.approvals.get(asked.id, actor=SYSTEM).status == "pending"


def test_a_deadline_that_cannot_be_read_lets_nobody_through(placet: PlacetUnderTest) -> None:
    """T14: neither as if there were none, nor as if it had passed."""
    asked = placet.request(*PAY, actor="user:sam")
    key = key_for(Approval, asked.id)
    (doc,) = placet.store.get(placet.account, [key])
    assert doc is not None
    assert asked.decide_by is not None
    until = asked.decide_by.isoformat().replace("+00:00", "Z").encode()
    spoilt = doc.body.replace(until, b"in a while")
    assert spoilt != doc.body
    placet.store.commit(placet.account, [Put(key, spoilt, doc.index, doc.version)], [])
    for ask in (
        lambda: placet.approve(asked.id, by="user:dana"),
        lambda: placet.permits.permit(*PAY, actor="user:sam"),
        lambda: placet.approvals.settle(asked.id, actor=SYSTEM),
    ):
        with pytest.raises(Corrupt, match="approval"):
            ask()


def test_who_waits_is_told_whether_it_waits_has_expired_or_was_rejected(
    placet: PlacetUnderTest,
) -> None:
    """T17."""
    with pytest.raises(ApprovalRequired, match="has 0 of 1") as waiting:
        placet.permits.permit(*PAY, actor="user:sam")
    id = str(waiting.value.approval)
    assert waiting.value.status == "pending"
    placet.clock.advance("8h")
    with pytest.raises(InvalidState, match=r"expired at .*; ask again") as over:
        placet.approve(id, by="user:dana")
    assert over.value.details == {"status": "expired"}
    with pytest.raises(ApprovalRequired) as anew:
        placet.permits.permit(*PAY, actor="user:sam")
    assert anew.value.approval != id, "it is asked anew, and nobody waits for what is over"
    placet.reject(str(anew.value.approval), by="user:dana", comment="not today")
    with pytest.raises(AccessDenied, match="rejected: not today"):
        placet.permits.permit(*PAY, actor="user:sam")


def test_what_somebody_said_is_taken_back_by_nobody_else_and_stays_in_the_log(
    placet: PlacetUnderTest,
) -> None:
    """T22: a review is no text that somebody with rights can edit."""
    both = ApprovalPolicy(
        id="four-eyes",
        applies_to=("invoice.pay",),
        requirement=parse_reviews("2 from group:finance"),
    )
    placet.policies.update(both, actor=SYSTEM)
    asked = placet.request(*PAY, actor="user:sam")
    placet.review(asked.id, "approve", comment="seen the bill", actor="user:dana")
    for other in ("user:finn", "user:root"):
        with pytest.raises(AccessDenied, match="has no review"):
            placet.approvals.withdraw(asked.id, actor=other)
    placet.approvals.withdraw(asked.id, actor="user:dana")
    placet.review(asked.id, "reject", comment="a forgery", actor="user:dana")
    log = placet.audit.list(approval=asked.id, actor=SYSTEM).items
    said = [(event.actor, event.data["verdict"]) for event in log if "verdict" in event.data]
    assert said == [("user:dana", "approve"), ("user:dana", "reject")]
    assert "review.withdrawn" in [event.kind for event in log]
    assert placet.audit.verify(actor=SYSTEM).ok


def test_a_group_of_the_same_name_elsewhere_says_nothing(placet: PlacetUnderTest) -> None:
    """T31: `finance` of the account is meant, and not that of retail, where eve has put herself."""
    with placet.acting(SYSTEM):
        placet.groups.create(Group(id="finance", scope="retail"))
        placet.groups.add_members("finance", ["user:eve"], scope="retail")
    for scope in (None, "retail"):
        asked = placet.request(*PAY, scope=scope, actor="user:sam")
        with pytest.raises(NotFound):
            placet.approve(asked, by="user:eve")
        assert placet.approve(asked, by="user:dana").status == "approved"


@pytest.mark.parametrize("amount", [1000, "much", None, [1000], {}])
def test_a_condition_that_meets_another_type_asks_for_approval(
    placet: PlacetUnderTest, amount: object
) -> None:
    """T45: what cannot be compared is not taken for little."""
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(
        msgspec.structs.replace(policy, when="context.amount > 500"), actor=SYSTEM
    )
    free = placet.permits.permit("invoice.pay", "invoice:7", {"amount": 1}, actor="user:sam")
    assert free.approval is None
    for args in ({"amount": amount}, {}):
        with pytest.raises(ApprovalRequired):
            placet.permits.permit("invoice.pay", "invoice:7", args, actor="user:sam")


class Hears:
    """Remembers which events it heard of."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    @hookimpl
    def placet_event(self, event: Event) -> None:
        self.heard.append(event.seq)


def test_what_was_committed_before_the_end_of_a_process_is_delivered_by_the_next(
    tmp_path: Path,
) -> None:
    """T09, T48: what follows on a decision stands in the log, with the decision."""
    url = f"sqlite:///{tmp_path / 'main.db'}"
    with office(url) as placet:
        asked = placet.request(*PAY, actor="user:sam")
        placet.approve(asked, by="user:dana")
        events = placet.store.head(placet.account).seq
    hears = Hears()
    for _ in range(2):
        with Placet.open(url, plugins=[hears]) as again:
            again.deliver()
    assert hears.heard == list(range(1, events + 1))
