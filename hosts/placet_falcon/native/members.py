"""Who is in a group."""

import falcon
import msgspec

from placet_falcon.decoding import Body, read_query
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer, numbered_page

__all__ = ["Member", "Members"]


class _Page(msgspec.Struct, frozen=True):
    scope: str | None = None
    skip: int = 0
    limit: int = 100


class _InScope(msgspec.Struct, frozen=True):
    scope: str | None = None


class _Members(msgspec.Struct, frozen=True):
    members: tuple[str, ...]


class Members:
    """The direct members of a group."""

    _body = Body(_Members)

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """One numbered page of exact references."""
        placet, actor = call_of(req)
        query = read_query(req, _Page)
        found = placet.groups.members(
            id, scope=query.scope, skip=query.skip, limit=query.limit, actor=actor
        )
        answer(resp, numbered_page(found))

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """Put principals in; those who were not yet are the answer."""
        placet, actor = call_of(req)
        query = read_query(req, _InScope)
        members = self._body.read(req).members
        added = placet.groups.add_members(id, members, scope=query.scope, actor=actor)
        answer(resp, {"added": added})


class Member:
    """One member of a group."""

    def on_delete(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str, member: str
    ) -> None:
        """Take a principal out; nobody, where it was not in."""
        placet, actor = call_of(req)
        query = read_query(req, _InScope)
        removed = placet.groups.remove_members(id, [member], scope=query.scope, actor=actor)
        answer(resp, {"removed": removed})
