"""The sweeper writes down what time and the directory have decided, once each."""

import msgspec
import pytest

from placet import SYSTEM, Approval, ApprovalPolicy, Event
from placet.approvals.lifecycle import Said
from placet.model import Reviews
from placet.storage.nouns import key_for
from placet.storage.port import Put
from placet.testing import PlacetUnderTest


def _policy(placet: PlacetUnderTest, **fields: object) -> None:
    policy: ApprovalPolicy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(msgspec.structs.replace(policy, **fields), actor=SYSTEM)


def _events(placet: PlacetUnderTest, kind: str) -> tuple[Event, ...]:
    return placet.audit.list(kind=kind, actor=SYSTEM).items


@pytest.fixture
def waiting(placet: PlacetUnderTest) -> str:
    """An approval with reminders every hour and an escalation after two."""
    leaf = Reviews(
        count=1, source="group:finance", escalate_after=2 * 3600, escalate_to=("user:root",)
    )
    _policy(placet, requirement=leaf, remind_after=3600)
    return placet.request("invoice.pay", "invoice:7", {"amount": 900}, actor="user:sam").id


def test_reminders_name_who_is_waited_for(placet: PlacetUnderTest, waiting: str) -> None:
    placet.clock.advance("59m")
    placet.sweep()
    assert _events(placet, "approval.reminded") == ()
    placet.clock.advance("1m")
    assert placet.sweep() == 1
    placet.sweep()
    (event,) = _events(placet, "approval.reminded")
    assert event.approval == waiting
    assert event.data["waits_for"] == ["user:dana", "user:finn"]


def test_an_escalation_is_told_to_those_who_may_now(placet: PlacetUnderTest, waiting: str) -> None:
    placet.clock.advance("2h")
    placet.sweep()
    placet.sweep()
    (event,) = _events(placet, "approval.escalated")
    assert event.data["waits_for"] == ["user:dana", "user:finn", "user:root"]


def test_a_deadline_is_written_down_once(placet: PlacetUnderTest, waiting: str) -> None:
    """T15."""
    placet.clock.advance("8h")
    placet.sweep()
    placet.sweep()
    (event,) = _events(placet, "approval.expired")
    assert event.approval == waiting
    assert _events(placet, "approval.reminded") == ()


def test_a_change_of_the_directory_settles_what_it_decides(placet: PlacetUnderTest) -> None:
    """T37: the only one left who has not said no leaves, and with them the last chance."""
    _policy(placet, reject_when="unreachable")
    id = placet.request("invoice.pay", "invoice:7", {"amount": 900}, actor="user:sam").id
    placet.sweep()
    placet.reject(id, by="user:dana")
    assert placet.approvals.get(id, actor=SYSTEM).status == "pending"
    placet.groups.remove_members("finance", ["user:finn"], actor=SYSTEM)
    placet.clock.advance("1m")
    assert placet.sweep() == 1
    assert placet.approvals.get(id, actor=SYSTEM).status == "rejected"


def test_many_reviews_are_each_by_themselves(placet: PlacetUnderTest) -> None:
    """T08: each is one person's word on one approval; one that fails stops no other."""
    ids = [
        placet.request("invoice.pay", f"invoice:{number}", actor="user:sam").id
        for number in range(3)
    ]
    placet.reject(ids[1], by="user:finn")
    done = placet.approvals.review_many(
        [(id, Said("approve")) for id in (*ids, "nothing")], actor="user:dana"
    )
    assert [getattr(one, "status", type(one).__name__) for one in done] == [
        "approved", "InvalidState", "approved", "NotFound",
    ]  # fmt: skip


def test_one_that_cannot_be_read_stands_in_no_others_way(
    placet: PlacetUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    _policy(placet, reject_when="unreachable")
    broken, other = (
        placet.request("invoice.pay", f"invoice:{number}", actor="user:sam").id
        for number in range(2)
    )
    placet.sweep()
    placet.reject(other, by="user:dana")
    (doc,) = placet.store.get("default", [key_for(Approval, broken)])
    assert doc is not None
    placet.store.commit("default", [Put(doc.key, b"{", doc.index)], [])
    placet.groups.remove_members("finance", ["user:finn"], actor=SYSTEM)
    placet.clock.advance("1m")
    assert placet.sweep() == 1
    assert placet.approvals.get(other, actor=SYSTEM).status == "rejected"
    assert broken in caplog.text
