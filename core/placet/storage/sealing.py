"""The hash chain of an account's log.

Each event is sealed to the one before it: `sha256(previous hash, seq, at, digest)` in one fixed
binary layout, and `digest` is the SHA-256 of the canonical body. Editing, deleting, reordering or
inserting an event breaks every seal behind it (failure mode T51). Stores call `seal` inside the
exclusion that commits, so that the chain follows the commits.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence

from placet.storage.port import Head, NewEvent, StoredEvent

__all__ = ["chain_fault", "new_event", "seal"]

_LAYOUT = struct.Struct(">32sQQ32s")


def new_event(at: int, body: bytes) -> NewEvent:
    """An event for the log: `at` in milliseconds, and a canonical JSON body.

    >>> len(new_event(0, b"{}").digest)
    32
    """
    return NewEvent(at, body, hashlib.sha256(body).digest())


def _hash(previous: bytes, seq: int, at: int, digest: bytes) -> bytes:
    return hashlib.sha256(_LAYOUT.pack(previous, seq, at, digest)).digest()


def seal(head: Head, events: Sequence[NewEvent]) -> tuple[Head, tuple[StoredEvent, ...]]:
    """The head after one more commit, and its events with their places in the log.

    Time in the log never runs backwards: an event is never earlier than the one before it.

    >>> head, events = seal(Head(), [new_event(5, b"{}"), new_event(3, b"{}")])
    >>> head.version, [(event.seq, event.at) for event in events]
    (1, [(1, 5), (2, 5)])
    """
    version = head.version + 1
    seq, at, previous = head.seq, head.at, head.hash
    sealed = []
    for event in events:
        seq += 1
        at = max(at, event.at)
        previous = _hash(previous, seq, at, event.digest)
        sealed.append(StoredEvent(seq, version, at, event.body, event.digest, previous))
    return Head(version, seq, at, previous), tuple(sealed)


def chain_fault(before: Head, events: Iterable[StoredEvent]) -> str | None:
    """Where the chain that goes on from `before` is broken, in words; None when it holds.

    >>> head, events = seal(Head(), [new_event(5, b"{}"), new_event(6, b"[]")])
    >>> chain_fault(Head(), events) is None
    True
    >>> chain_fault(Head(), events[1:])
    'event 1 is missing: event 2 stands in its place'
    """
    seq, at, previous = before.seq, before.at, before.hash
    for event in events:
        seq += 1
        if event.seq != seq:
            return f"event {seq} is missing: event {event.seq} stands in its place"
        if hashlib.sha256(event.body).digest() != event.digest:
            return f"event {seq} was edited: its body does not match its digest"
        if event.at < at:
            return f"event {seq} is earlier than the one before it"
        at = event.at
        previous = _hash(previous, seq, at, event.digest)
        if event.hash != previous:
            return f"event {seq} does not follow from the one before it"
    return None
