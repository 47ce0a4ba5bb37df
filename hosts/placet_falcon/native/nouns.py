"""The table of administered nouns: where each lives, and what of it a caller may set.

A body is the noun itself. What only the engine sets may stand in it, so that the answer of a GET
can be changed and PUT back; it is never taken from there.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from placet import Placet
from placet.errors import Invalid, Problem
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Credential,
    Delegation,
    Gate,
    Group,
    Permission,
    Record,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.refs import parse_resource
from placet.services.assignments import new_assignment_id
from placet.services.records import Records
from placet_falcon.decoding import Body

__all__ = ["NOUNS", "Noun"]

_SET_BY_THE_ENGINE = frozenset(
    {"etag", "created_at", "created_by", "updated_at", "bundle", "managed"}
)


def _no_id() -> str:
    return ""


def _named(id: str) -> Mapping[str, str]:
    return {"id": id}


def _typed(id: str) -> Mapping[str, str]:
    ref = parse_resource(id)
    if ref.id is None:
        raise Invalid(f"{id!r} is a type; write 'type:id'")
    return {"type": ref.type, "id": ref.id}


def _credential(id: str) -> Mapping[str, str]:
    kind, slash, name = id.partition("/")
    return {"kind": "basic", "id": name} if slash and kind == "basic" else {"id": id}


class Noun(NamedTuple):
    """One row: the path, the type, the service, and what is special about it.

    `name` takes an id of a path apart into fields of the body; `new_id` makes the id of a noun
    that is created without one; `hidden` are further fields that no caller sets.
    """

    path: str
    type: type[Record]
    service: Callable[[Placet], Records[Any]]
    name: Callable[[str], Mapping[str, str]] = _named
    new_id: Callable[[], str] = _no_id
    hidden: frozenset[str] = frozenset()

    def body(self) -> Body[Any]:
        """The reader of its bodies: the noun, its names optional since the path has them."""
        names = [
            (field, str, "")
            for field in ("id", "type", "secret_hash")
            if field in self.type.__struct_fields__
        ]
        kind = msgspec.defstruct(
            f"{self.type.__name__}Body", names, bases=(self.type,), frozen=True, kw_only=True
        )
        return Body(kind)

    def noun(self, body: Any, id: str | None, scope: str | None, etag: int = 0) -> Any:
        """The noun that a body means, at the id and scope that its address names.

        Raises Invalid where body and address disagree.
        """
        kept = {
            field: getattr(body, field)
            for field in self.type.__struct_fields__
            if field not in _SET_BY_THE_ENGINE and field not in self.hidden
        }
        if "secret_hash" in self.type.__struct_fields__:
            kept["secret_hash"] = ""
        addressed = dict(self.name(id)) if id is not None else {}
        if scope is not None and "scope" in kept:
            addressed["scope"] = scope
        for field, value in addressed.items():
            if kept[field] not in ("", None, value):
                said = f"is {kept[field]!r}, and the address says {value!r}"
                raise Invalid(f"the body is not right: {field} {said}", [Problem(field, said)])
            kept[field] = value
        if id is None and not kept.get("id"):
            kept["id"] = self.new_id()
        return self.type(**kept, etag=etag)


NOUNS: tuple[Noun, ...] = (
    Noun("roles", Role, lambda placet: placet.roles),
    Noun("groups", Group, lambda placet: placet.groups),
    Noun("users", User, lambda placet: placet.users),
    Noun("service-accounts", ServiceAccount, lambda placet: placet.service_accounts),
    Noun("resource-groups", ResourceGroup, lambda placet: placet.resource_groups),
    Noun("resources", Resource, lambda placet: placet.resources, _typed),
    Noun(
        "assignments",
        Assignment,
        lambda placet: placet.assignments,
        new_id=new_assignment_id,
        hidden=frozenset({"approval", "policies"}),
    ),
    Noun("permissions", Permission, lambda placet: placet.permissions),
    Noun("policies", ApprovalPolicy, lambda placet: placet.policies, hidden=frozenset({"version"})),
    Noun("gates", Gate, lambda placet: placet.gates),
    Noun("delegations", Delegation, lambda placet: placet.delegations),
    Noun(
        "credentials",
        Credential,
        lambda placet: placet.credentials,
        _credential,
        hidden=frozenset({"secret_hash"}),
    ),
)
"""Every administered noun."""
