"""May they? Check, decide, explain, and permits."""

from typing import Literal

import falcon
import msgspec

from placet.access.answers import Decision, Explanation
from placet.model import JsonObject
from placet.services.asking import Ask
from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.host import Call, Host, call_of
from placet_falcon.native.answers import answer

__all__ = ["Permits", "Questions"]


class _Question(msgspec.Struct, frozen=True):
    permission: str
    principal: str | None = None
    on: str | None = None
    scope: str | None = None
    properties: JsonObject = {}
    context: JsonObject = {}
    action_properties: JsonObject = {}
    consistency: Literal["minimize_latency", "latest"] = "minimize_latency"


class _Wanted(msgspec.Struct, frozen=True):
    permission: str
    on: str | None = None
    args: JsonObject = {}
    scope: str | None = None
    properties: JsonObject = {}
    justification: str = ""


class Questions:
    """Questions about the caller, or, with the right to view access, about anybody."""

    _body = Body(_Question)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post_check(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Yes or no."""
        answer(resp, {"allowed": self._decision(req).allowed})

    def on_post_decide(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The outcome with its reasons."""
        answer(resp, self._decision(req))

    def on_post_explain(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The outcome with everything that it rests on."""
        call, asked = self._asked(req)
        denied = self._unregistered(call, asked)
        if denied is None:
            explained = call.placet.questions.explain(
                _words(call, asked), consistency=asked.consistency, actor=call.actor
            )
        else:
            explained = Explanation(
                denied.outcome,
                asked.principal or call.actor.principal,
                asked.permission,
                asked.on or "",
                asked.scope or "",
                denied.reasons,
                (),
                denied.revision,
            )
        self._host.decided(explained.outcome)
        answer(resp, explained)

    def _decision(self, req: falcon.Request) -> Decision:
        call, asked = self._asked(req)
        decision = self._unregistered(call, asked) or call.placet.questions.decide(
            _words(call, asked), consistency=asked.consistency, actor=call.actor
        )
        self._host.decided(decision.outcome)
        return decision

    def _asked(self, req: falcon.Request) -> tuple[Call, _Question]:
        read_query(req, NoQuery)
        return call_of(req), self._body.read(req)

    def _unregistered(self, call: Call, asked: _Question) -> Decision | None:
        """The denial of a permission that nobody has registered: an answer, not an error."""
        questions = call.placet.questions
        reason = questions.unregistered(asked.permission, consistency=asked.consistency)
        if reason is None:
            return None
        return Decision("denied", (reason,), questions.view.tenant.index.current().revision)


class Permits:
    """The way on: at once, with a pass, or not yet."""

    _body = Body(_Wanted)

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A permit, its pass taken; 403 with the approval that is waited for."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        wanted = self._body.read(req)
        permit = placet.permits.permit(
            wanted.permission,
            wanted.on,
            wanted.args,
            scope=wanted.scope,
            properties=wanted.properties,
            justification=wanted.justification,
            origin="native",
            actor=actor,
        )
        answer(resp, permit)


def _words(call: Call, asked: _Question) -> Ask:
    return Ask(
        asked.principal or call.actor.principal,
        asked.permission,
        asked.on,
        asked.scope,
        asked.properties,
        asked.context,
        asked.action_properties,
    )
