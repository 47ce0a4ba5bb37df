"""Time as a port, and ids that sort by it.

Inside placet a moment is an aware UTC `datetime` of whole milliseconds; in an index, a seal or on
the wire it is an integer of milliseconds since 1970-01-01 UTC.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "SystemClock", "from_milliseconds", "milliseconds", "uuid7"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_BEYOND = tuple(timedelta(microseconds=count) for count in range(1000))


class Clock(Protocol):
    """Where the engine reads the time: the system's clock, or one that a test advances."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC, cut to whole milliseconds."""


class SystemClock:
    """The machine's clock.

    >>> SystemClock().now().tzinfo is UTC
    True
    """

    def now(self) -> datetime:
        """The present moment, aware, in UTC, cut to whole milliseconds."""
        # `replace` would cost three times as much, and a decision asks the time.
        now = datetime.now(UTC)
        return now - _BEYOND[now.microsecond % 1000]


def milliseconds(moment: datetime) -> int:
    """The milliseconds from the epoch to an aware `moment`.

    >>> milliseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000
    """
    return (moment - _EPOCH) // _MILLISECOND


def from_milliseconds(value: int) -> datetime:
    """The aware UTC moment `value` milliseconds after the epoch.

    >>> from_milliseconds(1000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + value * _MILLISECOND


def uuid7(now: datetime) -> str:
    """A new id as text (RFC 9562, version 7): sorts by `now`, and cannot be guessed.

    >>> import uuid
    >>> uuid.UUID(uuid7(datetime(2026, 1, 1, tzinfo=UTC))).version
    7
    """
    random = os.urandom(10)
    time, digits = f"{milliseconds(now) & 0xFFFF_FFFF_FFFF:012x}", random.hex()
    variant = "89ab"[random[0] & 3]
    return f"{time[:8]}-{time[8:]}-7{digits[2:5]}-{variant}{digits[5:8]}-{digits[8:]}"
