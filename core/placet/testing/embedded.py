"""For applications' own tests: a whole engine in memory, and a clock that the test moves."""

import threading
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import Any

from placet.bundle import Bundle
from placet.clock import Clock
from placet.engine import Placet
from placet.errors import ApprovalRequired, Invalid
from placet.model import Approval

__all__ = ["ManualClock", "PlacetUnderTest", "engine"]

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class ManualClock(Clock):
    """Stands still until it is told to go on.

    >>> clock = ManualClock("2026-01-01T09:00Z")
    >>> clock.advance("2h").isoformat()
    '2026-01-01T11:00:00+00:00'
    """

    def __init__(self, now: datetime | str) -> None:
        moment = datetime.fromisoformat(now) if isinstance(now, str) else now
        if moment.tzinfo is None:
            raise Invalid(f"{now!r} has no time zone; write '2026-01-01T09:00Z'")
        self._now = moment.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The moment at which it stands, aware, in UTC."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta | str) -> datetime:
        """Go on by a timedelta, or by "90s", "15m", "2h", "3d"; returns the new moment."""
        with self._lock:
            self._now += _duration(by) if isinstance(by, str) else by
            return self._now


class PlacetUnderTest(Placet):
    """An engine with `clock`, and short ways to move a story on."""

    clock: ManualClock

    def approve(self, approval: Approval | ApprovalRequired | str, *, by: str) -> Approval:
        """Let `by` approve it; an eligible reviewer, as in real life."""
        return self.review(_id(approval), "approve", actor=by)

    def reject(
        self, approval: Approval | ApprovalRequired | str, *, by: str, comment: str = ""
    ) -> Approval:
        """Let `by` reject it."""
        return self.review(_id(approval), "reject", comment=comment, actor=by)


def engine(
    bundle: Bundle | str | PathLike[str] | None = None,
    *,
    now: datetime | str = "2026-01-01T09:00Z",
    **options: Any,
) -> PlacetUnderTest:
    """An engine in memory with `bundle` applied, whose clock stands at `now`.

    `options` are those of `Placet.open`.

    >>> placet = engine(now="2026-01-01T09:00Z")
    >>> placet.clock.advance("90s").minute
    1
    """
    clock = ManualClock(now)
    under_test = PlacetUnderTest.open("memory://", bundle=bundle, clock=clock, **options)
    under_test.clock = clock
    return under_test


def _duration(text: str) -> timedelta:
    number = text.rstrip("msdh")
    unit = _UNITS.get(text[len(number) :])
    if unit is None or not number.isdigit():
        raise Invalid(f"{text!r} is no duration; write '90s', '15m', '2h' or '3d'")
    return timedelta(seconds=int(number) * unit)


def _id(approval: Approval | ApprovalRequired | str) -> str:
    if isinstance(approval, Approval):
        return approval.id
    if isinstance(approval, ApprovalRequired):
        if approval.approval is None:
            raise Invalid("that refusal opened no approval")
        return approval.approval
    return approval
