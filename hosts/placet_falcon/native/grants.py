"""What approvals have yielded."""

import falcon
import msgspec

from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer, cursor_page

__all__ = ["Grant", "Grants"]


class _List(msgspec.Struct, frozen=True):
    principal: str | None = None
    approval: str | None = None
    limit: int = 50
    after: str | None = None


class _Revoke(msgspec.Struct, frozen=True):
    reason: str = ""


class _Take(msgspec.Struct, frozen=True):
    digest: str


class Grants:
    """The caller's grants, or with the right to view them everybody's."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """One page, newest first."""
        placet, actor = call_of(req)
        query = read_query(req, _List)
        found = placet.grants.list(
            principal=query.principal,
            approval=query.approval,
            limit=query.limit,
            after=query.after,
            actor=actor,
        )
        answer(resp, cursor_page(found))


class Grant:
    """One grant."""

    _revoke = Body(_Revoke)
    _take = Body(_Take)

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """The grant, its status as it is now."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        answer(resp, placet.grants.get(id, actor=actor))

    def on_post_revoke(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Take it back."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        reason = self._revoke.read(req).reason
        answer(resp, placet.grants.revoke(id, reason=reason, actor=actor))

    def on_post_take(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Use a pass, once."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        digest = self._take.read(req).digest
        answer(resp, placet.grants.take(id, digest, actor=actor))
