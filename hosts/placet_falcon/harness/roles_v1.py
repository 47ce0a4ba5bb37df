"""Roles of an account, an organization or a project, as `/v1/.../roles` has them: no envelope."""

from typing import Annotated, Any, Literal

import falcon
import msgspec

from placet.errors import InvalidState, NotFound
from placet.model import Role
from placet.refs import scope_level
from placet.services.base import Listing, Order
from placet_falcon.decoding import Body, read_query
from placet_falcon.harness.answers import MAX_INDEX, write
from placet_falcon.harness.errors import Refused
from placet_falcon.harness.role_words import (
    BUILT_IN_FIRST,
    UPDATED,
    check_role,
    created_role,
    deleted_role,
    is_listed,
    readable,
    stored,
)
from placet_falcon.harness.scopes import path_text, scope_of
from placet_falcon.harness.words import check_named, invalid, moment
from placet_falcon.host import Call, call_of

__all__ = ["Count", "Item", "Roles"]

_SORTS = {
    "identifier": Order[Role](lambda role: role.id),
    "name": Order[Role](lambda role: (role.name or role.id).casefold()),
    "created": Order[Role](lambda role: moment(role.created_at) or 0),
    "updated": Order[Role](lambda role: moment(role.updated_at) or 0),
}


class _RoleBody(msgspec.Struct, frozen=True, kw_only=True):
    identifier: str
    name: str
    permissions: tuple[str, ...] | None = None
    description: str | None = None
    tags: dict[str, str] | None = None


class _List(msgspec.Struct, frozen=True, kw_only=True):
    page: Annotated[int, msgspec.Meta(ge=0, le=MAX_INDEX)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 30
    search_term: str = ""
    sort: Literal["", "identifier", "name", "created", "updated"] = ""
    order: str = ""


class Roles:
    """The roles of one scope."""

    _body = Body(_RoleBody, extra=True)

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, org: str = "", project: str = ""
    ) -> None:
        """One page; its headers say which, and how many there are."""
        call, query = call_of(req), read_query(req, _List, extra=True)
        found = _listed(call, scope_of(org, project), query)
        account = call.placet.account
        write(resp, [_json(account, role) for role in found.items])
        resp.set_header("X-Total-Elements", str(found.total))
        resp.set_header("X-Page-Number", str(query.page))
        resp.set_header("X-Page-Size", str(query.limit))

    def on_post(
        self, req: falcon.Request, resp: falcon.Response, org: str = "", project: str = ""
    ) -> None:
        """A new role."""
        call, scope = call_of(req), scope_of(org, project)
        body = self._body.read(req)
        _check(body)
        role = created_role(
            call,
            Role(
                id=body.identifier,
                scope=scope,
                name=body.name,
                permissions=body.permissions or (),
                description=body.description or "",
                tags=body.tags or {},
                allowed_scope_levels=(scope_level(scope),),
            ),
        )
        write(resp, _json(call.placet.account, role), falcon.HTTP_201)


class Count:
    """How many roles of one scope there are."""

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, org: str = "", project: str = ""
    ) -> None:
        """A bare number."""
        call, query = call_of(req), read_query(req, _List, extra=True)
        write(resp, _listed(call, scope_of(org, project), query).total)


class Item:
    """One role."""

    _body = Body(_RoleBody, extra=True)

    def on_get(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        role: str,
        org: str = "",
        project: str = "",
    ) -> None:
        """The role."""
        call, scope = call_of(req), scope_of(org, project)
        level = scope_level(scope).capitalize()
        missing = Refused(
            "INVALID_REQUEST", f"Role not found in {level} scope for given identifier."
        )
        try:
            found = call.placet.roles.get(check_named("role", role), scope=scope, actor=call.actor)
        except NotFound:
            raise missing from None
        if not readable(found, scope):
            raise missing
        write(resp, _json(call.placet.account, found))

    def on_put(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        role: str,
        org: str = "",
        project: str = "",
    ) -> None:
        """Replace name, permissions, description and tags."""
        call, scope = call_of(req), scope_of(org, project)
        body = self._body.read(req)
        if body.identifier != role:
            raise Refused(
                "INVALID_REQUEST",
                "Role identifier in the request body and the URL do not match.",
            )

        def replaced(before: Role) -> Role:
            _check(body)
            return msgspec.structs.replace(
                before,
                name=body.name,
                permissions=body.permissions or (),
                description=body.description or "",
                tags=body.tags or {},
            )

        where = path_text(call.placet.account, scope)
        missing = Refused("INVALID_REQUEST", f"Could not find the role in the scope {where}")
        roles = call.placet.roles
        try:
            found = stored(
                lambda: roles.change(
                    check_named("role", role), replaced, scope=scope, actor=call.actor
                )
            )
        except (NotFound, InvalidState):
            raise missing from None
        write(resp, _json(call.placet.account, found))

    def on_delete(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        role: str,
        org: str = "",
        project: str = "",
    ) -> None:
        """Remove the role and the assignments of it; the role is the answer."""
        call, scope = call_of(req), scope_of(org, project)
        write(resp, _json(call.placet.account, deleted_role(call, role, scope)))


def _check(body: _RoleBody) -> None:
    check_role(
        body.identifier, body.name, body.permissions or (), body.description or "", body.tags or {}
    )


def _listed(call: Call, scope: str, query: _List) -> Listing[Role]:
    if query.order and query.order.upper() not in ("ASC", "DESC"):
        raise invalid("order", f"is {query.order!r}; it is ASC or DESC")
    descending = query.order.upper() == "DESC"
    if query.sort:
        orders = [Order(_SORTS[query.sort].key, descending)]
    else:
        orders = [BUILT_IN_FIRST, UPDATED]
    return call.placet.roles.list(
        scope=scope,
        search=query.search_term,
        where=is_listed,
        orders=orders,
        skip=query.page * query.limit,
        limit=query.limit,
        actor=call.actor,
    )


def _json(account: str, role: Role) -> dict[str, Any]:
    org, _, project = role.scope.partition("/")
    return {
        "identifier": role.id,
        "name": role.name or role.id,
        "permissions": list(role.permissions),
        "allowed_scope_levels": list(role.allowed_scope_levels),
        "description": role.description or None,
        "tags": role.tags,
        "scope": None
        if role.managed
        else {"account": account, "org": org or None, "project": project or None},
        "created": moment(role.created_at),
        "updated": moment(role.updated_at),
        "harness_managed": role.managed,
    }
