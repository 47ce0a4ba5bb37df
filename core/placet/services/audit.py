"""The account's log, read and verified."""

import msgspec

from placet.errors import Invalid
from placet.model import Event
from placet.services.base import Listing, Service
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.entries import read_event
from placet.storage.walks import Chain

__all__ = ["Audit", "Verification"]

_BATCH = 1000
_SCANNED = 20_000


class Verification(msgspec.Struct, frozen=True):
    """What a walk along the chain found: `fault` is None where every seal holds."""

    events: int
    head: str
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Whether every seal holds."""
        return self.fault is None


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
        if after < 0:
            raise Invalid(f"after is {after}; the least is 0")

        def use_case(work: Work) -> Listing[Event]:
            work.authorize("audit.view", "")
            found: list[Event] = []
            place, scanned = after, 0
            while scanned < _SCANNED:
                stored = self._tenant.store.events(self._tenant.account, place, _BATCH)
                for one in stored:
                    event = read_event(one)
                    place = event.seq
                    if (
                        kind in (None, event.kind)
                        and approval in (None, event.approval)
                        and principal in (None, event.actor)
                    ):
                        found.append(event)
                        if len(found) == limit:
                            return Listing(tuple(found), next=str(place))
                scanned += len(stored)
                if len(stored) < _BATCH:
                    return Listing(tuple(found))
            return Listing(tuple(found), next=str(place))

        return self._tenant.run(actor, use_case)

    def verify(self, *, actor: ActorLike = None) -> Verification:
        """Walk the whole chain: an edit, deletion, reordering or insertion breaks a seal."""

        def use_case(work: Work) -> Verification:
            work.authorize("audit.view", "")
            chain = Chain(self._tenant.store, self._tenant.account)
            for _ in chain:
                pass
            return Verification(chain.head.seq, chain.head.hash.hex(), chain.fault)

        return self._tenant.run(actor, use_case)
