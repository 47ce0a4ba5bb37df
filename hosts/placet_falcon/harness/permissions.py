"""The registry of permissions, and the types of resources that they are about."""

from collections.abc import Iterator

import falcon

from placet.model import Permission
from placet_falcon.decoding import read_query
from placet_falcon.harness.answers import answer
from placet_falcon.harness.scopes import Scoped
from placet_falcon.host import Call, call_of

__all__ = ["Permissions", "ResourceTypes"]

_PAGE = 1000


class _List(Scoped, frozen=True, kw_only=True, rename="camel"):
    scope_filter_disabled: bool = False


class Permissions:
    """The permissions that a role of this scope may hold."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All of them, without pages."""
        call, query = call_of(req), read_query(req, _List, extra=True)
        # A list is for one level: any organization and any project stand for theirs.
        scopes = ("", "-", "-/-") if query.scope_filter_disabled else (query.scope,)
        found = {one.id: one for scope in scopes for one in _all(call, scope)}
        answer(
            req,
            resp,
            [
                {
                    "permission": {
                        "identifier": one.id,
                        "name": one.name or one.id,
                        "status": one.status.upper(),
                        "includeInAllRoles": False,
                        "allowedScopeLevels": list(one.allowed_scope_levels),
                        "resourceType": one.resource_type,
                        "action": one.action,
                    }
                }
                for _, one in sorted(found.items())
            ],
        )


class ResourceTypes:
    """What there are permissions about."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A set of words."""
        call, query = call_of(req), read_query(req, _List, extra=True)
        answer(req, resp, sorted({one.resource_type for one in _all(call, query.scope)}))


def _all(call: Call, scope: str) -> Iterator[Permission]:
    skip = 0
    while True:
        page = call.placet.permissions.list(scope=scope, skip=skip, limit=_PAGE, actor=call.actor)
        yield from page.items
        skip += _PAGE
        if skip >= (page.total or 0):
            return
