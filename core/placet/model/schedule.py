"""When something may happen: weekly windows in a time zone, and times when nothing may."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import msgspec

from placet.model._base import MAX_NAME, Checker, Time

__all__ = ["Blackout", "Day", "Window", "check_schedule"]

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


class Window(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Some days of the week, from `start` until just before `end` ("09:00", "17:30"), in `zone`.

    An `end` that is not after `start` is on the next day; the window belongs to the day on which it
    starts. Of an hour that the clock skips or repeats, the zone's own rules tell which it is.

    >>> from datetime import UTC
    >>> office = Window(days=("mon", "fri"), start="09:00", end="17:00", zone="UTC")
    >>> office.holds(datetime(2026, 11, 27, 16, 59, tzinfo=UTC))  # a Friday
    True
    >>> office.holds(datetime(2026, 11, 27, 17, 0, tzinfo=UTC))
    False
    """

    days: tuple[Day, ...] = DAYS
    start: str = "00:00"
    end: str = "24:00"
    zone: str = "UTC"

    def holds(self, now: datetime) -> bool:
        """Whether an aware moment lies in the window."""
        local = now.astimezone(_zone(self.zone))
        clock = local.time()
        today, before = DAYS[local.weekday()], DAYS[(local - timedelta(days=1)).weekday()]
        begun = today in self.days and clock >= time.fromisoformat(self.start)
        if self.end == "24:00":
            return begun
        end = time.fromisoformat(self.end)
        if self.start < self.end:
            return begun and clock < end
        return begun or (before in self.days and clock < end)

    def opens_after(self, moment: datetime) -> datetime | None:
        """When it opens next behind an aware moment; None where its hours never come.

        >>> from datetime import UTC
        >>> office = Window(days=("mon",), start="09:00", end="17:00", zone="Europe/Berlin")
        >>> office.opens_after(datetime(2026, 11, 27, tzinfo=UTC)).isoformat()
        '2026-11-30T08:00:00+00:00'
        """
        zone = _zone(self.zone)
        today = moment.astimezone(zone).date()
        for ahead in range(9):
            date = today + timedelta(days=ahead)
            opening = datetime.combine(date, time.fromisoformat(self.start), zone).astimezone(UTC)
            if DAYS[date.weekday()] in self.days and opening > moment:
                return opening
        return None


class Blackout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From `starts_at` until just before `ends_at`, nothing may happen, for a `reason`."""

    starts_at: Time
    ends_at: Time
    reason: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether an aware moment lies in it."""
        return self.starts_at <= now < self.ends_at


def check_schedule(
    check: Checker, windows: Iterable[Window], path: str, blackouts: Iterable[Blackout] = ()
) -> None:
    """Report a window or blackout that could never hold, or whose zone is unknown."""
    for at, window in enumerate(windows):
        here = f"{path}[{at}]"
        if not window.days:
            check.fail(f"{here}.days", "is empty, so that it never opens")
        for field in ("start", "end"):
            text = getattr(window, field)
            if not _CLOCK.fullmatch(text) or (field == "start" and text == "24:00"):
                check.fail(f"{here}.{field}", f"is {text!r}; write a time of day, '09:00'")
        try:
            _zone(window.zone)
        except (KeyError, ValueError, OSError):
            check.fail(
                f"{here}.zone", f"is {window.zone!r}, which is no time zone; write 'Europe/Berlin'"
            )
    for at, blackout in enumerate(blackouts):
        if blackout.ends_at <= blackout.starts_at:
            check.fail(f"blackouts[{at}].ends_at", "is not after starts_at")
        check.text(f"blackouts[{at}].reason", blackout.reason, MAX_NAME)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
