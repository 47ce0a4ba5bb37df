"""Events as JSON lines that carry all that their seals are made of.

A line is the event as a reader sees it, with the fields of the log in front: `seq`, `version`,
`at`, `digest` and `hash`. From `"format"` on it is the body, byte for byte, so that whoever has
the file can verify it with nothing but SHA-256.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

import msgspec

from placet.clock import from_milliseconds, milliseconds
from placet.errors import Corrupt, Invalid
from placet.storage.port import StoredEvent

__all__ = ["account_of", "export_line", "exported_events"]

_BODY = b'{"format":'
"""How every body begins: with the first field of `EventDraft`."""


class _Sealed(msgspec.Struct, frozen=True):
    seq: Annotated[int, msgspec.Meta(ge=1)]
    version: int
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    digest: str
    hash: str


class _Body(msgspec.Struct, frozen=True):
    account: str


class _Line(_Sealed, frozen=True):
    account: str


_line_decoder = msgspec.json.Decoder(_Line)
_body_decoder = msgspec.json.Decoder(_Body)


def export_line(event: StoredEvent) -> bytes:
    r"""An event as one line of JSON, its end included.

    Raises Corrupt for an event whose body placet did not write.

    >>> export_line(StoredEvent(1, 1, 0, b'{"format":1,"account":"acme"}', b"d", b"h"))
    b'{"seq":1,"version":1,"at":"1970-01-01T00:00:00Z","digest":"64","hash":"68","format":1,"account":"acme"}\n'
    """
    if not event.body.startswith(_BODY) or b"\n" in event.body:
        raise Corrupt(
            f"event {event.seq} cannot be exported: its body is not as placet writes it; "
            "`placet audit verify` says where the log is broken"
        )
    sealed = _Sealed(
        event.seq,
        event.version,
        from_milliseconds(event.at),
        event.digest.hex(),
        event.hash.hex(),
    )
    return b"%b,%b\n" % (msgspec.json.encode(sealed)[:-1], event.body[1:])


def exported_events(lines: Iterable[bytes]) -> Iterator[StoredEvent]:
    """The events of an export, as the log had them. Whether their seals hold is not asked here.

    Empty lines are passed over. Raises Invalid, with the number of the line, for what is no
    exported event.

    >>> event = StoredEvent(1, 1, 0, b'{"format":1,"account":"acme"}', b"d", b"h")
    >>> list(exported_events([export_line(event)])) == [event]
    True
    """
    for number, line in enumerate(lines, 1):
        text = line.rstrip(b"\r\n")
        if not text:
            continue
        try:
            sealed = _line_decoder.decode(text)
            digest, hash = bytes.fromhex(sealed.digest), bytes.fromhex(sealed.hash)
        except (msgspec.DecodeError, ValueError) as error:
            raise Invalid(f"line {number} is no exported event: {error}") from None
        at, body = milliseconds(sealed.at), _BODY + text.partition(_BODY[1:])[2]
        event = StoredEvent(sealed.seq, sealed.version, at, body, digest, hash)
        # Else a field could stand in the line that is in no seal.
        if export_line(event).rstrip(b"\n") != text:
            raise Invalid(f"line {number} is no exported event: it was written anew")
        yield event


def account_of(event: StoredEvent) -> str:
    """The account that an exported event is of.

    >>> account_of(StoredEvent(1, 1, 0, b'{"format":1,"account":"acme"}', b"d", b"h"))
    'acme'
    """
    return _body_decoder.decode(event.body).account
