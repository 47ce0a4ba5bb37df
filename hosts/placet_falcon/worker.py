"""What goes on without a request: events go out, and passed deadlines are written down."""

import logging
import threading
from collections.abc import Iterator

from placet import Placet

__all__ = ["Background"]

_log = logging.getLogger("placet_falcon.worker")


class Background:
    """A thread that delivers and sweeps, for every account of the store, until it is stopped.

    It belongs to whoever serves the application, one for each store: two at once may tell a
    listener twice. Start it in the process that serves, after any fork. `interval_s` is the pause
    between two rounds, in seconds. A failure is logged, and tried again in the next round.
    """

    def __init__(self, placet: Placet, interval_s: float = 1.0) -> None:
        self._placet = placet
        self._interval_s = interval_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; does nothing where it has begun."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="placet-background", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the account at hand, and wait for that for at most so many seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    def round(self) -> None:
        """One round over all accounts; ends early when stopped. Raises nothing."""
        try:
            for account in self._accounts():
                if self._stopping.is_set():
                    return
                self._serve(account)
        except Exception:
            _log.exception("the store does not say which accounts there are")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.round()
            self._stopping.wait(self._interval_s)

    def _accounts(self) -> Iterator[str]:
        after = ""
        while found := self._placet.store.accounts(after):
            yield from found
            after = found[-1]

    def _serve(self, account: str) -> None:
        for work in (Placet.sweep, Placet.deliver):  # neither waits for what keeps the other back
            try:
                work(self._placet.tenant(account))
            except Exception:
                _log.exception("background work failed", extra={"placet": {"account": account}})
