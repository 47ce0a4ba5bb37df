"""The access request endpoint of the profile, and that of a task."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Annotated, Any

import falcon
import msgspec

from placet.catalogue import OPERATIONS
from placet.errors import (
    AccessDenied,
    AlreadyExists,
    Invalid,
    InvalidState,
    NotFound,
    PlacetError,
)
from placet.model import JsonObject
from placet.refs import parse_principal
from placet.services.access_requests import MAX_WISHES, Wish
from placet_falcon.authzen.offers import Offers, Taken
from placet_falcon.authzen.problems import Problem
from placet_falcon.authzen.tasks import Tasks, unknown
from placet_falcon.authzen.wire import Action, Entity, Evaluation, answer, converted, read
from placet_falcon.authzen.words import Unknown, Words, snapshot_of
from placet_falcon.host import Call, call_of

__all__ = ["AccessRequestApi", "TaskApi"]

_FOR_OTHERS = OPERATIONS["approvals.request_for"].permission


class _Denial(msgspec.Struct, frozen=True):
    binding_token: str = ""
    evaluation_id: str = ""


class _Wanted(msgspec.Struct, frozen=True):
    requested_until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    emergency: bool = False


class _Item(msgspec.Struct, frozen=True):
    resource: Entity
    action: Action
    denial: _Denial | None = None
    requested_access: JsonObject = {}


class _Actor(msgspec.Struct, frozen=True):
    id: str
    act: JsonObject | None = None


class _Client(msgspec.Struct, frozen=True):
    actor: _Actor | None = None


class _Submission(msgspec.Struct, frozen=True):
    subject: Entity
    resource: Entity | None = None
    action: Action | None = None
    items: list[_Item] | None = None
    context: JsonObject = {}
    denial: _Denial | None = None
    requested_access: JsonObject = {}
    client: _Client = _Client()
    callback: JsonObject | None = None


class _Cancellation(msgspec.Struct, frozen=True):
    reason: str = ""
    comment: str = ""


class AccessRequestApi:
    """Asking for what was denied."""

    def __init__(self, words: Words, offers: Offers, tasks: Tasks) -> None:
        self._words = words
        self._offers = offers
        self._tasks = tasks

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str = "") -> None:
        """A task: 202 while it is pending, 201 where it has been decided at once."""
        call, said = call_of(req), converted(read(req), _Submission)
        if said.callback is not None:
            raise Invalid("callback: nobody is called back here; ask task.status_endpoint")
        _refuse_other_actor(said.client.actor, call)
        items = _items(said)
        taken = [self._taken(call, said, item) for item in items]
        wishes = [
            _wish(one, {**said.requested_access, **item.requested_access}, f"items[{at}]")
            for at, (one, item) in enumerate(zip(taken, items, strict=True))
        ]
        why = said.context.get("business_justification")
        try:
            requested = call.placet.access_requests.request(
                wishes,
                justification=why if isinstance(why, str) else "",
                origin="authzen",
                offered_until=min(one.until for one in taken),
                idempotency_key=req.get_header("Idempotency-Key"),
                actor=call.actor,
            )
        except PlacetError as error:
            raise _refused(error) from error
        task = self._tasks.said(call, requested, account, bundle=said.items is not None)
        answer(req, resp, task)
        resp.location = task["task"]["status_endpoint"]
        pending = task["task"]["status"] == "pending"
        resp.status = falcon.HTTP_202 if pending else falcon.HTTP_201

    def _taken(self, call: Call, said: _Submission, item: _Item) -> Taken:
        """What was denied, of one item. Raises the problem that it is not this."""
        asked = self._words.ask(
            snapshot_of(call), Evaluation(said.subject, item.action, item.resource, said.context)
        )
        denial = item.denial or said.denial
        if denial is None or not denial.binding_token:
            raise Problem(
                "invalid_denial_binding",
                "there is no denial.binding_token; it is in context.access_request of the denial",
            )
        if isinstance(asked, Unknown):
            raise Problem("not_requestable", asked.text)
        return self._offers.taken(call, denial.binding_token, asked, denial.evaluation_id)


class TaskApi:
    """A task: how it stands, and ending it. Who may not know of it learns nothing."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, task: str, account: str = ""
    ) -> None:
        """How it stands; nothing is decided by looking."""
        call = call_of(req)
        ids, bundle = self._tasks.named(task)
        try:
            requested = call.placet.access_requests.get(ids, actor=call.actor)
        except NotFound:
            raise unknown() from None
        answer(req, resp, self._tasks.said(call, requested, account, bundle=bundle))

    def on_post_cancel(
        self, req: falcon.Request, resp: falcon.Response, task: str, account: str = ""
    ) -> None:
        """End what is pending of it."""
        call = call_of(req)
        ids, bundle = self._tasks.named(task)
        said = converted(read(req) if req.content_length else {}, _Cancellation)
        reason = ": ".join(part for part in (said.reason, said.comment) if part)
        try:
            requested = call.placet.access_requests.cancel(ids, reason=reason, actor=call.actor)
        except NotFound:
            raise unknown() from None
        except InvalidState as error:
            raise Problem("invalid_task_state", error.message) from None
        answer(req, resp, self._tasks.said(call, requested, account, bundle=bundle))


def _items(said: _Submission) -> list[_Item]:
    """What is asked for, one thing or several."""
    if said.items is None:
        if said.resource is None or said.action is None:
            raise Invalid("the request has no resource and action; send both, or items")
        return [_Item(said.resource, said.action)]
    if said.resource is not None or said.action is not None:
        raise Invalid("the request has items, and resource or action as well; send one of the two")
    if not 1 <= len(said.items) <= MAX_WISHES:
        raise Invalid(f"items has {len(said.items)} entries; it goes from 1 to {MAX_WISHES}")
    return said.items


def _wish(taken: Taken, wanted: Mapping[str, Any], where: str) -> Wish:
    asked = converted(wanted, _Wanted)
    labels = {
        "authzen.evaluation": taken.evaluation,
        "authzen.revision": str(taken.revision),
    }
    if asked.emergency:
        labels["authzen.emergency"] = "true"
    if asked.requested_until is None:
        return Wish(taken.ask, None, labels)
    # From the denial on, so that the same request sent again asks for the same time.
    seconds = ceil((asked.requested_until - taken.evaluated_at).total_seconds())
    if seconds < 1:
        raise Invalid(f"{where}.requested_access.requested_until is not after the denial")
    return Wish(taken.ask, seconds, labels)


def _refuse_other_actor(actor: _Actor | None, call: Call) -> None:
    """Refuse a chain of actors that is more than the credential of the caller says."""
    if actor is None:
        return
    caller = call.actor.principal
    if actor.act is not None or actor.id not in (caller, parse_principal(caller).id):
        raise Invalid(
            "client.actor is not who sends this; a chain of actors cannot be verified here: leave "
            "it out, or send the request with the actor's own credential"
        )


def _refused(error: PlacetError) -> Exception:
    """The problem that a refusal of the service is, or the refusal where it has no name here."""
    if isinstance(error, AlreadyExists):
        return Problem("duplicate_request", error.message)
    if isinstance(error, InvalidState):
        expired = error.details.get("outcome") == "expired"
        return Problem("expired_denial" if expired else "not_requestable", error.message)
    if isinstance(error, AccessDenied) and error.permission != _FOR_OTHERS:
        return Problem("not_requestable", error.message)
    return error
