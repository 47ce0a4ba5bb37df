"""What a walk along a log finds, be it in a store or in an export."""

from collections.abc import Iterable

import msgspec

from placet.errors import Invalid
from placet.services.checkpoints import Checkpoint, Checkpoints, Witness
from placet.storage.exporting import account_of, exported_events
from placet.storage.port import Head
from placet.storage.sealing import chain_fault

__all__ = ["Verification", "verify_export"]


class Verification(msgspec.Struct, frozen=True):
    """What a walk along the chain found.

    `events` is the number of the last event whose seal holds, `head` that seal in hexadecimal, and
    `fault` where the chain breaks, None where it does not. `checkpoints` is how many of those that
    were held against it are met; `checkpoint_faults` has a sentence for each one that is not.
    Behind a break checkpoints are not asked.
    """

    events: int
    head: str
    fault: str | None = None
    checkpoints: int = 0
    checkpoint_faults: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every seal holds, and every checkpoint is met."""
        return self.fault is None and not self.checkpoint_faults

    @classmethod
    def of(cls, head: Head, fault: str | None, witness: Witness) -> "Verification":
        """The end of a walk that came as far as `head`."""
        if fault is None:
            witness.ended(head.seq)
        return cls(head.seq, head.hash.hex(), fault, witness.held, tuple(witness.faults))


def verify_export(
    lines: Iterable[bytes],
    checkpoints: Iterable[Checkpoint | str] = (),
    *,
    secret_keys: Iterable[str] = (),
) -> Verification:
    """Walk along an exported log, from its first event: no store is needed.

    `lines` are those of `Audit.export`, whole and in order; those of several files, one behind the
    other, are one log. `checkpoints` are held against it with the `secret_keys` that signed them.
    Raises Invalid where the first line is no exported event, and for a checkpoint that is none.

    >>> from placet import SYSTEM, User
    >>> from placet.testing import engine
    >>> placet = engine()
    >>> sam = placet.users.create(User(id="sam"), actor=SYSTEM)
    >>> lines = list(placet.audit.export(actor=SYSTEM))
    >>> verify_export(lines).ok
    True
    >>> verify_export([lines[0].replace(b"sam", b"kim")]).fault
    'event 1 was edited: its body does not match its digest'
    """
    head, fault, witness = Head(), None, None
    try:
        for event in exported_events(lines):
            if witness is None:
                witness = Witness(Checkpoints(secret_keys), account_of(event), checkpoints)
            fault = chain_fault(head, (event,))
            if fault is not None:
                break
            head = Head(event.version, event.seq, event.at, event.hash)
            witness.met(event.seq, event.hash)
    except Invalid as error:
        if witness is None:
            raise
        fault = error.message
    if witness is None:
        raise Invalid("the export is empty: there is no event in it")
    return Verification.of(head, fault, witness)
