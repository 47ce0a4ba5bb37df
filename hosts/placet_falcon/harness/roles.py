"""Roles in the envelope API: the same roles as `/v1`, with how many hold each."""

from typing import Any

import falcon
import msgspec

from placet.errors import InvalidState, NotFound
from placet.model import Assignment, IncludedScope, Role
from placet.refs import ScopeLevel, scope_level
from placet_falcon.decoding import Body, read_query
from placet_falcon.harness.answers import Paged, answer, orders_of, page_json
from placet_falcon.harness.assignment_words import speakable
from placet_falcon.harness.errors import Refused, not_found
from placet_falcon.harness.role_words import (
    BUILT_IN_FIRST,
    UPDATED,
    check_role,
    created_role,
    deleted_role,
    is_listed,
    readable,
    role_response_json,
    stored,
)
from placet_falcon.harness.scopes import Scoped, path_text
from placet_falcon.harness.words import check_named, moment
from placet_falcon.host import call_of

__all__ = ["Item", "Roles"]

_SORTS = {
    "identifier": lambda role: role.id,
    "name": lambda role: (role.name or role.id).casefold(),
    "createdAt": lambda role: moment(role.created_at) or 0,
    "lastModifiedAt": lambda role: moment(role.updated_at) or 0,
}
_COUNTS = (
    ("roleAssignedToUserCount", "user"),
    ("roleAssignedToUserGroupCount", "group"),
    ("roleAssignedToServiceAccountCount", "service_account"),
)


class _RoleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    identifier: str
    name: str
    permissions: tuple[str, ...] | None = None
    allowed_scope_levels: tuple[ScopeLevel, ...] | None = None
    description: str | None = None
    tags: dict[str, str] | None = None


class _List(Paged, frozen=True, kw_only=True, rename="camel"):
    search_term: str = ""
    harness_managed: bool | None = None


class Roles:
    """The roles of one scope."""

    _body = Body(_RoleBody, extra=True)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page, each role with the number of its assignments in this scope."""
        call, page = call_of(req), read_query(req, _List, extra=True)
        account, only = call.placet.account, page.harness_managed
        found = call.placet.roles.list(
            scope=page.scope,
            search=page.search_term,
            where=lambda role: is_listed(role) and only in (None, role.managed),
            orders=(*orders_of(page.sort_orders, _SORTS, BUILT_IN_FIRST), UPDATED),
            skip=page.skip,
            limit=page.page_size,
            actor=call.actor,
        )
        shown = {role.ref for role in found.items}

        def sort(noun: Assignment) -> tuple[str, str]:
            return noun.role, noun.principal.partition(":")[0]

        held = call.placet.assignments.tally(
            (IncludedScope(page.scope),),
            sort,
            where=lambda noun: noun.role in shown and speakable(noun),
            actor=call.actor,
        )

        def row(role: Role) -> dict[str, Any]:
            counts = {field: held[role.ref, kind] for field, kind in _COUNTS}
            return {**role_response_json(account, role), **counts}

        answer(req, resp, page_json(page, found, row))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A new role, for the level of this scope alone."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        body, own = self._body.read(req), scope_level(scope)
        _check(body)
        if body.allowed_scope_levels and set(body.allowed_scope_levels) != {own}:
            raise Refused(
                "INVALID_REQUEST",
                f"This custom role can be only used at '{own}' level, and allowedScopeLevels says "
                f"{', '.join(body.allowed_scope_levels)}.",
            )
        role = created_role(
            call,
            Role(
                id=body.identifier,
                scope=scope,
                name=body.name,
                permissions=body.permissions or (),
                description=body.description or "",
                tags=body.tags or {},
                allowed_scope_levels=(own,),
            ),
        )
        answer(req, resp, role_response_json(call.placet.account, role))


class Item:
    """One role."""

    _body = Body(_RoleBody, extra=True)

    def on_get(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """The role."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        missing = f"Role with identifier [{identifier}] is not found in the given scope"
        check_named("identifier", identifier)
        try:
            found = call.placet.roles.get(identifier, scope=scope, actor=call.actor)
        except NotFound:
            raise not_found(missing) from None
        if not readable(found, scope):
            raise not_found(missing)
        answer(req, resp, role_response_json(call.placet.account, found))

    def on_put(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """Replace name, permissions, description and tags."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        body = self._body.read(req)
        if body.identifier != identifier:
            raise Refused(
                "INVALID_REQUEST",
                "Role identifier in the request body and the URL do not match.",
            )

        def replaced(before: Role) -> Role:
            _check(body)
            levels = body.allowed_scope_levels
            if levels and set(levels) != set(before.allowed_scope_levels):
                raise Refused(
                    "INVALID_REQUEST", "Cannot change the scopes at which this role can be used."
                )
            return msgspec.structs.replace(
                before,
                name=body.name,
                permissions=body.permissions or (),
                description=body.description or "",
                tags=body.tags or {},
            )

        where = path_text(call.placet.account, scope)
        check_named("identifier", identifier)
        try:
            found = stored(
                lambda: call.placet.roles.change(
                    identifier, replaced, scope=scope, actor=call.actor
                )
            )
        except (NotFound, InvalidState):
            raise Refused(
                "INVALID_REQUEST", f"Could not find the role in the scope {where}"
            ) from None
        answer(req, resp, role_response_json(call.placet.account, found))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """Remove the role and the assignments of it; the role is the answer."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        role = deleted_role(call, identifier, scope)
        answer(req, resp, role_response_json(call.placet.account, role))


def _check(body: _RoleBody) -> None:
    check_role(
        body.identifier, body.name, body.permissions or (), body.description or "", body.tags or {}
    )
