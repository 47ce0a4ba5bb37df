"""Nouns to bodies and back.

A body is UTF-8 JSON `{"format": 1, "data": {...}}`. Release N reads the formats of N-1; readers
ignore fields that they do not know.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from placet.errors import Corrupt, Invalid
from placet.model import Credential, Noun, Record
from placet.storage.nouns import index_of, kind_of, noun_type, noun_types
from placet.storage.port import Doc, Index, Key

__all__ = ["FORMAT", "canonical", "check_types", "data_of", "decode", "decode_all", "decode_body",
           "encode_change", "encode_noun", "read_data"]  # fmt: skip

FORMAT = 1
"""The format that this release writes into bodies and events."""

# Text that is no UTF-8 and endless nesting are reported in ways of their own.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

N = TypeVar("N", bound=Noun)
_Data = TypeVar("_Data")


class _Body(msgspec.Struct, Generic[_Data], frozen=True, gc=False):
    format: int
    data: _Data


class _Reads(NamedTuple):
    """What reads the nouns of one type."""

    body: msgspec.json.Decoder[Any]
    data: msgspec.json.Decoder[Any]


_encoder = msgspec.json.Encoder(order="deterministic")
_BEFORE_DATA = b'{"format":%d,"data":' % FORMAT
_READS: Mapping[type[Noun], _Reads] = {
    noun: _Reads(
        msgspec.json.Decoder(_Body[noun]),  # type: ignore[valid-type]  # a generic made at run time
        msgspec.json.Decoder(noun),
    )
    for noun in noun_types()
}


def canonical(value: object) -> bytes:
    """JSON with sorted keys: the same value, the same bytes.

    >>> canonical({"b": 1, "a": 2})
    b'{"a":2,"b":1}'
    """
    return _encoder.encode(value)


def check_types(noun: Noun) -> bytes:
    """Raise Invalid unless every field of `noun` holds what it is declared to hold; its JSON.

    Structs check types when they are read, not when they are made: what could be written and never
    read again must not be stored.

    >>> from placet.model import User
    >>> check_types(User(id="sam"))
    b'{"id":"sam"}'
    """
    try:
        data = _encoder.encode(noun)
        _READS[type(noun)].data.decode(data)
    except (msgspec.ValidationError, TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"{type(noun).__name__} is not valid: {error}") from error
    return data


def data_of(noun: Noun) -> bytes:
    """The JSON of a noun as the log shows it: without secrets."""
    if isinstance(noun, Credential):
        noun = msgspec.structs.replace(noun, secret_hash="")
    return _encoder.encode(_bare(noun))


def encode_noun(noun: Noun) -> tuple[bytes, Index]:
    """The body and the index of a noun."""
    body, index, _ = encode_change(noun)
    return body, index


def encode_change(noun: Noun, data: bytes | None = None) -> tuple[bytes, Index, bytes]:
    """The body and the index of a noun, and its JSON as `data_of` has it: encoded only once.

    `data` is the JSON of just this noun, where it is at hand; not of a record, which has an etag.
    """
    if data is None:
        data = _encoder.encode(_bare(noun))
    body = b"".join((_BEFORE_DATA, data, b"}"))
    shown = data_of(noun) if isinstance(noun, Credential) else data
    return body, index_of(noun), shown


def read_data(kind: str, data: bytes | msgspec.Raw) -> Noun:
    """The noun of a kind whose JSON the log shows; the reverse of `data_of`, but for secrets."""
    try:
        return cast(Noun, _READS[noun_type(kind)].data.decode(data))
    except _UNREADABLE as error:
        raise Corrupt(f"a {kind} in the log cannot be read: {error}") from error


def _bare(noun: Noun) -> Noun:
    if isinstance(noun, Record) and noun.etag:
        return msgspec.structs.replace(noun, etag=0)
    return noun


def decode(noun: type[N], doc: Doc) -> N:
    """The noun that a document holds; a record carries the document's version as its `etag`.

    Raises Corrupt for a body that is not one of this format.
    """
    value = decode_body(noun, doc.body, doc.key)
    if isinstance(value, Record):
        return cast(N, msgspec.structs.replace(value, etag=doc.version))
    return value


def decode_body(noun: type[N], body: bytes, key: Key) -> N:
    """The noun in a body; `key` only names it in the error."""
    (found,) = decode_all(noun, ((key.id, body),))
    return found


def decode_all(noun: type[N], rows: Iterable[tuple[str, bytes]]) -> list[N]:
    """The nouns in very many bodies, without an `etag`; the ids only name them in the error.

    Raises Corrupt for a body that is not one of this format.
    """
    kind = kind_of(noun)
    decode = _READS[noun].body.decode
    found: list[N] = []
    try:
        for id, body in rows:
            read = decode(body)
            if read.format != FORMAT:
                raise Corrupt(
                    f"{kind} {id!r} has format {read.format}; this release reads {FORMAT}"
                )
            found.append(read.data)
    except _UNREADABLE as error:
        raise Corrupt(f"{kind} {id!r} cannot be read: {error}") from error
    return found
