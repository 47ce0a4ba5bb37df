"""The system's clock: aware, UTC, whole milliseconds, and the same as the integer of the wire."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from placet.clock import SystemClock, from_milliseconds, milliseconds

YEAR_9999 = 253_402_300_799_999


def test_now_is_aware_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta()


def test_now_is_the_present() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    assert before <= SystemClock().now() <= datetime.now(UTC)


def test_now_is_cut_to_the_millisecond() -> None:
    clock = SystemClock()
    assert {clock.now().microsecond % 1000 for _ in range(1000)} == {0}


@given(st.integers(0, YEAR_9999))
def test_milliseconds_come_back_as_they_were(value: int) -> None:
    assert milliseconds(from_milliseconds(value)) == value
