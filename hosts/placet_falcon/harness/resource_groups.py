"""Resource groups: which resources an assignment reaches."""

from typing import Any

import falcon
import msgspec

from placet.errors import AlreadyExists, InvalidState, NotFound
from placet.model import ResourceGroup
from placet.services.base import Order
from placet_falcon.decoding import Body, read_query
from placet_falcon.harness.answers import Paged, answer, orders_of, page_json
from placet_falcon.harness.errors import Refused, not_found
from placet_falcon.harness.resource_group_words import GroupBody, group_of, group_response_json
from placet_falcon.harness.scopes import Scoped, path_text
from placet_falcon.harness.words import check_named, moment
from placet_falcon.host import call_of

__all__ = ["Item", "ResourceGroups"]

_SORTS = {
    "identifier": lambda group: group.id,
    "name": lambda group: (group.name or group.id).casefold(),
    "createdAt": lambda group: moment(group.created_at) or 0,
    "lastModifiedAt": lambda group: moment(group.updated_at) or 0,
}
_BUILT_IN_FIRST = Order[ResourceGroup](lambda group: not group.managed)
_UPDATED = Order[ResourceGroup](_SORTS["lastModifiedAt"], descending=True)


class _Wrapped(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource_group: dict[str, Any]


class _List(Paged, frozen=True, kw_only=True, rename="camel"):
    search_term: str = ""


class _GroupReader:
    """Reads bodies; one client writes the names of their fields in its own language's way."""

    _outer = Body(_Wrapped, extra=True)
    _inner = Body(GroupBody, extra=True)

    def read(self, req: falcon.Request) -> GroupBody:
        """The resource group in the body of a request."""
        said = self._outer.read(req).resource_group
        return self._inner.decode(
            msgspec.json.encode({_camel(name): value for name, value in said.items()})
        )


class ResourceGroups:
    """The resource groups of one scope."""

    _body = _GroupReader()

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page, built-in ones of this level first."""
        call, page = call_of(req), read_query(req, _List, extra=True)
        account = call.placet.account
        found = call.placet.resource_groups.list(
            scope=page.scope,
            search=page.search_term,
            orders=(*orders_of(page.sort_orders, _SORTS, _BUILT_IN_FIRST), _UPDATED),
            skip=page.skip,
            limit=page.page_size,
            actor=call.actor,
        )
        answer(
            req,
            resp,
            page_json(page, found, lambda group: group_response_json(account, group, page.scope)),
        )

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A new resource group."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        account = call.placet.account
        group = group_of(self._body.read(req), account, scope)
        try:
            made = call.placet.resource_groups.create(group, actor=call.actor)
        except AlreadyExists:
            where = path_text(account, scope)
            raise Refused(
                "DUPLICATE_FIELD",
                f"A resource group with identifier {group.id} in this scope {where} is already "
                "present",
            ) from None
        answer(req, resp, group_response_json(account, made, scope))


class Item:
    """One resource group."""

    _body = _GroupReader()

    def on_get(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """The resource group."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        check_named("identifier", identifier)
        try:
            found = call.placet.resource_groups.get(identifier, scope=scope, actor=call.actor)
        except NotFound:
            raise not_found(
                f"Resource group with identifier [{identifier}] is not found in the given scope"
            ) from None
        answer(req, resp, group_response_json(call.placet.account, found, scope))

    def on_put(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """Replace the resource group."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        account = call.placet.account
        body = self._body.read(req)
        if body.identifier != identifier:
            raise Refused(
                "INVALID_REQUEST",
                "Resource group identifier in the request body and the URL do not match.",
            )
        group = group_of(body, account, scope)
        try:
            made = call.placet.resource_groups.update(group, actor=call.actor)
        except (NotFound, InvalidState):
            where = path_text(account, scope)
            raise Refused(
                "INVALID_REQUEST", f"Could not find the resource group in the scope {where}"
            ) from None
        answer(req, resp, group_response_json(account, made, scope))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """Remove the resource group and the assignments on it."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        check_named("identifier", identifier)
        try:
            call.placet.resource_groups.delete(
                identifier, scope=scope, cascade=True, actor=call.actor
            )
        except NotFound:
            raise not_found(
                f"Resource group with identifier [{identifier}] is not found in the given scope"
            ) from None
        answer(req, resp, True)


def _camel(name: str) -> str:
    """A field as the vendor writes it.

    >>> _camel("included_scopes"), _camel("includedScopes")
    ('includedScopes', 'includedScopes')
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
