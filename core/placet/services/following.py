"""What other processes commit, seen within milliseconds: one thread an engine.

The thread waits on the store and brings the index of an account that moved to the head of its log.
What the store says is a hint; every few seconds all accounts in use are looked at. Readers never
wait for it: they take the snapshot that is there.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable

from placet.services.tenant import Tenant
from placet.storage.port import Waitable

__all__ = ["Follower"]

_log = logging.getLogger("placet.following")
_PAUSE_S = 5.0


class Follower:
    """Follows the accounts of an engine that are in use, in the process that started it.

    `tenants` gives those in use. `pause_s` is how long it waits for a hint before it looks by
    itself, in seconds.
    """

    def __init__(
        self,
        store: Waitable,
        tenants: Callable[[], Iterable[Tenant]],
        *,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked = -math.inf

    def start(self) -> None:
        """Begin; once."""
        self._thread = threading.Thread(target=self._run, name="placet-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end. It does so when the store is closed, or its wait is over."""
        self._stopping.set()

    def join(self, timeout_s: float) -> None:
        """Wait for its end, for at most so many seconds."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    @property
    def follows(self) -> bool:
        """Whether it does: not that long ago all accounts in use were at the head of their logs.

        False from the moment on in which the store cannot be asked, and while it does not answer.
        """
        return time.monotonic() - self._looked < 2 * self._pause_s

    def _run(self) -> None:
        stopping = self._stopping
        # At first it looks at once: of what came between loading and watching nobody tells.
        pause_s = 0.0
        while not stopping.is_set():
            try:
                moved = frozenset(self._store.wait(pause_s))
                pause_s = self._pause_s
                began = time.monotonic()
                # Where one account moves all the time, the others have their turn nonetheless.
                every = not moved or began - self._looked >= pause_s
                for tenant in self._tenants():
                    if stopping.is_set():
                        return
                    if every or tenant.account in moved:
                        tenant.index.latest()
                if every:
                    self._looked = began
            except Exception:
                # Whatever it was: that the thread has ended, nobody would notice.
                self._looked = -math.inf
                if stopping.is_set():
                    return
                _log.exception("the store cannot be followed; trying again")
                stopping.wait(self._pause_s)
