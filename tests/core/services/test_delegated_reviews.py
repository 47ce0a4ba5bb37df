"""Reviews in the place of who is away, through the service."""

from datetime import timedelta

import msgspec
import pytest

from placet import (
    SYSTEM,
    NotFound,
)
from placet.model import Delegation
from placet.testing import PlacetUnderTest


def _pending(placet: PlacetUnderTest, amount: int = 900) -> str:
    asked = placet.request("invoice.pay", "invoice:7", {"amount": amount}, actor="user:sam")
    return asked.id


def _dana_is_away(placet: PlacetUnderTest, scope: str = "") -> None:
    now = placet.clock.now()
    placet.delegations.create(
        Delegation(
            id="",
            scope=scope,
            delegator="user:dana",
            delegate="user:eve",
            starts_at=now,
            ends_at=now + timedelta(days=1),
        ),
        actor=SYSTEM,
    )


def test_a_delegate_reviews_in_the_place_of_who_is_away(placet: PlacetUnderTest) -> None:
    _dana_is_away(placet, scope="")
    id = _pending(placet)
    found = placet.approvals.inbox(actor="user:eve").items
    assert [one.id for one in found] == [id]
    done = placet.approve(id, by="user:eve")
    assert (done.status, done.reviews[0].seat_of) == ("approved", "user:dana")


def test_a_delegation_gives_no_seat_outside_its_scope(placet: PlacetUnderTest) -> None:
    _dana_is_away(placet, scope="retail")
    with pytest.raises(NotFound):
        placet.review(_pending(placet), "approve", actor="user:eve")


def test_a_delegation_of_who_is_disabled_counts_for_nothing(placet: PlacetUnderTest) -> None:
    """T37."""
    _dana_is_away(placet, scope="")

    dana = placet.users.get("dana", actor=SYSTEM)
    placet.users.update(msgspec.structs.replace(dana, disabled=True), actor=SYSTEM)
    with pytest.raises(NotFound):
        placet.review(_pending(placet), "approve", actor="user:eve")


@pytest.mark.parametrize(("after", "counts"), [("86399s", True), ("24h", False)])
def test_a_delegation_counts_until_just_before_its_end(
    placet: PlacetUnderTest, after: str, counts: bool
) -> None:
    """T19."""
    _dana_is_away(placet)
    placet.clock.advance(after)
    asked = placet.request("invoice.pay", "invoice:8", actor="user:sam")
    found = placet.approvals.inbox(actor="user:eve").items
    assert ([one.id for one in found] == [asked.id]) is counts
    if not counts:
        with pytest.raises(NotFound):
            placet.approve(asked, by="user:eve")
