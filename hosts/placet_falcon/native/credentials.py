"""Issuing tokens: the one thing about credentials that is not like other nouns."""

from datetime import datetime
from typing import Annotated, Literal

import falcon
import msgspec

from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer
from placet_falcon.native.records import Collection, record_json

__all__ = ["Credentials"]


class _Issue(msgspec.Struct, frozen=True):
    principal: str
    id: str | None = None
    name: str = ""
    kind: Literal["token", "api_key"] = "token"
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class Credentials(Collection):
    """All credentials."""

    _issue = Body(_Issue)

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A new token: its secret is made here, shown in this answer, and kept nowhere."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        wanted = self._issue.read(req)
        issued = placet.credentials.issue(
            wanted.principal,
            id=wanted.id,
            name=wanted.name,
            kind=wanted.kind,
            expires_at=wanted.expires_at,
            actor=actor,
        )
        shown = {"credential": record_json(issued.credential), "token": issued.token}
        answer(resp, shown, falcon.HTTP_201)
