"""What somebody does to a log who can write to the store: each of it by hand, below placet."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from placet.storage.port import Head, StoredEvent
from placet.storage.sealing import new_event, seal

__all__ = ["EDITS", "Edit", "Log", "cut", "forged_body", "written_anew"]

Log = list[StoredEvent]
Edit = Callable[[Log], Log]


def forged_body(event: StoredEvent) -> bytes:
    """The body of an event, with somebody else as who did it."""
    forged = event.body.replace(b'"actor":"system"', b'"actor":"user:x"')
    assert forged != event.body
    return forged


def _third(log: Log, **changes: Any) -> Log:
    return [*log[:2], msgspec.structs.replace(log[2], **changes), *log[3:]]


def _edited_body(log: Log) -> Log:
    return _third(log, body=forged_body(log[2]))


def _edited_body_and_digest(log: Log) -> Log:
    forged = new_event(log[2].at, forged_body(log[2]))
    return _third(log, body=forged.body, digest=forged.digest)


def _edited_seal(log: Log) -> Log:
    return _third(log, hash=bytes(32))


def _edited_time(log: Log) -> Log:
    return _third(log, at=log[2].at + 1)


def _deleted(log: Log) -> Log:
    return log[:2] + log[3:]


def _deleted_and_numbered(log: Log) -> Log:
    return _numbered(log[:2] + log[3:])


def _deleted_last(log: Log) -> Log:
    return log[:-1]


def _reordered(log: Log) -> Log:
    return _numbered([log[0], log[2], log[1], *log[3:]])


def _inserted(log: Log) -> Log:
    return _numbered([*log[:3], log[2], *log[3:]])


def _numbered(log: Sequence[StoredEvent]) -> Log:
    return [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate(log, 1)]


EDITS: dict[str, tuple[Edit, str]] = {
    "the body is edited": (_edited_body, "event 3 was edited"),
    "body and digest are edited": (_edited_body_and_digest, "event 3 does not follow"),
    "the seal is edited": (_edited_seal, "event 3 does not follow"),
    "the time is edited": (_edited_time, "event 3 does not follow"),
    "one in the middle is deleted": (_deleted, "event 3 is missing"),
    "one is deleted, the rest numbered anew": (_deleted_and_numbered, "event 3 does not follow"),
    "the last one is deleted": (_deleted_last, "the log ends with event"),
    "two are swapped": (_reordered, "event 2 does not follow"),
    "one is inserted": (_inserted, "event 4 does not follow"),
}
"""What is done to a log, and what a walk says of it; the head stays as it was."""


def cut(log: Log, by: int) -> tuple[Log, Head]:
    """The log without its last events, and the head that fits: no seal tells."""
    kept = log[:-by]
    last = kept[-1]
    return kept, Head(last.version, last.seq, last.at, last.hash)


def written_anew(log: Log) -> tuple[Log, Head]:
    """The log with one event edited and every seal made again, and the head that fits."""
    forged: Log = []
    head = Head()
    for event in log:
        body = forged_body(event) if event.seq == 3 else event.body
        head, sealed = seal(head, [new_event(event.at, body)])
        forged.extend(sealed)
    return forged, msgspec.structs.replace(head, version=log[-1].version)
