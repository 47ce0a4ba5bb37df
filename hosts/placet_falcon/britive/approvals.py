"""Approvals: listing them, deciding them, taking them back."""

from typing import Any, Literal

import falcon
import msgspec

from placet.errors import Invalid, NotFound, Problem
from placet.model import Approval as Stored
from placet.model import ApprovalStatus
from placet.services.base import Listing
from placet_falcon.britive.answers import answer
from placet_falcon.britive.bodies import read_body, text_in
from placet_falcon.britive.caller import Caller, caller_of
from placet_falcon.britive.catalogue import CONSUMERS
from placet_falcon.britive.errors import Unsupported
from placet_falcon.britive.filters import words_of
from placet_falcon.britive.items import items_of
from placet_falcon.britive.paging import Asked, read_asked, request_types
from placet_falcon.britive.words import STATUSES
from placet_falcon.decoding import NoQuery, read_query
from placet_falcon.host import Host

__all__ = ["MAX_COMMENT", "Approval", "Approvals", "Revocations", "Withdrawals"]

PAGE = 100
MAX_COMMENT = 4096
_MAX_REVOKER_COMMENT = 255


class _One(msgspec.Struct, frozen=True):
    requestType: tuple[str, ...] = ()


class _Decision(msgspec.Struct, frozen=True):
    approveRequest: Literal["yes", "no", "revoke"]
    killSession: bool = True


class _Consumed(msgspec.Struct, frozen=True):
    resourceId: str


class Approvals:
    """All approvals of the caller, or all that it may see."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page, newest first."""
        caller = caller_of(req, self._host)
        placet, actor = caller.placet, caller.actor
        asked = read_asked(req)
        words = words_of(asked.filter) if asked.filter else None
        statuses = None if words is None else frozenset().union(*(STATUSES[word] for word in words))
        found = _page(caller, asked, statuses)
        # Several words share a status: which one it is, only the item says.
        shown = [
            item
            for item in items_of(placet, found.items, actor)
            if words is None or item["status"] in words
        ]
        more = ""
        if found.next is not None:
            more = self._host.address(asked.next_path(found.next), placet.account)
        answer(resp, {"result": shown, "pagination": {"next": more, "prev": ""}})


class Approval:
    """One approval."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Its details; the same object as in a list."""
        placet, actor, _ = caller_of(req, self._host)
        request_types(read_query(req, _One).requestType)
        (item,) = items_of(placet, (placet.approvals.get(id, actor=actor),), actor)
        answer(resp, item)

    def on_patch(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Say yes or no to it, or revoke what it has yielded."""
        caller = caller_of(req, self._host)
        caller.refuse_names("deciding")
        placet, actor = caller.placet, caller.actor
        decision = read_query(req, _Decision)
        comment = text_in(read_body(req), "approverComment", most=MAX_COMMENT)
        if decision.approveRequest == "revoke":
            _refuse_survivors(decision.killSession)
            placet.approvals.revoke((id,), reason=comment, actor=actor)
        else:
            verdict: Literal["approve", "reject"] = (
                "approve" if decision.approveRequest == "yes" else "reject"
            )
            placet.approvals.review(id, verdict, comment=comment, actor=actor)
        resp.status = falcon.HTTP_204

    def on_delete(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:
        """Withdraw it, as its requester; or cancel it, with the right to."""
        placet, actor, _ = caller_of(req, self._host)
        read_query(req, NoQuery)
        placet.approvals.cancel(id, actor=actor)
        resp.status = falcon.HTTP_204


class Revocations:
    """Taking back what several approvals have yielded, all of it or nothing."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Revoke; the access is over when this is answered, whatever its status says."""
        caller = caller_of(req, self._host)
        caller.refuse_names("revoking")
        placet, actor = caller.placet, caller.actor
        read_query(req, NoQuery)
        body = read_body(req)
        comment = text_in(body, "revokerComment", most=_MAX_REVOKER_COMMENT)
        if not comment:
            raise _wrong("revokerComment", "is missing; say why, in 1 to 255 characters")
        kill = body.get("killSession", True)
        if not isinstance(kill, bool):
            raise _wrong("killSession", "expected `bool`")
        _refuse_survivors(kill)
        placet.approvals.revoke(_ids(body.get("approvals")), reason=comment, actor=actor)
        resp.status = falcon.HTTP_202


class Withdrawals:
    """The caller's own request for a profile, by what it is for."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_delete(self, req: falcon.Request, resp: falcon.Response, consumer: str) -> None:
        """Withdraw what the caller has asked for and is still pending."""
        caller = caller_of(req, self._host)
        placet, actor = caller.placet, caller.actor
        named = read_query(req, _Consumed).resourceId
        known = CONSUMERS.get(consumer)
        if known is None:
            raise NotFound(f"there is no consumer {consumer!r}; known are {', '.join(CONSUMERS)}")
        profile, slash, target = named.partition("/")
        if not (profile and slash and target):
            raise _wrong("resourceId", f"is {named!r}; write 'PROFILE/ENVIRONMENT'")
        resource = known.resource(profile, target)
        waiting = placet.approvals.requests(
            status="pending",
            subject=caller.subject,
            permission=known.permission,
            resource=resource,
            actor=actor,
        )
        if not waiting.items:
            raise NotFound(f"no request of {caller.subject} for {resource} is pending")
        for approval in waiting.items:
            placet.approvals.cancel(approval.id, actor=actor)
        resp.status = falcon.HTTP_204


def _page(
    caller: Caller, asked: Asked, statuses: frozenset[ApprovalStatus] | None
) -> Listing[Stored]:
    """The caller's reviews or requests, or all that it may see."""
    approvals = caller.placet.approvals
    if asked.kind == "myApprovals":
        caller.refuse_names("reviewing")
        return approvals.reviews(
            status=statuses,
            permission=asked.permission,
            limit=PAGE,
            after=asked.after,
            actor=caller.actor,
        )
    listed = approvals.requests if asked.kind == "myRequests" else approvals.list
    return listed(
        status=statuses,
        permission=asked.permission,
        subject=caller.named,
        limit=PAGE,
        after=asked.after,
        actor=caller.actor,
    )


def _ids(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(id, str) for id in value):
        raise _wrong("approvals", "is not a list of ids of approvals")
    return tuple(value)


def _refuse_survivors(kill: bool) -> None:
    """Refuse what cannot be promised: access does not outlive the grant that gives it."""
    if not kill:
        raise Unsupported("killSession=false is not offered here: what is revoked ends at once")


def _wrong(name: str, why: str) -> Invalid:
    problem = Problem(name, why)
    return Invalid(f"the body is not right: {problem}", [problem])
