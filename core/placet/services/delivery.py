"""Telling listeners what happened: after the commit, at least once, in order.

Each listener has a durable cursor of its own. One that raises is asked again later, and stops no
other; an event that it has refused 10 times becomes a dead letter, and delivery goes on.
"""

import logging
from datetime import timedelta

import msgspec

from placet.errors import Conflict
from placet.hooks import Listener
from placet.model import SYSTEM, DeadLetter, DeliveryCursor
from placet.services.base import Service
from placet.services.work import Work
from placet.storage.entries import read_event
from placet.storage.port import StoredEvent

__all__ = ["Delivery"]

_log = logging.getLogger("placet.delivery")
_BATCH = 100
_PATIENCE = 10
_FIRST_RETRY = timedelta(seconds=1)
_LAST_RETRY = timedelta(minutes=10)


class Delivery(Service):
    """The outbox of an account."""

    def deliver(self) -> int:
        """Give every listener what is waiting for it and not delayed; returns how many went out.

        Called from one place at a time: of two at once, one may deliver twice and then stops.
        """
        return sum(self._deliver_to(listener) for listener in self._tenant.hooks.listeners())

    def _deliver_to(self, listener: Listener) -> int:
        delivered = 0
        while True:
            cursor = self._cursor(listener)
            now = self._tenant.clock.now()
            if cursor.retry_at is not None and now < cursor.retry_at:
                return delivered
            events = self._tenant.store.events(self._tenant.account, cursor.seq, _BATCH)
            if not events:
                return delivered
            for stored in events:
                if not self._tell(listener, stored):
                    if not self._advance(listener, stored, failed=True):
                        return delivered
                    break
                delivered += 1
                if not self._advance(listener, stored, failed=False):
                    return delivered

    def _tell(self, listener: Listener, stored: StoredEvent) -> bool:
        try:
            listener.call(read_event(stored))
        except Exception:
            _log.exception("listener %s refused event %s", listener.name, stored.seq)
            return False
        return True

    def _cursor(self, listener: Listener) -> DeliveryCursor:
        work = self._tenant.work(SYSTEM)
        return work.get(DeliveryCursor, listener.name) or DeliveryCursor(listener=listener.name)

    def _advance(self, listener: Listener, stored: StoredEvent, *, failed: bool) -> bool:
        """Write down how it went; False where to stop: later, or because another one delivers."""
        work = self._tenant.work(SYSTEM)
        before = work.get(DeliveryCursor, listener.name) or DeliveryCursor(listener=listener.name)
        if before.seq >= stored.seq:
            return False
        after = DeliveryCursor(listener=listener.name, seq=stored.seq)
        go_on = True
        if failed:
            failures = before.failures + 1
            if failures < _PATIENCE:
                wait = min(_FIRST_RETRY * 2**failures, _LAST_RETRY)
                after = msgspec.structs.replace(before, failures=failures, retry_at=work.now + wait)
                go_on = False
            else:
                work.put(
                    DeadLetter(
                        listener=listener.name,
                        seq=stored.seq,
                        at=work.now,
                        error=f"refused {failures} times",
                    )
                )
        work.put(after)
        return self._stored(work) and go_on

    def _stored(self, work: Work) -> bool:
        try:
            work.commit()
        except Conflict:
            return False
        return True
