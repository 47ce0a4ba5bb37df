"""Access that begins later and lasts for less than it could."""

from datetime import timedelta

import pytest

from placet import (
    SYSTEM,
    ApprovalPolicy,
    Invalid,
    InvalidState,
)
from placet.model import AccessYield, parse_reviews
from placet.testing import PlacetUnderTest


def _eve_may_ask_to_read(placet: PlacetUnderTest) -> None:
    placet.policies.create(
        ApprovalPolicy(
            id="elevation",
            applies_to=("invoice.read",),
            needed="when_denied",
            requesters=("user:eve",),
            requirement=parse_reviews("1 from group:finance"),
            yields=AccessYield("clerk", 3600),
        ),
        actor=SYSTEM,
    )


def test_access_begins_when_it_was_asked_for(placet: PlacetUnderTest) -> None:
    """T16."""
    _eve_may_ask_to_read(placet)
    start = placet.clock.now() + timedelta(hours=2)
    asked = placet.approvals.request(
        "invoice.read", "invoice:7", starts_at=start, seconds=600, actor="user:eve"
    )
    placet.approve(asked, by="user:dana")
    may = [placet.check("user:eve", "invoice.read", "invoice:7")]
    for step in ("119m", "1m", "599s", "1s"):
        placet.clock.advance(step)
        may.append(placet.check("user:eve", "invoice.read", "invoice:7"))
    assert may == [False, False, True, True, False]


def test_nobody_gets_more_time_than_the_policy_yields(placet: PlacetUnderTest) -> None:
    _eve_may_ask_to_read(placet)
    with pytest.raises(Invalid, match="more than the 3600"):
        placet.approvals.request("invoice.read", "invoice:7", seconds=3601, actor="user:eve")


def test_more_of_it_is_another_request(placet: PlacetUnderTest) -> None:
    _eve_may_ask_to_read(placet)
    first = placet.approvals.request("invoice.read", "invoice:7", actor="user:eve")
    placet.approve(first, by="user:dana")
    placet.clock.advance("50m")
    with pytest.raises(InvalidState, match="nothing to ask for"):
        placet.approvals.request("invoice.read", "invoice:7", actor="user:eve")
    more = placet.approvals.request("invoice.read", "invoice:7", extend=True, actor="user:eve")
    assert more.id != first.id
    placet.approve(more, by="user:finn")
    placet.clock.advance("59m")
    assert placet.check("user:eve", "invoice.read", "invoice:7")
    placet.clock.advance("1m")
    assert not placet.check("user:eve", "invoice.read", "invoice:7")


def test_who_holds_it_anyway_has_nothing_to_ask_for(placet: PlacetUnderTest) -> None:
    _eve_may_ask_to_read(placet)
    with pytest.raises(InvalidState, match="nothing to ask for"):
        placet.approvals.request("invoice.read", "invoice:7", extend=True, actor="user:sam")
