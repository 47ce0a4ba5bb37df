"""From bytes to a typed body or query, or to an error that says what was wrong and where.

Strict: a number is no text, and a field or parameter that nobody knows is a typing error, answered
with the nearest one that is known. A surface whose vendor's clients send more than is read says
`extra=True`, and what nobody knows is passed over.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar, cast
from urllib.parse import parse_qsl

import falcon
import msgspec

from placet.access.registry import nearest
from placet.errors import Invalid, Problem

__all__ = ["Body", "NoQuery", "misfit", "read_bytes", "read_query", "refuse_controls"]

T = TypeVar("T")
Q = TypeVar("Q", bound=msgspec.Struct)

MAX_DEPTH = 64
_AT = re.compile(r"^(?P<said>.*?)(?: - at `(?:key in )?\$\.?(?P<path>.*)`)?$", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class NoQuery(msgspec.Struct, frozen=True):
    """The query of an address that takes none."""


def read_bytes(req: falcon.Request) -> bytes:
    """The body of a request, at most as long as the host allows.

    Raises HTTPContentTooLarge, HTTPLengthRequired where the end of the body cannot be told.
    """
    most: int = req.context.max_body_bytes
    length = req.content_length
    stream = req.env["wsgi.input"]
    if length is not None:
        if length > most:
            raise too_large(most)
        # No more than that is ever asked of the server, which need not know where a body ends.
        return _read(stream, length)
    if req.env.get("wsgi.input_terminated"):
        body = _read(stream, most + 1)
        if len(body) > most:
            raise too_large(most)
        return body
    if req.get_header("Transfer-Encoding") is not None:
        raise falcon.HTTPLengthRequired(description="send a Content-Length with the body")
    return b""


def _read(stream: Any, most: int) -> bytes:
    """What is there, at most so many bytes; the first part is mostly all."""
    body: bytes = stream.read(min(65536, most))
    if len(body) == most or not body:
        return body
    parts = [body]
    size = len(body)
    while size < most and (part := stream.read(min(65536, most - size))):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def too_large(most: int) -> falcon.HTTPContentTooLarge:
    """The refusal of a body that is longer than `most` bytes."""
    return falcon.HTTPContentTooLarge(
        description=f"the body is too large; {most} bytes is the most that is read"
    )


class Body(Generic[T]):
    """Reads JSON bodies of one type; with `extra`, fields that it does not have may be there."""

    def __init__(self, kind: type[T], *, extra: bool = False) -> None:
        self._kind = kind
        self._extra = extra

    def read(self, req: falcon.Request) -> T:
        """The body of a request; an absent one reads as `{}`.

        Raises Invalid for what is not JSON or does not fit, HTTPUnsupportedMediaType for a body
        that is not said to be JSON.
        """
        body = read_bytes(req)
        if body:
            media_type = (req.content_type or "").partition(";")[0].strip().lower()
            if media_type != falcon.MEDIA_JSON:
                raise falcon.HTTPUnsupportedMediaType(
                    description=f"the body is {media_type or 'of no stated type'}; send "
                    "Content-Type: application/json"
                )
        return self.decode(body or b"{}")

    def decode(self, body: bytes) -> T:
        """The value in a JSON text."""
        raw = _parsed(body)
        try:
            value = msgspec.convert(raw, self._kind, strict=True)
        except msgspec.ValidationError as error:
            raise misfit("the body", error) from None
        problems = () if self._extra else tuple(_unknown(raw, value, ""))
        if problems:
            raise Invalid(f"the body is not right: {problems[0]}", problems)
        return value


def read_query(req: falcon.Request, kind: type[Q], *, extra: bool = False) -> Q:
    """The query parameters of a request as a struct; its tuples are those that may be repeated.

    Raises Invalid for a repeated parameter, a value of another type, and, unless `extra`, an
    unknown parameter.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in _pairs(req):
        field = fields.get(name)
        if field is None and extra:
            continue
        if field is None:
            known = ", ".join(fields) or "none"
            raise _one(
                name, f"is no parameter here{_meant(name, fields)}; known are: {known}", "query"
            )
        refuse_controls(f"parameter {name}", value)
        if "tuple" in str(field.type):
            values.setdefault(name, []).append(value)
        elif name in values:
            raise _one(name, "is given more than once; once is the most", "query")
        else:
            values[name] = value
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfit("the query", error) from None


def refuse_controls(what: str, value: str) -> None:
    """Raise Invalid for text with control characters, which no name may hold."""
    if _CONTROLS.search(value):
        raise Invalid(f"{what} holds a control character")


def _pairs(req: falcon.Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            req.query_string, keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError as error:
        raise Invalid("the query string is not percent-encoded UTF-8 of 100 parameters") from error


def _parsed(body: bytes) -> Any:
    try:
        raw = msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        raise Invalid(f"the body is not UTF-8 (byte {error.start})") from None
    except msgspec.DecodeError as error:
        raise Invalid(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise _too_deep() from None
    # Fewer brackets than levels allowed: it cannot be too deep, and most bodies end here.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _deeper(raw, MAX_DEPTH):
        raise _too_deep()
    return raw


def _deeper(raw: Any, most: int) -> bool:
    level = [raw]
    for _ in range(most + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def _too_deep() -> Invalid:
    return Invalid(f"the body is nested deeper than {MAX_DEPTH} levels")


def _unknown(raw: Any, value: Any, path: str) -> Iterator[Problem]:
    """The members of objects that no field has taken, wherever they stand."""
    if isinstance(value, msgspec.Struct) and isinstance(raw, Mapping):
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(value)}
        for key, member in raw.items():
            where = f"{path}.{key}" if path else key
            if key in fields:
                yield from _unknown(member, getattr(value, fields[key]), where)
            elif key != value.__struct_config__.tag_field:
                yield Problem(where, f"is no field here{_meant(key, fields)}")
    elif isinstance(value, tuple) and isinstance(raw, list):
        for at, (member, item) in enumerate(zip(raw, value, strict=True)):
            yield from _unknown(member, item, f"{path}[{at}]")


def _meant(word: str, known: Mapping[str, object]) -> str:
    close = nearest(word, known)
    return f"; did you mean {close!r}?" if close else ""


def misfit(what: str, error: msgspec.ValidationError) -> Invalid:
    """The error for a value of another type; `what` is what the value is part of."""
    found = cast(re.Match[str], _AT.match(str(error)))
    said = found["said"]
    problem = Problem(found["path"] or "", said[:1].lower() + said[1:])
    return Invalid(f"{what} is not right: {problem}", [problem])


def _one(name: str, message: str, what: str) -> Invalid:
    problem = Problem(name, message)
    return Invalid(f"the {what} is not right: {problem}", [problem])
