"""How each noun is stored: its kind, its key, and the fields that it is found by."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from placet.clock import milliseconds
from placet.model import (
    Approval,
    ApprovalPolicy,
    Assignment,
    Authority,
    Claim,
    Credential,
    DeadLetter,
    Delegation,
    DeliveryCursor,
    Gate,
    Grant,
    Group,
    IdempotencyKey,
    Lease,
    Membership,
    Noun,
    Permission,
    PolicyVersion,
    Record,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    Session,
    Subscription,
    User,
)
from placet.model.due import due_at
from placet.refs import encode
from placet.storage.port import Index, IndexValue, Key
from placet.storage.terms import waits_for

__all__ = [
    "AUTHORITY_KEY",
    "AUTHORITY_KINDS",
    "ENDED",
    "FOREVER",
    "GUARDED_KINDS",
    "SILENT_KINDS",
    "index_of",
    "key_for",
    "key_of",
    "kind_of",
    "label_term",
    "noun_type",
    "noun_types",
    "parts_of",
]

FOREVER = 2**53 - 1
"""What stands in an index for "no such moment": later than any."""
ENDED = 0
"""What stands in an order of moments to come for what waits for none: before any."""

N = TypeVar("N", bound=Noun)


class _Stored(msgspec.Struct, frozen=True):
    """How one type of noun is stored."""

    kind: str
    key: Callable[[Any], tuple[str, ...]]
    index: Callable[[Any], dict[str, IndexValue]]


_BY_TYPE: dict[type[Noun], _Stored] = {}
_BY_KIND: dict[str, type[Noun]] = {}


def _register(
    noun: type[N],
    kind: str,
    key: Callable[[N], tuple[str, ...]],
    index: Callable[[N], dict[str, IndexValue]] = lambda _: {},
) -> None:
    _BY_TYPE[noun] = _Stored(kind, key, index)
    _BY_KIND[kind] = noun


def _moment(value: datetime | None) -> int:
    return FOREVER if value is None else milliseconds(value)


def label_term(key: str, value: str) -> str:
    """How a label stands in the index of its approval.

    >>> label_term("release", "7")
    'release|7'
    """
    return encode(key, value)


def _approval_index(approval: Approval) -> dict[str, IndexValue]:
    pending = approval.status == "pending"
    deadline = _moment(approval.decide_by)
    index: dict[str, IndexValue] = {
        "status": approval.status,
        "scope": approval.scope,
        "requester": approval.requester,
        "subject": approval.subject,
        "permission": approval.permission,
        "resource": approval.resource,
        "reviewer": tuple(sorted({review.reviewer for review in approval.reviews})),
        "waits_for": waits_for(approval),
        "label": tuple(label_term(key, value) for key, value in approval.labels.items()),
        "origin": approval.origin,
        "created": milliseconds(approval.created_at),
        "deadline": deadline if pending else ENDED,
    }
    # Only while it counts: so a search for deadlines passed meets no approval that has ended.
    if pending:
        index["decide_by"] = deadline
        due = due_at(approval)
        if due is not None:
            index["due"] = milliseconds(due)
    if approval.gate is not None:
        index["gate"] = approval.gate
    return index


def _grant_index(grant: Grant) -> dict[str, IndexValue]:
    index: dict[str, IndexValue] = {
        "status": grant.status,
        "scope": grant.scope,
        "principal": grant.principal,
        "approval": grant.approval,
        "created": milliseconds(grant.created_at),
    }
    # Only while it counts: so a search for what begins meets nothing that has ended.
    if grant.begins_later and grant.status == "active":
        index["starts"] = milliseconds(grant.starts_at)
    return index


def _bundle(noun: Record) -> dict[str, IndexValue]:
    """Which bundle a record is of; most are of none, and stand in no index then."""
    return {"bundle": noun.bundle} if noun.bundle else {}


_register(Authority, "authority", lambda _: ("authority",))
_register(User, "user", lambda noun: (noun.id,), _bundle)
_Owned = TypeVar(
    "_Owned", Group, ServiceAccount, Role, ResourceGroup, ApprovalPolicy, Gate, Assignment
)


def _register_owned(noun: type[_Owned], kind: str) -> None:
    _register(
        noun,
        kind,
        lambda noun: (noun.scope, noun.id),
        lambda noun: {"scope": noun.scope, **_bundle(noun)},
    )


_register_owned(Group, "group")
_register_owned(ServiceAccount, "service_account")
_register_owned(Role, "role")
_register_owned(ResourceGroup, "resource_group")
_register_owned(ApprovalPolicy, "policy")
_register(
    PolicyVersion,
    "policy_version",
    lambda noun: (noun.policy.scope, noun.policy.id, str(noun.number)),
    lambda noun: {"policy": noun.policy.ref, "number": noun.number},
)
_register_owned(Gate, "gate")
_register(
    Membership,
    "membership",
    lambda noun: (noun.group, noun.member),
    lambda noun: {"group": noun.group, "member": noun.member, **_bundle(noun)},
)
_register(Permission, "permission", lambda noun: (noun.id,), _bundle)
_register(
    Resource,
    "resource",
    lambda noun: (noun.type, noun.id),
    lambda noun: {"type": noun.type, "scope": noun.scope or "", **_bundle(noun)},
)
_register_owned(Assignment, "assignment")
_register(
    Delegation,
    "delegation",
    lambda noun: (noun.id,),
    lambda noun: {
        "delegator": noun.delegator,
        "delegate": noun.delegate,
        "ends": milliseconds(noun.ends_at),
    },
)
_register(Approval, "approval", lambda noun: (noun.id,), _approval_index)
_register(Grant, "grant", lambda noun: (noun.id,), _grant_index)
_register(
    Credential,
    "credential",
    lambda noun: ("basic" if noun.kind == "basic" else "token", noun.id),
    lambda noun: {"principal": noun.principal, "kind": noun.kind, **_bundle(noun)},
)
_register(
    Session,
    "session",
    lambda noun: (noun.id,),
    lambda noun: {"principal": noun.principal, "expires": milliseconds(noun.expires_at)},
)
_register(
    IdempotencyKey,
    "idempotency",
    lambda noun: (noun.principal, noun.key),
    lambda noun: {"expires": milliseconds(noun.expires_at)},
)
_register(Subscription, "subscription", lambda noun: (noun.id,), lambda noun: {"scope": noun.scope})
_register(DeliveryCursor, "delivery_cursor", lambda noun: (noun.listener,))
_register(
    DeadLetter,
    "dead_letter",
    lambda noun: (noun.listener, str(noun.seq)),
    lambda noun: {"listener": noun.listener},
)
_register(
    Lease,
    "lease",
    lambda noun: (noun.name,),
    lambda noun: {"expires": milliseconds(noun.expires_at)},
)
_register(
    Claim,
    "claim",
    lambda noun: (noun.purpose, noun.key),
    lambda noun: {"expires": _moment(noun.expires_at)},
)

AUTHORITY_KINDS = frozenset(
    {
        "user", "group", "membership", "service_account", "permission", "role", "resource",
        "resource_group", "assignment", "policy", "delegation",
    }
)  # fmt: skip
"""The kinds that say who may do what: a commit that changes one also puts the authority."""

GUARDED_KINDS = AUTHORITY_KINDS | {"credential", "gate"}
"""The kinds that put the authority: beside those, what a deletion looks for by a query, so that
one that is made in the meantime is not missed.
"""

SILENT_KINDS = frozenset(
    {
        "session", "claim", "idempotency", "subscription", "delivery_cursor", "dead_letter",
        "lease",
    }
)  # fmt: skip
"""Bookkeeping: it carries no events."""

AUTHORITY_KEY = Key("authority", encode("authority"))


def kind_of(noun: type[Noun]) -> str:
    """The kind under which nouns of a type are stored.

    >>> kind_of(User)
    'user'
    """
    return _BY_TYPE[noun].kind


def noun_type(kind: str) -> type[Noun]:
    """The type of the nouns of a kind; the reverse of `kind_of`."""
    return _BY_KIND[kind]


def noun_types() -> tuple[type[Noun], ...]:
    """The types of all nouns that are stored."""
    return tuple(_BY_TYPE)


def key_for(noun: type[Noun], *parts: str) -> Key:
    """The key of the noun of a type with these key parts.

    >>> key_for(Role, "retail", "deployer").id
    'retail|deployer'
    """
    return Key(_BY_TYPE[noun].kind, encode(*parts))


def parts_of(noun: Noun) -> tuple[str, ...]:
    """The texts that the key of a noun is made of.

    >>> parts_of(Role(id="deployer", scope="retail"))
    ('retail', 'deployer')
    """
    return _BY_TYPE[type(noun)].key(noun)


def key_of(noun: Noun) -> Key:
    """The key under which a noun is stored."""
    stored = _BY_TYPE[type(noun)]
    return Key(stored.kind, encode(*stored.key(noun)))


def index_of(noun: Noun) -> Index:
    """The fields by which a noun is found, as its kind declares them (`placet.storage.kinds`)."""
    return _BY_TYPE[type(noun)].index(noun)
