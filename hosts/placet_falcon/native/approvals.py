"""Asking for a decision, and making it."""

from typing import Annotated, Any

import falcon
import msgspec

from placet.approvals.lifecycle import Said
from placet.errors import PlacetError
from placet.model import Approval as Done
from placet.model import ApprovalStatus, JsonObject, Time, Verdict, plain
from placet.services.approvals import MAX_REVIEWED
from placet.services.waiting import decision
from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.errors import failure_of
from placet_falcon.host import Host, call_of
from placet_falcon.native.answers import answer, cursor_page
from placet_falcon.native.labels import labels_of
from placet_falcon.waiting import Wait

__all__ = ["Approval", "Approvals", "ManyReviews"]


class _Request(msgspec.Struct, frozen=True):
    permission: str
    on: str | None = None
    args: JsonObject = {}
    scope: str | None = None
    properties: JsonObject = {}
    justification: str = ""
    contributors: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    on_behalf_of: str | None = None
    starts_at: Time | None = None
    seconds: int | None = None
    extend: bool = False


class _List(msgspec.Struct, frozen=True):
    status: ApprovalStatus | None = None
    scope: str | None = None
    requester: str | None = None
    subject: str | None = None
    permission: str | None = None
    resource: str | None = None
    reviewer: str | None = None
    label: tuple[str, ...] = ()
    descending: bool = True
    limit: int = 50
    after: str | None = None


class _Review(msgspec.Struct, frozen=True):
    verdict: Verdict
    comment: str = ""
    digest: str | None = None
    inputs: JsonObject = {}
    seat_of: str | None = None


class _ReviewOf(_Review, frozen=True, kw_only=True):
    approval: str


class _Reviews(msgspec.Struct, frozen=True):
    reviews: Annotated[tuple[_ReviewOf, ...], msgspec.Meta(max_length=MAX_REVIEWED)]


class _Override(msgspec.Struct, frozen=True):
    comment: str
    verdict: Verdict = "approve"
    digest: str | None = None
    inputs: JsonObject = {}


class _Revision(msgspec.Struct, frozen=True):
    args: JsonObject | None = None
    properties: JsonObject | None = None
    justification: str | None = None
    starts_at: Time | None = None
    seconds: int | None = None


class _Reason(msgspec.Struct, frozen=True):
    reason: str = ""


class _Waiting(msgspec.Struct, frozen=True):
    wait: Wait = 0


class _Nothing(msgspec.Struct, frozen=True):
    pass


class Approvals:
    """All approvals that the caller may see."""

    _body = Body(_Request)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """One page, newest first."""
        placet, actor = call_of(req)
        query = read_query(req, _List)
        found = placet.approvals.list(
            status=query.status,
            scope=query.scope,
            requester=query.requester,
            subject=query.subject,
            permission=query.permission,
            resource=query.resource,
            reviewer=query.reviewer,
            labels=labels_of(query.label),
            descending=query.descending,
            limit=query.limit,
            after=query.after,
            actor=actor,
        )
        answer(resp, cursor_page(found))

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Ask, for oneself or on somebody's behalf; the same again is the same approval."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        wanted = self._body.read(req)
        approval = placet.approvals.request(
            wanted.permission,
            wanted.on,
            wanted.args,
            scope=wanted.scope,
            properties=wanted.properties,
            justification=wanted.justification,
            contributors=wanted.contributors,
            labels=wanted.labels,
            origin="native",
            on_behalf_of=wanted.on_behalf_of,
            starts_at=wanted.starts_at,
            seconds=wanted.seconds,
            extend=wanted.extend,
            idempotency_key=req.get_header("Idempotency-Key"),
            actor=actor,
        )
        answer(resp, approval, falcon.HTTP_201)
        path = f"/placet/v1/accounts/{account}/approvals/{approval.id}"
        resp.location = self._host.address(path, account)


class ManyReviews:
    """Several reviews at once, each by itself."""

    _body = Body(_Reviews)

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The approval after each review, or the error that it is, in their order."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        reviews = [
            (one.approval, Said(one.verdict, one.comment, "", one.inputs, one.digest, one.seat_of))
            for one in self._body.read(req).reviews
        ]
        done = placet.approvals.review_many(reviews, actor=actor)
        answer(resp, {"results": [_result(req, one) for one in done]})


def _result(req: falcon.Request, done: Done | PlacetError) -> Any:
    if isinstance(done, PlacetError):
        failure = failure_of(done, req)
        return {"error": {"code": failure.code, "message": failure.message}}
    return {"approval": plain(done)}


class Approval:
    """One approval, and everything that can happen to it."""

    _review = Body(_Review)
    _override = Body(_Override)
    _revision = Body(_Revision)
    _reason = Body(_Reason)
    _nothing = Body(_Nothing)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """The approval, its status as it is now; with `wait`, once it is not pending any more, or
        after that time.
        """
        placet, actor = call_of(req)
        seconds = read_query(req, _Waiting).wait
        awaiting = decision(placet.approvals.view, id, actor)
        answer(resp, self._host.waiting.of(awaiting, seconds))

    def on_get_explanation(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Why it stands as it does."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        answer(resp, placet.approvals.explain(id, actor=actor))

    def on_post_reviews(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Approve, reject or abstain."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        said = self._review.read(req)
        reviewed = placet.approvals.review(
            id,
            said.verdict,
            comment=said.comment,
            digest=said.digest,
            inputs=said.inputs,
            seat_of=said.seat_of,
            idempotency_key=req.get_header("Idempotency-Key"),
            actor=actor,
        )
        answer(resp, reviewed)

    def on_post_override(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Decide in the reviewers' stead, for a reason."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        said = self._override.read(req)
        overridden = placet.approvals.override(
            id,
            said.verdict,
            comment=said.comment,
            digest=said.digest,
            inputs=said.inputs,
            actor=actor,
        )
        answer(resp, overridden)

    def on_post_revisions(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Ask for something else under the same number."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        said = msgspec.structs.asdict(self._revision.read(req))
        answer(resp, placet.approvals.revise(id, said.pop("args"), **said, actor=actor))

    def on_post_withdraw(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Take back one's own request, or one's own review."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        self._nothing.read(req)
        answer(resp, placet.approvals.withdraw(id, actor=actor))

    def on_post_cancel(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """End a request that is pending."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        reason = self._reason.read(req).reason
        answer(resp, placet.approvals.cancel(id, reason=reason, actor=actor))

    def on_post_settle(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str
    ) -> None:
        """Bring it up to what the clock and the directory say."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        self._nothing.read(req)
        answer(resp, placet.approvals.settle(id, actor=actor))
