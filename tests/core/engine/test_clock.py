"""The system's clock: aware, UTC, whole milliseconds, and the same as the integer of the wire."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet.clock import SystemClock, from_milliseconds, milliseconds

YEAR_9999 = 253_402_300_799_999


def test_now_is_aware_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta()


def test_now_is_the_present() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= SystemClock().now() <= datetime.now(UTC)


@given(st.integers(0, YEAR_9999), st.integers(0, 999_999))
def test_now_is_cut_to_the_millisecond_never_rounded(value: int, nanoseconds: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time_ns", lambda: value * 1_000_000 + nanoseconds)
        assert SystemClock().now() == from_milliseconds(value)


@given(st.integers(0, YEAR_9999))
def test_milliseconds_come_back_as_they_were(value: int) -> None:
    assert milliseconds(from_milliseconds(value)) == value
