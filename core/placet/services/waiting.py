"""Waiting until what is stored says so: woken by commits, of whatever process, and by deadlines.

What wakes is a hint. What decides is a look at the store, so nothing is missed that happens between
a look and the wait behind it, nor where nobody tells of a commit: then the next look finds it.
"""

import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Generic, TypeVar

from placet.errors import Invalid, NotFound
from placet.model import Approval
from placet.refs import text_fault
from placet.services.approvals import Approvals
from placet.services.base import View
from placet.services.tenant import ActorLike, Tenant
from placet.storage.nouns import key_for
from placet.storage.port import Key

__all__ = ["LOOK_S", "Patience", "Watched", "decision"]

T = TypeVar("T")

LOOK_S = 1.0
"""The longest wait between two looks, in seconds."""


class Patience:
    """How long somebody waits: `timeout` seconds, told by `monotonic`.

    Raises Invalid for a timeout that is no number of seconds; `math.inf` is one.

    >>> Patience(30, monotonic=lambda: 0.0).pause_s(0.5), Patience(0).pause_s(0.5)
    (0.5, 0.0)
    """

    def __init__(self, timeout: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not timeout >= 0:
            raise Invalid(f"timeout is {timeout!r}; it is a number of seconds, at least 0")
        self._monotonic = monotonic
        self._end = monotonic() + timeout

    def pause_s(self, due_s: float) -> float:
        """The seconds until the next look, of which `due_s` is the most; 0 where time is over."""
        return max(0.0, min(self._end - self._monotonic(), due_s, LOOK_S))


class Watched(Generic[T]):
    """Something that is looked at anew until it is `over`.

    `look` reads it from the store and checks whether who asks may see it, each time; `key` gives
    the document whose changes wake, once somebody waits. `due` tells when it may change without a
    commit; None where it does not.
    """

    def __init__(
        self,
        tenant: Tenant,
        key: Callable[[], Key],
        look: Callable[[], T],
        over: Callable[[T], bool],
        due: Callable[[T], datetime | None],
    ) -> None:
        self._tenant = tenant
        self._key = key
        self.look = look
        self._over = over
        self._due = due

    def ringing(self, ring: Callable[[], None]) -> AbstractContextManager[None]:
        """Within, `ring` is called for every change that this engine hears of."""
        return self._tenant.index.watched(self._key(), ring)

    def pause_s(self, found: T, patience: Patience) -> float:
        """The seconds until the next look after one that `found` this; 0 where it was the last."""
        if self._over(found):
            return 0.0
        due = self._due(found)
        due_s = math.inf if due is None else (due - self._tenant.clock.now()).total_seconds()
        return patience.pause_s(due_s if due_s > 0 else math.inf)

    def wait(
        self,
        timeout: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[threading.Event, float], object] = threading.Event.wait,
    ) -> T:
        """Block this thread until it is over, for at most `timeout` seconds; returns it as it was
        at the last look, which is after all of that time.

        `monotonic` tells the time, and `pause` passes it until the event is set, in seconds.
        """
        patience = Patience(timeout, monotonic)
        rung = threading.Event()
        with self.ringing(rung.set):
            while True:
                # Before the look: what is committed during it rings for the next one.
                rung.clear()
                found = self.look()
                pause_s = self.pause_s(found, patience)
                if not pause_s:
                    return found
                pause(rung, pause_s)


def decision(view: View, approval: Approval | str, actor: ActorLike) -> Watched[Approval]:
    """That an approval leaves "pending": by anybody's commit, or by its deadline."""
    approvals = Approvals(view)
    id = approval.id if isinstance(approval, Approval) else approval
    if text_fault(id):
        raise NotFound(f"there is no approval {id!r}")
    return Watched(
        view.tenant,
        lambda: key_for(Approval, id),
        lambda: approvals.get(id, actor=actor),
        lambda found: found.status != "pending",
        lambda found: found.decide_by,
    )
