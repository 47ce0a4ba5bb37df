"""Windows and blackouts: half-open, in the time of their zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet.errors import Invalid
from placet.model import Blackout, Gate, Window

OFFICE = Window(days=("mon", "tue", "wed", "thu", "fri"), start="09:00", end="17:30",
                zone="Europe/Berlin")  # fmt: skip
NIGHT = Window(days=("fri",), start="22:00", end="04:00")


@pytest.mark.parametrize(
    ("window", "moment", "holds"),
    [
        (OFFICE, "2026-11-26T07:59:59.999Z", False),
        (OFFICE, "2026-11-26T08:00Z", True),  # nine in Berlin, in winter
        (OFFICE, "2026-07-01T07:00Z", True),  # nine in Berlin, in summer
        (OFFICE, "2026-11-26T16:29:59.999Z", True),
        (OFFICE, "2026-11-26T16:30Z", False),
        (OFFICE, "2026-11-28T10:00Z", False),  # a Saturday
        (NIGHT, "2026-11-27T21:59Z", False),
        (NIGHT, "2026-11-27T22:00Z", True),  # a Friday
        (NIGHT, "2026-11-28T03:59Z", True),
        (NIGHT, "2026-11-28T04:00Z", False),
        (NIGHT, "2026-11-28T22:00Z", False),
        (Window(), "2026-11-28T23:59:59.999Z", True),
        (Window(days=("sat",)), "2026-11-28T00:00Z", True),
        (Window(days=("sat",)), "2026-11-29T00:00Z", False),
        (Window(start="08:00", end="08:00"), "2026-11-28T07:59Z", True),
    ],
)
def test_a_window_holds(window: Window, moment: str, holds: bool) -> None:
    assert window.holds(datetime.fromisoformat(moment)) is holds


@given(st.integers(0, 2 * 365 * 24 * 3600 * 1000))
def test_it_opens_when_it_begins_to_hold(milliseconds: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    opening = OFFICE.opens_after(moment)
    assert opening is not None
    assert moment < opening <= moment + timedelta(days=4)
    assert OFFICE.holds(opening)
    assert not OFFICE.holds(opening - timedelta(milliseconds=1))


def test_a_blackout_ends_at_its_end() -> None:
    """T19."""
    start = datetime(2026, 12, 24, tzinfo=UTC)
    freeze = Blackout(starts_at=start, ends_at=start + timedelta(days=1))
    assert freeze.holds(start)
    assert not freeze.holds(start + timedelta(days=1))
    assert not freeze.holds(start - timedelta(milliseconds=1))


@pytest.mark.parametrize(
    "window",
    [
        Window(days=()),
        Window(start="24:00"),
        Window(start="9:00"),
        Window(end="25:00"),
        Window(zone="Nowhere/Else"),
        Window(zone="../etc/passwd"),
        Window(zone=""),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(window: Window) -> None:
    with pytest.raises(Invalid, match="windows"):
        Gate(id="g", policy="p", windows=(window,)).validate()


def test_a_blackout_that_never_begins_is_refused() -> None:
    now = datetime(2026, 12, 24, tzinfo=UTC)
    with pytest.raises(Invalid, match="blackouts"):
        Gate(id="g", policy="p", blackouts=(Blackout(starts_at=now, ends_at=now),)).validate()
