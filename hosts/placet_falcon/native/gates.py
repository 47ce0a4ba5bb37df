"""Gates at work: ask that one opens, see how it stands, pass it."""

import falcon
import msgspec

from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.host import Host, call_of
from placet_falcon.native.answers import answer
from placet_falcon.native.labels import labels_of
from placet_falcon.waiting import Wait

__all__ = ["Gate"]


class _Request(msgspec.Struct, frozen=True):
    scope: str | None = None
    digest: str | None = None
    labels: dict[str, str] = {}
    justification: str = ""
    contributors: tuple[str, ...] = ()
    on_behalf_of: str | None = None


class _Take(msgspec.Struct, frozen=True):
    scope: str | None = None
    digest: str | None = None
    labels: dict[str, str] = {}


class _Status(msgspec.Struct, frozen=True):
    scope: str | None = None
    digest: str | None = None
    label: tuple[str, ...] = ()
    wait: Wait = 0


class Gate:
    """One gate; what is to pass is a digest, or by default that of the labels."""

    _request = Body(_Request)
    _take = Body(_Take)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post_requests(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Ask that the gate open; the same again is the same approval."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        wanted = self._request.read(req)
        approval = placet.gates.request(
            id,
            wanted.digest,
            scope=wanted.scope,
            labels=wanted.labels,
            justification=wanted.justification,
            contributors=wanted.contributors,
            origin="native",
            on_behalf_of=wanted.on_behalf_of,
            idempotency_key=req.get_header("Idempotency-Key"),
            actor=actor,
        )
        answer(resp, approval, falcon.HTTP_201)
        path = f"/placet/v1/accounts/{account}/approvals/{approval.id}"
        resp.location = self._host.address(path, account)

    def on_get_status(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """What the gate says now; with `wait`, once it says more than to wait, or then."""
        placet, actor = call_of(req)
        query = read_query(req, _Status)
        awaiting = placet.gates.awaiting(
            id, query.digest, scope=query.scope, labels=labels_of(query.label), actor=actor
        )
        answer(resp, self._host.waiting.of(awaiting, query.wait))

    def on_post_take(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Pass the gate: of two who do, one gets through. The pass that was used up, or that none
        is needed.
        """
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        wanted = self._take.read(req)
        taken = placet.gates.take(
            id, wanted.digest, scope=wanted.scope, labels=wanted.labels, actor=actor
        )
        answer(resp, {"status": "not_required"} if taken is None else taken)
