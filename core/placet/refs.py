"""Text references: how principals, roles, resources and scopes are written, stored and compared.

References are text because people write them, JSON carries them and Python hashes them once. Ids
are opaque: compared by code point, never folded or trimmed; what could be mistaken for something
else is refused at the edge (failure modes 1 to 4 of the authorization study).

==================  ==========================================================================
`user:sam`          a principal whose id is unique in the account (also service, api_key)
`group:ops`         the nearest group `ops`, going up from the scope in which it is written
`group:ops@/retail` exactly the group `ops` that scope `retail` owns (also service_account)
`group:ops@/`       exactly the group `ops` that the account owns
`everyone`          every principal of the account
`invoice:7`         a resource: type, first colon, id; `invoice` alone is the type as a whole
`retail/checkout`   a scope: organization, project; the empty text is the account itself
==================  ==========================================================================
"""

import hashlib
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from placet.errors import Invalid

__all__ = [
    "EVERYONE",
    "OWNED_KINDS",
    "PROGRAMS",
    "Owned",
    "PrincipalKind",
    "PrincipalRef",
    "ResourceRef",
    "ScopeLevel",
    "encode",
    "is_below",
    "parse_owned",
    "parse_principal",
    "parse_resource",
    "parse_scope",
    "scope_chain",
    "scope_level",
    "spoken",
    "text_fault",
]

PrincipalKind = Literal["user", "group", "service_account", "service", "api_key", "everyone"]
ScopeLevel = Literal["account", "organization", "project"]

EVERYONE = "everyone"
OWNED_KINDS = frozenset({"group", "service_account"})
PROGRAMS = frozenset({"service", "service_account", "api_key"})
"""Kinds of principals that are no persons: excluding one from review excludes nobody."""
MAX_BYTES = 256

_REMEMBERED = 32_768
"""References of one sort that stay taken apart: each is read again wherever it is checked, looked
up and stored. What is no reference is never kept."""
_KINDS = frozenset(get_args(PrincipalKind)) - {EVERYONE}
_LEVELS: tuple[ScopeLevel, ...] = ("account", "organization", "project")
_OWNER = "@/"


class Owned(NamedTuple):
    """An object that a scope owns; `owner` is None until the nearest one has been looked up."""

    id: str
    owner: str | None

    def __str__(self) -> str:
        return self.id if self.owner is None else f"{self.id}{_OWNER}{self.owner}"


class PrincipalRef(NamedTuple):
    """A principal, taken apart.

    >>> str(PrincipalRef("group", "ops", "retail"))
    'group:ops@/retail'
    """

    kind: PrincipalKind
    id: str
    owner: str | None = None

    def __str__(self) -> str:
        if self.kind == EVERYONE:
            return EVERYONE
        return f"{self.kind}:{Owned(self.id, self.owner)}"


class ResourceRef(NamedTuple):
    """A resource, taken apart; no `id` means the type as a whole.

    >>> str(ResourceRef("invoice", "7"))
    'invoice:7'
    """

    type: str
    id: str | None = None

    def __str__(self) -> str:
        return self.type if self.id is None else f"{self.type}:{self.id}"


def text_fault(text: object, *, forbidden: str = "") -> str | None:
    """What keeps `text` from being an id, in words that follow its name; None when nothing does.

    >>> text_fault(" sam")
    'has a blank at an end'
    >>> text_fault("sam") is None
    True
    """
    if not isinstance(text, str):
        return f"is a {type(text).__name__}, not text"
    if not text:
        return "is empty"
    if text.isascii() and text.isprintable():
        size = len(text)
    else:
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            return "holds a control character or half of a surrogate pair"
        size = len(text.encode())
    if size > MAX_BYTES:
        return f"is {size} bytes long; {MAX_BYTES} is the most"
    if text != text.strip():
        return "has a blank at an end"
    for part in forbidden:
        if part in text:
            return f"holds {part!r}, which separates the parts of a reference"
    return None


def parse_principal(text: str) -> PrincipalRef:
    """Take a principal apart.

    Raises Invalid for anything that is not `kind:id` of a known kind, or `everyone`.

    >>> parse_principal("group:ops@/retail")
    PrincipalRef(kind='group', id='ops', owner='retail')
    >>> parse_principal("user:sam@example.com").id
    'sam@example.com'
    """
    if not isinstance(text, str):
        raise _no_principal(text)
    return _principal(text)


@lru_cache(maxsize=_REMEMBERED)
def _principal(text: str) -> PrincipalRef:
    if text == EVERYONE:
        return PrincipalRef("everyone", "")
    kind, colon, rest = text.partition(":")
    if not colon or kind not in _KINDS:
        raise _no_principal(text)
    if kind in OWNED_KINDS:
        owned = parse_owned(rest, kind)
        return PrincipalRef(kind, owned.id, owned.owner)  # type: ignore[arg-type]  # in _KINDS
    if fault := text_fault(rest):
        raise Invalid(f"the id of principal {text!r} {fault}")
    return PrincipalRef(kind, rest)  # type: ignore[arg-type]  # in _KINDS


def _no_principal(text: object) -> Invalid:
    return Invalid(
        f"{text!r} is not a principal; write 'kind:id' with one of "
        f"{', '.join(sorted(_KINDS))}, or 'everyone'"
    )


def parse_owned(text: str, what: str) -> Owned:
    """Take apart the id of something that a scope owns; `what` names it in the message.

    >>> parse_owned("deployer@/retail", "role")
    Owned(id='deployer', owner='retail')
    >>> parse_owned("deployer", "role").owner is None
    True
    """
    if not isinstance(text, str):
        raise Invalid(f"{what} {text!r} is not text")
    return _owned(text, what)


@lru_cache(maxsize=_REMEMBERED)
def _owned(text: str, what: str) -> Owned:
    name, at, owner = text.partition(_OWNER)
    if fault := text_fault(name):
        raise Invalid(f"the id of {what} {text!r} {fault}")
    return Owned(name, parse_scope(owner) if at else None)


def parse_resource(text: str) -> ResourceRef:
    """Take a resource apart at its first colon; a text without one is a type as a whole.

    >>> parse_resource("invoice:2026:7")
    ResourceRef(type='invoice', id='2026:7')
    """
    if text.__class__ is not str and not isinstance(text, str):
        raise Invalid(f"resource {text!r} is not text; write 'type:id'")
    return _resource(text)


@lru_cache(maxsize=_REMEMBERED)
def _resource(text: str) -> ResourceRef:
    kind, colon, name = text.partition(":")
    if fault := text_fault(kind):
        raise Invalid(f"the type of resource {text!r} {fault}")
    if not colon:
        return ResourceRef(kind)
    if fault := text_fault(name):
        raise Invalid(f"the id of resource {text!r} {fault}")
    return ResourceRef(kind, name)


def parse_scope(text: str) -> str:
    """The scope as it is stored, or Invalid.

    >>> parse_scope("retail/checkout")
    'retail/checkout'
    >>> parse_scope("")
    ''
    """
    if text == "":
        return text
    if not isinstance(text, str):
        raise Invalid(f"scope {text!r} is not text")
    return _scope(text)


@lru_cache(maxsize=_REMEMBERED)
def _scope(text: str) -> str:
    parts = text.split("/")
    if len(parts) >= len(_LEVELS):
        raise Invalid(
            f"scope {text!r} has {len(parts)} parts; the most is 'organization/project', and the "
            "empty text is the account"
        )
    for part in parts:
        if fault := text_fault(part):
            raise Invalid(
                f"a part of scope {text!r} {fault}; write '', 'organization' or "
                "'organization/project'"
            )
    return text


def scope_chain(scope: str) -> tuple[str, ...]:
    """The scope and everything above it, nearest first, ending with the account.

    >>> scope_chain("retail/checkout")
    ('retail/checkout', 'retail', '')
    """
    if not scope:
        return ("",)
    above, slash, _ = scope.rpartition("/")
    return (scope, above, "") if slash else (scope, "")


def scope_level(scope: str) -> ScopeLevel:
    """Whether `scope` is the account, an organization or a project.

    >>> scope_level("retail")
    'organization'
    """
    return _LEVELS[len(scope_chain(scope)) - 1]


def is_below(scope: str, ancestor: str) -> bool:
    """Whether `scope` is `ancestor` or lies under it.

    >>> is_below("retail/checkout", "retail"), is_below("retailer", "retail")
    (True, False)
    """
    return not ancestor or scope == ancestor or scope.startswith(ancestor + "/")


def spoken(ref: str) -> str:
    """An exact reference as a sentence says it: what the account owns needs no owner.

    >>> spoken("group:ops@/"), spoken("group:ops@/retail")
    ('group:ops', 'group:ops@/retail')
    """
    return ref.removesuffix(_OWNER)


LONG = "%sha256%"
"""What the stored id of a tuple begins with that was too long to be kept as it is."""


def last_part(id: str) -> str:
    """The last text of a tuple that `encode` made an id of, where the id is not LONG.

    >>> last_part(encode("retail", "a|b"))
    'a|b'
    """
    return id.rpartition("|")[2].replace("%7C", "|").replace("%25", "%")


def encode(*parts: str) -> str:
    """The id under which a tuple of texts is stored: different tuples, different ids.

    `%` and `|` are escaped, so that no part can play the separator; what would be longer than a
    stored id may be is kept as its SHA-256, behind a mark that no escaped text can hold.

    >>> encode("retail", "a|b")
    'retail|a%7Cb'
    """
    text = "|".join(parts)
    if "%" in text or text.count("|") >= len(parts):
        text = "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)
    if len(text) * 4 > MAX_BYTES and len(text.encode()) > MAX_BYTES:
        return LONG + hashlib.sha256(text.encode()).hexdigest()
    return text
