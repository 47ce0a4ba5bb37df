"""Role assignments by filter: a page, everything with its roles, and across scopes."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import falcon
import msgspec

from placet.errors import AccessDenied, NotFound
from placet.model import Assignment, IncludedScope, ResourceGroup, Role
from placet.refs import OWNED_KINDS, PrincipalKind, ScopeLevel, parse_principal, scope_level
from placet.services.assignments import LISTED_KINDS
from placet_falcon.decoding import Body, read_query
from placet_falcon.harness.answers import Paged, answer, orders_of, page_json
from placet_falcon.harness.assignment_words import (
    NEWEST,
    SORTS,
    PrincipalBody,
    RoleReference,
    assignment_json,
    group_id,
    level_of_role,
    response_json,
    role_id,
    speakable,
)
from placet_falcon.harness.resource_group_words import group_json
from placet_falcon.harness.role_words import role_response_json
from placet_falcon.harness.scopes import Scoped, level_rank, owner_at, scope_json, scope_of
from placet_falcon.harness.words import KINDS, PrincipalType, principal_type
from placet_falcon.host import Call, call_of

__all__ = ["Aggregate", "Filter", "FilterAcross"]

MOST = 1000
"""How many assignments an aggregate holds, as the vendor has it."""


class _Filter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource_group_filter: tuple[str, ...] | None = None
    role_filter: tuple[str, ...] | None = None
    principal_type_filter: tuple[PrincipalType, ...] | None = None
    principal_scope_level_filter: tuple[ScopeLevel, ...] | None = None
    principal_filter: tuple[PrincipalBody, ...] | None = None
    harness_managed_filter: tuple[bool, ...] | None = None
    disabled_filter: tuple[bool, ...] | None = None
    role_reference_filter: tuple[RoleReference, ...] | None = None


class _ScopeFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    filter: Literal["EXCLUDING_CHILD_SCOPES", "INCLUDING_CHILD_SCOPES"]
    account_identifier: str | None = None
    org_identifier: str | None = None
    project_identifier: str | None = None


class _FilterAcross(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource_group_filter: tuple[str, ...] | None = None
    role_filter: tuple[str, ...] | None = None
    principal_type_filter: tuple[PrincipalType, ...] | None = None
    scope_filters: tuple[_ScopeFilter, ...] | None = None
    principal_filter: PrincipalBody | None = None
    harness_managed_filter: bool | None = None
    disabled_filter: bool | None = None
    role_reference_filter: tuple[RoleReference, ...] | None = None


class Filter:
    """A page of the assignments that a filter lets through."""

    _body = Body(_Filter, extra=True)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page."""
        call, page = call_of(req), read_query(req, Paged, extra=True)
        wanted = self._body.read(req)
        found = call.placet.assignments.search(
            (IncludedScope(page.scope),),
            kinds=_kinds(wanted),
            where=_passes(wanted),
            orders=orders_of(page.sort_orders, SORTS, NEWEST),
            skip=page.skip,
            limit=page.page_size,
            actor=call.actor,
        )
        account = call.placet.account
        answer(req, resp, page_json(page, found, lambda noun: response_json(account, noun)))


class Aggregate:
    """The assignments that a filter lets through, with their roles and resource groups."""

    _body = Body(_Filter, extra=True)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """At most 1000 of them, newest first."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        wanted = self._body.read(req)
        found = call.placet.assignments.search(
            (IncludedScope(scope),),
            kinds=_kinds(wanted),
            where=_passes(wanted),
            orders=(NEWEST,),
            limit=MOST,
            actor=call.actor,
        ).items
        read = _Reader(call)
        account = call.placet.account
        roles = [read.role(ref) for ref in dict.fromkeys(noun.role for noun in found)]
        groups = {group_id(noun): read.group(noun) for noun in found}
        answer(
            req,
            resp,
            {
                "roleAssignments": [assignment_json(noun) for noun in found],
                "scope": scope_json(account, scope),
                "roles": [role_response_json(account, role) for role in roles if role],
                "resourceGroups": [
                    {"identifier": id, "name": group.name or id if group else id}
                    for id, group in groups.items()
                ],
            },
        )


class FilterAcross:
    """A page of the assignments of several scopes; for a user, those of its groups as well."""

    _body = Body(_FilterAcross, extra=True)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page, each row with its role and resource group."""
        call, page = call_of(req), read_query(req, Paged, extra=True)
        wanted = self._body.read(req)
        within = _within(call, wanted.scope_filters, page.scope)
        who, principals, held_by = wanted.principal_filter, None, None
        types = wanted.principal_type_filter
        if who is not None and who.type == "USER":
            held_by = f"user:{who.identifier}"
        elif who is not None:
            principals = (who,)
        same = _Filter(
            resource_group_filter=wanted.resource_group_filter,
            role_filter=wanted.role_filter,
            principal_type_filter=types,
            principal_filter=principals,
            harness_managed_filter=_one(wanted.harness_managed_filter),
            disabled_filter=_one(wanted.disabled_filter),
            role_reference_filter=wanted.role_reference_filter,
        )
        found = call.placet.assignments.search(
            within,
            kinds=_kinds(same),
            held_by=held_by,
            where=_passes(same),
            orders=orders_of(page.sort_orders, SORTS, NEWEST),
            skip=page.skip,
            limit=page.page_size,
            actor=call.actor,
        )
        read = _Reader(call)
        answer(req, resp, page_json(page, found, lambda noun: _row(call, read, noun)))


class _Reader:
    """Reads what rows name, each once; None for what the caller may not see."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._roles: dict[str, Role | None] = {}
        self._groups: dict[str, ResourceGroup | None] = {}

    def role(self, ref: str) -> Role | None:
        """The role of this exact reference."""
        if ref not in self._roles:
            try:
                found = self._call.placet.roles.get(ref, actor=self._call.actor)
            except (AccessDenied, NotFound):
                found = None
            self._roles[ref] = found
        return self._roles[ref]

    def group(self, noun: Assignment) -> ResourceGroup | None:
        """The resource group of an assignment."""
        ref = noun.resource_group or f"{group_id(noun)}@/"
        if ref not in self._groups:
            try:
                found = self._call.placet.resource_groups.get(ref, actor=self._call.actor)
            except (AccessDenied, NotFound):
                found = None
            self._groups[ref] = found
        return self._groups[ref]

    def person(self, noun: Assignment) -> tuple[str | None, str | None]:
        """Name and email of the principal of an assignment."""
        ref = parse_principal(noun.principal)
        placet, actor = self._call
        try:
            if ref.kind == "user":
                user = placet.users.get(ref.id, actor=actor)
                return user.name or None, user.email or None
            if ref.kind == "group":
                return placet.groups.get(ref.id, scope=ref.owner, actor=actor).name or None, None
            account = placet.service_accounts.get(ref.id, scope=ref.owner, actor=actor)
        except (AccessDenied, NotFound):
            return None, None
        return account.name or None, account.email or None


def _row(call: Call, read: _Reader, noun: Assignment) -> dict[str, Any]:
    account, who = call.placet.account, parse_principal(noun.principal)
    name, email = read.person(noun)
    role, group = read.role(noun.role), read.group(noun)
    scope = scope_json(account, noun.scope)
    return {
        "identifier": noun.id,
        "principal": {
            "scopeLevel": scope_level(who.owner or "") if who.kind in OWNED_KINDS else None,
            "identifier": who.id,
            "name": name,
            "email": email,
            "type": principal_type(who.kind),
        },
        "disabled": noun.disabled,
        "role": role and role_response_json(account, role),
        "resourceGroup": group and group_json(account, group, noun.scope),
        "scope": {
            **scope,
            "accountName": scope["accountIdentifier"],
            "orgName": scope["orgIdentifier"],
            "projectName": scope["projectIdentifier"],
        },
        "createdAt": response_json(account, noun)["createdAt"],
        "lastModifiedAt": response_json(account, noun)["lastModifiedAt"],
        "harnessManaged": noun.managed,
    }


def _one(value: bool | None) -> tuple[bool, ...] | None:
    return None if value is None else (value,)


def _within(
    call: Call, filters: Sequence[_ScopeFilter] | None, scope: str
) -> tuple[IncludedScope, ...]:
    if not filters:
        return (IncludedScope(scope),)
    for one in filters:
        if one.account_identifier not in (None, "", call.placet.account):
            raise AccessDenied(
                f"these credentials are of account {call.placet.account!r}, not of "
                f"{one.account_identifier!r}"
            )
    return tuple(
        IncludedScope(
            scope_of(one.org_identifier, one.project_identifier),
            one.filter == "INCLUDING_CHILD_SCOPES",
        )
        for one in filters
    )


def _kinds(wanted: _Filter) -> tuple[PrincipalKind, ...]:
    """The kinds of principals that a filter is about: what the caller has to be able to see."""
    types = [who.type for who in wanted.principal_filter or ()] or wanted.principal_type_filter
    kinds = {KINDS[type] for type in types or ()}
    return tuple(kind for kind in LISTED_KINDS if kind in kinds) or LISTED_KINDS


def _passes(wanted: _Filter) -> Callable[[Assignment], bool]:
    """Whether an assignment is speakable, and passes: sets are ANDed, their members ORed."""
    tests: list[Callable[[Assignment], bool]] = [speakable]

    def among(values: Sequence[Any] | None, of: Callable[[Assignment], Any]) -> None:
        if values:
            known = frozenset(values)
            tests.append(lambda noun: of(noun) in known)

    among(wanted.disabled_filter, lambda noun: noun.disabled)
    among(wanted.harness_managed_filter, lambda noun: noun.managed)
    among(wanted.resource_group_filter, group_id)
    among(wanted.role_filter, role_id)
    among(
        wanted.principal_type_filter,
        lambda noun: principal_type(parse_principal(noun.principal).kind),
    )
    among(wanted.principal_scope_level_filter, _principal_level)
    if wanted.principal_filter:
        people = wanted.principal_filter
        tests.append(lambda noun: any(_is(who, noun) for who in people))
    if wanted.role_reference_filter:
        references = {(one.identifier, one.scope_level) for one in wanted.role_reference_filter}
        tests.append(lambda noun: (role_id(noun), level_of_role(noun)) in references)
    return lambda noun: all(test(noun) for test in tests)


def _principal_level(noun: Assignment) -> ScopeLevel | None:
    who = parse_principal(noun.principal)
    return scope_level(who.owner or "") if who.kind in OWNED_KINDS else None


def _is(wanted: PrincipalBody, noun: Assignment) -> bool:
    who = parse_principal(noun.principal)
    if (wanted.identifier, KINDS[wanted.type]) != (who.id, who.kind):
        return False
    level = wanted.scope_level
    if level is None or who.kind not in OWNED_KINDS:
        return True
    fits = level_rank(level) <= level_rank(scope_level(noun.scope))
    return fits and owner_at(level, noun.scope) == who.owner
