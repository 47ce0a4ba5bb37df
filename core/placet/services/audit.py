"""The account's log: read, exported, verified, and asked about the past."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from placet.errors import Invalid, InvalidState
from placet.model import Event
from placet.services.base import Listing, Service
from placet.services.checkpoints import Checkpoint, Witness, read_checkpoints
from placet.services.past import AsOf, as_of
from placet.services.tenant import ActorLike
from placet.services.verification import Verification
from placet.services.work import Work
from placet.storage.entries import read_event
from placet.storage.exporting import export_line
from placet.storage.port import Head, StoredEvent
from placet.storage.walks import Chain, events

__all__ = ["Audit"]

_BATCH = 1000
_SCANNED = 20_000


class Audit(Service):
    """The append-only, hash-chained log of an account."""

    def list(
        self,
        *,
        after: int = 0,
        limit: int = 100,
        kind: str | None = None,
        approval: str | None = None,
        principal: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[Event]:
        """Events behind number `after`, oldest first; `next` is the number to go on behind.

        A filtered page looks at 20,000 events at the most, and may be short of `limit` (1 to 1000).
        """
        if not 1 <= limit <= 1000:
            raise Invalid(f"limit is {limit}; it goes from 1 to 1000")
        _check_after(after)

        def use_case(work: Work) -> Listing[Event]:
            work.authorize("audit.view", "")
            found: list[Event] = []
            place, scanned = after, 0
            while scanned < _SCANNED:
                stored = self._tenant.store.events(self._tenant.account, place, _BATCH)
                for one in stored:
                    event = read_event(one)
                    place = event.seq
                    if _wanted(event, kind, approval, principal):
                        found.append(event)
                        if len(found) == limit:
                            return Listing(tuple(found), next=str(place))
                scanned += len(stored)
                if len(stored) < _BATCH:
                    return Listing(tuple(found))
            return Listing(tuple(found), next=str(place))

        return self._tenant.run(actor, use_case)

    def export(
        self,
        *,
        after: int = 0,
        kind: str | None = None,
        approval: str | None = None,
        principal: str | None = None,
        actor: ActorLike = None,
    ) -> Iterator[bytes]:
        """The events behind number `after`, oldest first, each as one line of JSON with its seal.

        They come one by one, in constant memory, up to the end that the log has when this is
        called. An export from the first event on, without a filter, can be verified by whoever has
        it: see `verify_export`. Raises AccessDenied at the call; Corrupt, on the way, for an event
        that placet did not write.
        """
        _check_after(after)
        store, account = self._tenant.store, self._tenant.account

        def use_case(work: Work) -> int:
            work.authorize("audit.view", "")
            return store.head(account).seq

        last = self._tenant.run(actor, use_case)

        def lines() -> Iterator[bytes]:
            filtered = (kind, approval, principal) != (None, None, None)
            for stored in events(store, account, after):
                if stored.seq > last:
                    return
                if not filtered or _wanted(read_event(stored), kind, approval, principal):
                    yield export_line(stored)

        return lines()

    def checkpoint(
        self, *, since: Checkpoint | str | None = None, actor: ActorLike = None
    ) -> Checkpoint:
        """What the log ends with now, signed with the newest secret key: to be kept elsewhere.

        Only what holds is signed: the chain is walked first, from the first event, or from the
        checkpoint `since`, which has to hold itself. Raises InvalidState where it does not, and
        inside of a transaction of the application's own, which may yet be rolled back; Invalid
        where the engine has no secret keys.
        """
        tenant = self._tenant
        if tenant.joined:
            raise InvalidState(
                "a checkpoint is made outside of a transaction, once it is committed"
            )
        tenant.settings.checkpoints.require_keys()
        known = next(read_checkpoints(() if since is None else (since,)), None)

        def use_case(work: Work) -> Checkpoint:
            work.authorize("audit.view", "")
            start = Head() if known is None else self._head_at(known)
            chain = Chain(tenant.store, tenant.account, start)
            for _ in chain:
                pass
            if chain.fault is not None:
                raise InvalidState(f"no checkpoint is made of a broken log: {chain.fault}")
            return tenant.settings.checkpoints.signed(tenant.account, chain.head, work.now)

        return tenant.run(actor, use_case)

    def verify(
        self, *, checkpoints: Iterable[Checkpoint | str] = (), actor: ActorLike = None
    ) -> Verification:
        """Walk the whole chain: an edit, deletion, reordering or insertion breaks a seal.

        `checkpoints`, such as the lines of the file in which they were kept, are held against it:
        they tell an end that was cut off, and a log that was written anew. Raises Invalid for a
        line that is no checkpoint, and where the engine has no secret keys to try them with.
        """
        tenant = self._tenant
        said = tuple(read_checkpoints(checkpoints))

        def use_case(work: Work) -> Verification:
            work.authorize("audit.view", "")
            witness = Witness(tenant.settings.checkpoints, tenant.account, said)
            chain = Chain(tenant.store, tenant.account)
            for event in chain:
                witness.met(event.seq, event.hash)
            return Verification.of(chain.head, chain.fault, witness)

        return tenant.run(actor, use_case)

    def as_of(self, at: datetime, *, revision: int | None = None, actor: ActorLike = None) -> AsOf:
        """The account as it was at a moment that is over: could they, then?

        Every event up to `at` counts, and windows, expiries and conditions are told by the clock of
        `at`. `revision`, which every decision carries, says instead up to which event: what an
        engine answered from that had not heard of the latest ones, or of another machine's clock.
        The log is read from its first event on, each time: ask one `AsOf` many questions. What code
        registers, and the engine's settings, count as they are now.

        Raises AccessDenied for an `actor` who may not see the log, Invalid for what has not been
        yet, Corrupt for a broken log.

        >>> from placet import SYSTEM
        >>> from placet.bundle import loads
        >>> from placet.testing import engine
        >>> placet = engine(loads('''
        ... permissions = ["invoice.pay"]
        ... [[roles]]
        ... id = "payer"
        ... permissions = ["invoice.pay"]
        ... [[assignments]]
        ... id = "sam"
        ... to = ["user:sam"]
        ... role = "payer"
        ... ''', "toml"))
        >>> placet.check("user:sam", "invoice.pay")
        True
        >>> then, later = placet.clock.now(), placet.clock.advance("2h")
        >>> gone = placet.assignments.delete("sam", actor=SYSTEM)
        >>> placet.check("user:sam", "invoice.pay")
        False
        >>> placet.audit.as_of(then, actor=SYSTEM).check("user:sam", "invoice.pay")
        True
        """

        def use_case(work: Work) -> None:
            work.authorize("audit.view", "")

        caller = self._tenant.actor(actor)
        self._tenant.run(caller, use_case)
        return as_of(self._view, at, revision, caller)

    def _head_at(self, known: Checkpoint) -> Head:
        """Where the log stood at a checkpoint. Raises InvalidState where either is not right."""
        store, account = self._tenant.store, self._tenant.account
        witness = Witness(self._tenant.settings.checkpoints, account, (known,))
        found = store.events(account, known.seq - 1, 1) if known.seq else ()
        head = _head_of(found[0]) if found else Head()
        witness.met(head.seq, head.hash)
        if not found:
            witness.ended(store.head(account).seq)
        for fault in witness.faults:
            raise InvalidState(f"no checkpoint is made: {fault}")
        if head.seq != known.seq:
            raise InvalidState(f"no checkpoint is made: event {known.seq} is missing")
        return head


def _head_of(event: StoredEvent) -> Head:
    return Head(event.version, event.seq, event.at, event.hash)


def _check_after(after: int) -> None:
    if after < 0:
        raise Invalid(f"after is {after}; the least is 0")


def _wanted(event: Event, kind: str | None, approval: str | None, principal: str | None) -> bool:
    return (
        kind in (None, event.kind)
        and approval in (None, event.approval)
        and principal in (None, event.actor)
    )
