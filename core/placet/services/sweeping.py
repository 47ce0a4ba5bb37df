"""Writing down what time has brought about: nothing depends on it, and the log is complete by it.

Deadlines, escalations and grants hold without a sweeper; it makes events of them, so that listeners
hear. It also settles what a change of the directory has decided, and throws bookkeeping away that
is over.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import msgspec

from placet.access.sources import Directory
from placet.approvals.lifecycle import settle
from placet.approvals.telling import told, waited_for
from placet.clock import milliseconds
from placet.errors import Conflict, PlacetError
from placet.model import SYSTEM, Approval, DeliveryCursor
from placet.services.approval_pages import queries
from placet.services.approval_writing import write_transition
from placet.services.base import Service
from placet.services.starting import end_refused_starts
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Doc, Drop, Query, Range

__all__ = ["Sweeping"]

_log = logging.getLogger("placet.sweeping")

_SETTLED = "placet.settled"
"""The cursor that says up to which version of the authority pending approvals were settled."""
_BETWEEN = timedelta(minutes=1)
_PASSING = ("idempotency", "session", "claim")


class Sweeping(Service):
    """The sweeper of an account. Run it as often as listeners should hear of deadlines."""

    def sweep(self, *, limit: int = 1000) -> int:
        """Write down, as SYSTEM, what time and the directory have decided; at most `limit`
        approvals of each sort. Returns how many approvals changed.

        One that cannot be settled is logged, and stands in nobody's way.
        """
        now = milliseconds(self._tenant.clock.now())
        due = (
            Query(
                "approval",
                where={"status": ("pending",)},
                range=Range(field, high=now + 1),
                limit=min(limit, MAX_PAGE),
            )
            for field in ("decide_by", "due")
        )
        changed = 0
        for query in due:
            page = self._tenant.store.find(self._tenant.account, query)
            changed += sum(map(self._bring_up, [doc.key.id for doc in page.docs]))
        changed += self._after_directory_changes()
        self._before_starts()
        self._throw_away(now, limit)
        return changed

    def _bring_up(self, id: str) -> bool:
        """Settle one approval, and tell of it what is to be told."""

        def use_case(work: Work) -> bool:
            approval = work.get(Approval, id)
            if approval is None or approval.status != "pending":
                return False
            directory = work.directory(approval)
            done = settle(approval, directory)
            write_transition(work, approval, done)
            after, happened = told(done.approval, work.now)
            if after is done.approval:
                return bool(done.happened)
            work.put(after)
            people = waited_for(after, directory)
            for kind in happened:
                work.record(kind, approval=id, waits_for=people)
            return True

        try:
            return self._tenant.run(SYSTEM, use_case)
        except PlacetError:
            _log.exception("approval %s could not be brought up to date", id)
            return False

    def _after_directory_changes(self) -> int:
        """Settle what a change of who may do what has decided (failure mode T37).

        All pending approvals are looked at, once a minute at most, after one change or many; where
        nothing follows for one, nothing is written.
        """
        work = self._tenant.work(SYSTEM)
        snapshot = work.snapshot
        cursor = work.get(DeliveryCursor, _SETTLED) or DeliveryCursor(listener=_SETTLED)
        early = cursor.retry_at is not None and work.now < cursor.retry_at
        if cursor.seq >= snapshot.authority or early:
            return 0
        settled = 0
        for doc in self._pending(milliseconds(work.now)):
            try:
                approval = decode(Approval, doc)
                directory = Directory(snapshot, approval, work.now, closed=work.closed)
                decided = bool(settle(approval, directory).happened)
            except PlacetError:
                _log.exception("approval %s could not be settled", doc.key.id)
                continue
            if decided:
                settled += self._bring_up(approval.id)
        after = self._tenant.work(SYSTEM)
        after.get(DeliveryCursor, _SETTLED)
        after.put(
            DeliveryCursor(listener=_SETTLED, seq=snapshot.authority, retry_at=after.now + _BETWEEN)
        )
        with suppress(Conflict):  # Another sweeper has come as far, or further.
            after.commit()
        return settled

    def _before_starts(self) -> None:
        """Look once more where something begins within a minute: what code registers, and the
        settings, change by no commit that would have.
        """
        store = self._tenant.store
        try:
            self._tenant.run(SYSTEM, lambda work: end_refused_starts(store, work, within=_BETWEEN))
        except PlacetError:
            _log.exception("what begins soon could not be looked at")

    def _pending(self, now: int) -> Iterator[Doc]:
        store, account = self._tenant.store, self._tenant.account
        for query in queries({}, {"pending"}, now):
            query = msgspec.structs.replace(query, limit=MAX_PAGE)
            while True:
                page = store.find(account, query)
                yield from page.docs
                if page.next is None:
                    break
                query = msgspec.structs.replace(query, after=page.next)

    def _throw_away(self, now: int, limit: int) -> None:
        store, account = self._tenant.store, self._tenant.account
        for kind in _PASSING:
            over = Query(kind, range=Range("expires", high=now + 1), limit=min(limit, MAX_PAGE))
            docs = store.find(account, over).docs
            for doc in docs:
                try:
                    store.commit(account, [Drop(doc.key, expect=doc.version)], [])
                except Conflict:
                    continue  # It was renewed in the meantime.
