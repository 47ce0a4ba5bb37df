"""The log, read and verified."""

from typing import Annotated

import falcon
import msgspec

from placet_falcon.decoding import NoQuery, read_query
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer, cursor_page

__all__ = ["Events", "Verification"]


class _List(msgspec.Struct, frozen=True):
    after: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] = 0
    limit: int = 100
    kind: str | None = None
    approval: str | None = None
    principal: str | None = None


class Events:
    """The events of the account."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Events behind a number, oldest first."""
        placet, actor = call_of(req)
        query = read_query(req, _List)
        found = placet.audit.list(
            after=query.after,
            limit=query.limit,
            kind=query.kind,
            approval=query.approval,
            principal=query.principal,
            actor=actor,
        )
        answer(resp, cursor_page(found))


class Verification:
    """Whether every seal of the log holds."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A walk along the whole chain."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        found = placet.audit.verify(actor=actor)
        answer(
            resp,
            {"events": found.events, "head": found.head, "ok": found.ok, "fault": found.fault},
        )
