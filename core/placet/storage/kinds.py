"""The declared kinds of documents: what a store builds its indexes from.

A kind names its indexed fields and the orders in which its pages may be asked for. A query on
anything else is Invalid in every store, the memory store included, so that nothing works in a test
and is slow, or impossible, in production.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from placet.errors import Invalid
from placet.storage.port import Change, Check, Drop, Index, Key, NewEvent, Put, Query

__all__ = [
    "KINDS",
    "MAX_BODY_BYTES",
    "MAX_EVENT_BYTES",
    "MAX_ID_BYTES",
    "MAX_PAGE",
    "FieldType",
    "Kind",
    "check_changes",
    "check_events",
    "check_query",
]

FieldType = Literal["text", "integer", "texts"]

MAX_ID_BYTES = 256
MAX_BODY_BYTES = 256 * 1024
MAX_EVENT_BYTES = 1024 * 1024
MAX_PAGE = 1000


class Kind(msgspec.Struct, frozen=True):
    """A kind of document.

    Every declared order is also a declared field, of type "text" or "integer", and present in the
    index of every document of the kind; other fields may be absent, and then match nothing.
    """

    name: str
    fields: Mapping[str, FieldType]
    orders: tuple[str, ...] = ()


def _kind(name: str, orders: Sequence[str] = (), **fields: FieldType) -> Kind:
    return Kind(name, fields, tuple(orders))


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind("authority"),
        _kind("user", bundle="text"),
        _kind("group", scope="text", bundle="text"),
        _kind("membership", group="text", member="text", bundle="text"),
        _kind("service_account", scope="text", bundle="text"),
        _kind("permission", bundle="text"),
        _kind("role", scope="text", bundle="text"),
        _kind("resource", type="text", scope="text", bundle="text"),
        _kind("resource_group", scope="text", bundle="text"),
        _kind("assignment", scope="text", bundle="text"),
        _kind("policy", scope="text", bundle="text"),
        _kind("policy_version", orders=("number",), policy="text", number="integer"),
        _kind("gate", scope="text", bundle="text"),
        _kind("delegation", delegator="text", delegate="text", ends="integer"),
        _kind(
            "approval",
            orders=("created", "deadline"),
            status="text",
            scope="text",
            requester="text",
            subject="text",
            permission="text",
            resource="text",
            reviewer="texts",
            waits_for="texts",
            gate="text",
            label="texts",
            origin="text",
            created="integer",
            deadline="integer",
            decide_by="integer",
            due="integer",
        ),
        _kind(
            "grant",
            orders=("created",),
            status="text",
            scope="text",
            principal="text",
            approval="text",
            created="integer",
            starts="integer",
        ),
        _kind("credential", principal="text", kind="text", bundle="text"),
        _kind("session", principal="text", expires="integer"),
        _kind("claim", expires="integer"),
        _kind("idempotency", expires="integer"),
        _kind("subscription", scope="text"),
        _kind("delivery_cursor"),
        _kind("dead_letter", listener="text"),
        _kind("lease", expires="integer"),
    )
}
"""Every kind, by name."""


def check_query(query: Query) -> Kind:
    """The kind that `query` is about; raises Invalid for whatever the kind does not declare.

    >>> check_query(Query("approval", where={"status": ("pending",)}, order="created")).name
    'approval'
    """
    kind = KINDS.get(query.kind)
    if kind is None:
        raise Invalid(f"{query.kind!r} is not a declared kind of document")
    for field, values in query.where.items():
        declared = kind.fields.get(field)
        if declared is None:
            raise Invalid(f"{query.kind!r} declares no field {field!r}")
        wanted = int if declared == "integer" else str
        for value in values:
            if type(value) is not wanted:
                raise Invalid(f"{query.kind}.{field} is {declared}; {value!r} is not")
    if query.range is not None and kind.fields.get(query.range.field) != "integer":
        raise Invalid(f"{query.kind!r} declares no integer field {query.range.field!r}")
    if query.order != "id" and query.order not in kind.orders:
        raise Invalid(f"{query.kind!r} declares no order {query.order!r}")
    if query.after is not None:
        wanted = int if query.order != "id" and kind.fields[query.order] == "integer" else str
        if type(query.after.value) is not wanted:
            raise Invalid(f"the cursor does not belong to order {query.order!r}")
        if query.skip:
            raise Invalid("a query goes on behind a cursor or skips, not both")
    if query.skip < 0:
        raise Invalid(f"skip is {query.skip}; the least is 0")
    if not 1 <= query.limit <= MAX_PAGE:
        raise Invalid(f"limit is {query.limit}; it goes from 1 to {MAX_PAGE}")
    return kind


def check_changes(changes: Sequence[Change]) -> None:
    """Raise Invalid unless every change is one that any store would take."""
    keys = [change.key for change in changes]
    if len(set(keys)) < len(keys):
        key, _ = Counter(keys).most_common(1)[0]
        raise Invalid(f"a commit names {key.kind} {key.id!r} twice")
    for change, key in zip(changes, keys, strict=True):
        if key.kind not in KINDS:
            raise Invalid(f"{key.kind!r} is not a declared kind of document")
        kind, id = KINDS[key.kind], key.id
        if not 0 < (len(id) if id.isascii() else _size(id)) <= MAX_ID_BYTES:
            raise Invalid(f"the id of {key.kind} {id[:40]!r} is not 1 to {MAX_ID_BYTES} bytes")
        if isinstance(change, Put):
            _check_index(kind, key, change.index)
            if len(change.body) > MAX_BODY_BYTES:
                raise Invalid(
                    f"{key.kind} {key.id!r} is {len(change.body)} bytes; {MAX_BODY_BYTES} is the "
                    "most"
                )
        elif not isinstance(change, Drop | Check):
            raise Invalid(f"{change!r} is not a change")


def _check_index(kind: Kind, key: Key, index: Index) -> None:
    fields = kind.fields
    for field, value in index.items():
        if field not in fields:
            raise Invalid(f"{kind.name!r} declares no field {field!r}")
        declared = fields[field]
        if declared == "text":
            fits = type(value) is str
        elif declared == "integer":
            fits = type(value) is int
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise Invalid(f"{kind.name}.{field} of {key.id!r} is a number of more than 64 bits")
        else:
            fits = type(value) is tuple and all(type(member) is str for member in value)
        if not fits:
            raise Invalid(f"{kind.name}.{field} of {key.id!r} is not {declared}: {value!r}")
    for order in kind.orders:
        if order not in index:
            raise Invalid(f"{kind.name} {key.id!r} lacks {order!r}, which its pages are sorted by")


def check_events(events: Sequence[NewEvent]) -> None:
    """Raise Invalid unless every event is one that any store would take."""
    for event in events:
        if len(event.body) > MAX_EVENT_BYTES:
            raise Invalid(f"an event is {len(event.body)} bytes; {MAX_EVENT_BYTES} is the most")
        if not 0 <= event.at < 2**63:
            raise Invalid(f"an event is at {event.at} milliseconds, which is no moment")


def _size(id: str) -> int:
    """The bytes of an id; 0 for one that UTF-8 cannot write."""
    try:
        return len(id.encode())
    except UnicodeEncodeError:
        return 0
