"""Questions about approvals: what waits for whom, who could say yes, what would be, how it went."""

from datetime import datetime
from typing import Annotated

import falcon
import msgspec

from placet.model import ApprovalPolicy, ApprovalStatus, JsonObject
from placet.services.approval_inbox import InboxOrder
from placet.services.approval_simulation import Supposed
from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer, cursor_page

__all__ = ["ApprovalPages", "ApprovalQuestions", "RequestSimulations"]

MOST = 100
"""The most reviews that one simulation supposes, and the most that it takes away."""


class _Inbox(msgspec.Struct, frozen=True):
    principal: str | None = None
    scope: str | None = None
    permission: str | None = None
    order: InboxOrder = "oldest"
    limit: int = 50
    after: str | None = None


class _Requests(msgspec.Struct, frozen=True):
    principal: str | None = None
    status: ApprovalStatus | None = None
    scope: str | None = None
    permission: str | None = None
    resource: str | None = None
    limit: int = 50
    after: str | None = None


class _Reviews(msgspec.Struct, frozen=True):
    principal: str | None = None
    status: ApprovalStatus | None = None
    scope: str | None = None
    permission: str | None = None
    limit: int = 50
    after: str | None = None


class _Metrics(msgspec.Struct, frozen=True):
    since: datetime
    until: datetime | None = None
    scope: str | None = None
    permission: str | None = None


class _Simulation(msgspec.Struct, frozen=True):
    add: Annotated[tuple[Supposed, ...], msgspec.Meta(max_length=MOST)] = ()
    remove: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST)] = ()
    at: datetime | None = None
    policy: ApprovalPolicy | None = None


class _Request(msgspec.Struct, frozen=True):
    permission: str
    on: str | None = None
    args: JsonObject = {}
    scope: str | None = None
    properties: JsonObject = {}
    contributors: tuple[str, ...] = ()


class ApprovalPages:
    """Approvals of the caller, or, with the right to view approvals, of others; and figures."""

    def on_get_inbox(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A page of what waits for somebody."""
        placet, actor = call_of(req)
        asked = msgspec.structs.asdict(read_query(req, _Inbox))
        answer(resp, cursor_page(placet.approvals.inbox(**asked, actor=actor)))

    def on_get_requests(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A page of what somebody asked for, or others for them."""
        placet, actor = call_of(req)
        asked = msgspec.structs.asdict(read_query(req, _Requests))
        answer(resp, cursor_page(placet.approvals.requests(**asked, actor=actor)))

    def on_get_reviews(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A page of what somebody reviewed, or may review now."""
        placet, actor = call_of(req)
        asked = msgspec.structs.asdict(read_query(req, _Reviews))
        answer(resp, cursor_page(placet.approvals.reviews(**asked, actor=actor)))

    def on_get_metrics(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """How approvals went."""
        placet, actor = call_of(req)
        asked = msgspec.structs.asdict(read_query(req, _Metrics))
        answer(resp, placet.approvals.metrics(**asked, actor=actor))


class ApprovalQuestions:
    """Questions about one approval."""

    _simulation = Body(_Simulation)

    def on_get_reviewers(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Who could say yes now."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        answer(resp, placet.approvals.eligible_reviewers(id, actor=actor))

    def on_post_simulate(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """How it would stand."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        supposed = msgspec.structs.asdict(self._simulation.read(req))
        answer(resp, placet.approvals.simulate(id, **supposed, actor=actor))


class RequestSimulations:
    """Requests that are not made."""

    _body = Body(_Request)

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """What asking would come to."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        wanted = msgspec.structs.asdict(self._body.read(req))
        answer(resp, placet.approvals.simulate_request(**wanted, actor=actor))
