"""How approvals went: counts by outcome, and seconds."""

from datetime import datetime, timedelta

import pytest
from office import SYSTEM

from placet import AccessDenied, ApprovalPolicy, Invalid
from placet.approvals.timing import Spread
from placet.model import InOrder, Reviews
from placet.services.approval_metrics import Metrics
from placet.testing import PlacetUnderTest


def ask(placet: PlacetUnderTest, invoice: int, scope: str | None = None) -> str:
    """The id of a request of sam's."""
    return placet.request("invoice.pay", f"invoice:{invoice}", scope=scope, actor="user:sam").id


def measured(placet: PlacetUnderTest, **options: object) -> Metrics:
    """The figures since the beginning."""
    since = datetime.fromisoformat("2026-01-01T00:00Z")
    return placet.approvals.metrics(since, actor="user:root", **options)  # type: ignore[arg-type]  # words of the question


def test_of_nothing_there_are_no_figures(placet: PlacetUnderTest) -> None:
    figures = measured(placet)
    assert (figures.requested, figures.outcomes, figures.whole) == (0, {}, True)
    assert figures.first_review == figures.decision == Spread(0)
    assert (figures.expired_share, figures.override_share) == (None, None)


def test_outcomes_are_as_of_now_and_times_in_seconds(placet: PlacetUnderTest) -> None:
    waits = [60, 120, 600]
    for number, seconds in enumerate(waits):
        id = ask(placet, number)
        placet.clock.advance(timedelta(seconds=seconds))
        placet.review(id, "reject" if number == 2 else "approve", actor="user:dana")
    ask(placet, 7)
    placet.clock.advance("8h")
    ask(placet, 8)
    figures = measured(placet)
    assert figures.outcomes == {"approved": 2, "expired": 1, "pending": 1, "rejected": 1}
    assert figures.requested == 5
    assert figures.first_review == figures.decision == Spread(3, 120.0, 600.0)
    assert (figures.expired_share, figures.override_share) == (1 / 4, 0.0)


def test_stages_are_measured_from_when_they_opened(placet: PlacetUnderTest) -> None:
    placet.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=("invoice.pay",),
            requirement=InOrder(
                of=(
                    Reviews(name="first", count=1, source="user:finn"),
                    Reviews(count=1, source="user:dana"),
                )
            ),
        ),
        actor=SYSTEM,
    )
    done, half = ask(placet, 1), ask(placet, 2)
    placet.clock.advance("1m")
    for id in (done, half):
        placet.review(id, "approve", actor="user:finn")
    placet.clock.advance("1h")
    placet.review(done, "approve", actor="user:dana")
    figures = measured(placet)
    assert figures.stages == {"first": Spread(2, 60.0, 60.0), "stage 2": Spread(1, 3600.0, 3600.0)}
    assert figures.first_review == Spread(2, 60.0, 60.0)
    assert figures.decision == Spread(1, 3660.0, 3660.0)


def test_they_are_of_a_time_a_scope_and_below_and_a_permission(placet: PlacetUnderTest) -> None:
    ask(placet, 1)
    placet.clock.advance("1h")
    middle = placet.clock.now()
    ask(placet, 2, scope="retail/shop")
    assert measured(placet).requested == 2
    assert measured(placet, until=middle).requested == 1
    assert placet.approvals.metrics(middle, actor=SYSTEM).requested == 1
    assert measured(placet, scope="retail").requested == 1
    assert placet.at("retail/web").approvals.metrics(middle, actor=SYSTEM).requested == 0
    assert measured(placet, permission="invoice.read").requested == 0


def test_they_need_the_right_to_view_approvals(placet: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied, match="core_approval_view"):
        placet.approvals.metrics(placet.clock.now(), actor="user:dana")


def test_moments_have_a_time_zone_and_an_order(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="since is 2026-01-01T00:00:00, without a time zone"):
        placet.approvals.metrics(datetime(2026, 1, 1), actor=SYSTEM)  # noqa: DTZ001  # what is refused
    later = placet.clock.now() + timedelta(hours=1)
    with pytest.raises(Invalid, match="which is before since"):
        placet.approvals.metrics(later, actor=SYSTEM)


def test_they_are_plain_json(placet: PlacetUnderTest) -> None:
    ask(placet, 1)
    shown = measured(placet).as_dict()
    assert shown["outcomes"] == {"pending": 1}
    assert shown["decision"] == {"count": 0, "p50": None, "p95": None}
