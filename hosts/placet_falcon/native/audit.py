"""The log, read, exported, signed and verified."""

from collections.abc import Iterator
from typing import Annotated

import falcon
import msgspec

from placet.model import plain
from placet.services.checkpoints import Checkpoint
from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.errors import failure_document, failure_of
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer, cursor_page

__all__ = ["Checkpoints", "Events", "Export", "Verification"]


class _List(msgspec.Struct, frozen=True):
    after: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] = 0
    limit: int = 100
    kind: str | None = None
    approval: str | None = None
    principal: str | None = None


class _Exported(msgspec.Struct, frozen=True):
    after: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] = 0
    kind: str | None = None
    approval: str | None = None
    principal: str | None = None


class _Held(msgspec.Struct, frozen=True):
    checkpoints: tuple[Checkpoint, ...]


class _Since(msgspec.Struct, frozen=True):
    since: Checkpoint | None = None


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


class Export:
    """The same as lines of JSON with their seals, without pages."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Every event behind a number, oldest first, as they are read."""
        placet, actor = call_of(req)
        query = read_query(req, _Exported)
        lines = placet.audit.export(
            after=query.after,
            kind=query.kind,
            approval=query.approval,
            principal=query.principal,
            actor=actor,
        )
        resp.stream = _told_to_the_end(lines, req)
        resp.content_type = "application/jsonl"


def _told_to_the_end(lines: Iterator[bytes], req: falcon.Request) -> Iterator[bytes]:
    """The lines, and where they break off, why: the status has been sent by then, and a server may
    end such an answer as if it were whole.
    """
    try:
        yield from lines
    except Exception as error:  # whatever it is, an end in silence is worse
        yield msgspec.json.encode(failure_document(failure_of(error, req))) + b"\n"


class Verification:
    """Whether every seal of the log holds, and every checkpoint is met."""

    _body = Body(_Held)

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A walk along the whole chain."""
        read_query(req, NoQuery)
        self._walk(req, resp, ())

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The same, with checkpoints held against it."""
        read_query(req, NoQuery)
        self._walk(req, resp, self._body.read(req).checkpoints)

    def _walk(
        self, req: falcon.Request, resp: falcon.Response, checkpoints: tuple[Checkpoint, ...]
    ) -> None:
        placet, actor = call_of(req)
        found = placet.audit.verify(checkpoints=checkpoints, actor=actor)
        answer(resp, {**plain(found), "ok": found.ok})


class Checkpoints:
    """What the log ends with, signed. Nothing is kept of it here: whoever asks does."""

    _body = Body(_Since)

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A checkpoint; with `since`, only what came after that one is walked first."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        since = self._body.read(req).since
        answer(resp, placet.audit.checkpoint(since=since, actor=actor), falcon.HTTP_201)
