"""A resource that is deleted, or renamed, which is the same, takes its open requests with it."""

import pytest
from office import SYSTEM

from placet import InvalidState, Resource
from placet.bundle.load import loads
from placet.model import Approval
from placet.services import endings
from placet.testing import PlacetUnderTest


@pytest.fixture
def placet(placet: PlacetUnderTest) -> PlacetUnderTest:
    """The office, with invoice 7 in its catalogue."""
    placet.resources.create(Resource(type="invoice", id="7"), actor=SYSTEM)
    return placet


def ask(placet: PlacetUnderTest, amount: int = 1, invoice: str = "7") -> Approval:
    return placet.request("invoice.pay", f"invoice:{invoice}", {"amount": amount}, actor="user:sam")


def status(placet: PlacetUnderTest, approval: Approval) -> str:
    return placet.approvals.get(approval.id, actor="user:sam").status


def test_every_request_that_waits_on_it_is_cancelled(placet: PlacetUnderTest) -> None:
    """T28."""
    asked = [ask(placet, amount) for amount in range(3)]
    placet.resources.delete("invoice:7", actor="user:root")
    ended = placet.approvals.get(asked[0].id, actor="user:sam").resolution
    assert [status(placet, one) for one in asked] == ["cancelled"] * 3
    assert ended is not None
    assert (ended.by, ended.reason) == ("user:root", "invoice:7 was deleted")


def test_it_is_one_commit_and_every_approval_has_an_event_of_its_own(
    placet: PlacetUnderTest,
) -> None:
    asked = ask(placet)
    before = placet.store.head("default")
    placet.resources.delete("invoice:7", actor=SYSTEM)
    assert placet.store.head("default").version == before.version + 1
    events = placet.audit.list(after=before.seq, actor=SYSTEM).items
    assert [(event.kind, event.approval) for event in events] == [
        ("approval.cancelled", asked.id),
        ("resource.deleted", None),
    ]
    assert [[change.kind for change in event.changes] for event in events] == [
        ["approval"],
        ["resource"],
    ]


def test_nobody_can_decide_it_any_more(placet: PlacetUnderTest) -> None:
    """T28."""
    asked = ask(placet)
    placet.resources.delete("invoice:7", actor=SYSTEM)
    with pytest.raises(InvalidState, match="cancelled"):
        placet.approve(asked, by="user:dana")
    assert placet.approvals.inbox(actor="user:dana").items == ()
    assert status(placet, asked) == "cancelled"


def test_what_has_ended_stays_as_it_was(placet: PlacetUnderTest) -> None:
    approved, late = ask(placet, 1), ask(placet, 2)
    placet.approve(approved, by="user:dana")
    placet.clock.advance("8h")
    placet.resources.delete("invoice:7", actor=SYSTEM)
    assert [status(placet, one) for one in (approved, late)] == ["approved", "expired"]


def test_requests_on_other_resources_go_on(placet: PlacetUnderTest) -> None:
    other = ask(placet, invoice="8")
    placet.resources.delete("invoice:7", actor=SYSTEM)
    assert status(placet, other) == "pending"


def test_another_change_of_the_resource_cancels_nothing(placet: PlacetUnderTest) -> None:
    asked = ask(placet)
    placet.resources.update(
        Resource(type="invoice", id="7", attributes={"owner": "kim"}), actor=SYSTEM
    )
    assert status(placet, asked) == "pending"


def test_a_bundle_that_removes_it_does_the_same(placet: PlacetUnderTest) -> None:
    placet.apply(
        loads('bundle = "b"\n[[resources]]\ntype = "invoice"\nid = "9"', "toml"), actor=SYSTEM
    )
    asked = ask(placet, invoice="9")
    before = placet.store.head("default")
    without = loads('bundle = "b"\n[[users]]\nid = "mia"', "toml")
    placet.apply(without, prune=True, actor=SYSTEM)
    assert status(placet, asked) == "cancelled"
    events = placet.audit.list(after=before.seq, actor=SYSTEM).items
    changed = {event.kind: [change.kind for change in event.changes] for event in events}
    assert changed["approval.cancelled"] == ["approval"]
    assert sorted(changed["bundle.applied"]) == ["resource", "user"]


def test_more_pages_than_one_are_cancelled(
    placet: PlacetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "MAX_PAGE", 2)
    asked = [ask(placet, amount) for amount in range(5)]
    placet.resources.delete("invoice:7", actor=SYSTEM)
    assert {status(placet, one) for one in asked} == {"cancelled"}


def test_too_many_requests_have_to_be_cancelled_first(
    placet: PlacetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "MOST", 2)
    asked = [ask(placet, amount) for amount in range(3)]
    with pytest.raises(InvalidState, match="more than 2 would end because invoice:7 was deleted"):
        placet.resources.delete("invoice:7", actor=SYSTEM)
    assert {status(placet, one) for one in asked} == {"pending"}
