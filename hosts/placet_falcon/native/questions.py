"""May they, or could they? Check, decide, explain, and permits."""

from datetime import datetime
from typing import Annotated, Any, Literal

import falcon
import msgspec

from placet.access.answers import Decision, Explanation
from placet.errors import Invalid
from placet.model import JsonObject
from placet.services.asking import Ask
from placet.services.past import AsOf
from placet.services.questions import Questions as QuestionService
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
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    revision: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None


class _Wanted(msgspec.Struct, frozen=True):
    permission: str
    on: str | None = None
    args: JsonObject = {}
    scope: str | None = None
    properties: JsonObject = {}
    justification: str = ""


class Questions:
    """Questions about the caller, or, with the right to view access, about anybody.

    With `at`, about a moment that is over: that takes the right to see the log.
    """

    _body = Body(_Question)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post_check(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """Yes or no."""
        decision, as_of = self._decision(req)
        answer(resp, {"allowed": decision.allowed, **as_of})

    def on_post_decide(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The outcome with its reasons."""
        decision, as_of = self._decision(req)
        answer(resp, {**msgspec.structs.asdict(decision), **as_of})

    def on_post_explain(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The outcome with everything that it rests on."""
        asking = self._asking(req)
        denied = asking.unregistered()
        if denied is None:
            explained = asking.explained()
        else:
            asked = asking.asked
            explained = Explanation(
                denied.outcome,
                asked.principal or asking.call.actor.principal,
                asked.permission,
                asked.on or "",
                asked.scope or "",
                denied.reasons,
                (),
                denied.revision,
            )
        self._host.decided(explained.outcome)
        answer(resp, {**msgspec.structs.asdict(explained), **asking.as_of})

    def _decision(self, req: falcon.Request) -> tuple[Decision, dict[str, Any]]:
        asking = self._asking(req)
        decision = asking.unregistered() or asking.decided()
        self._host.decided(decision.outcome)
        return decision, asking.as_of

    def _asking(self, req: falcon.Request) -> "_Asking":
        read_query(req, NoQuery)
        return _Asking(call_of(req), self._body.read(req))


class _Asking:
    """A question and whom it is put to: the account as it is, or as it was."""

    def __init__(self, call: Call, asked: _Question) -> None:
        self.call = call
        self.asked = asked
        self._past: AsOf | None = None
        if asked.at is not None:
            self._past = call.placet.audit.as_of(
                asked.at, revision=asked.revision, actor=call.actor
            )
        elif asked.revision is not None:
            raise Invalid("a revision is one of the past; say with `at` what the time was")

    @property
    def as_of(self) -> dict[str, Any]:
        """What an answer says about its moment, where that is not the present."""
        if self._past is None:
            return {}
        return {"as_of": {"at": self._past.at, "revision": self._past.revision}}

    def decided(self) -> Decision:
        """The decision."""
        if self._past is not None:
            return self._past.decide(**msgspec.structs.asdict(self._words))
        return self._questions.decide(
            self._words, consistency=self.asked.consistency, actor=self.call.actor
        )

    def explained(self) -> Explanation:
        """The explanation."""
        if self._past is not None:
            return self._past.explain(**msgspec.structs.asdict(self._words))
        return self._questions.explain(
            self._words, consistency=self.asked.consistency, actor=self.call.actor
        )

    def unregistered(self) -> Decision | None:
        """The denial of a permission that nobody has registered: an answer, not an error."""
        asked, questions = self.asked, self._questions
        if self._past is not None:
            reason = self._past.unregistered(asked.permission)
        else:
            reason = questions.unregistered(asked.permission, consistency=asked.consistency)
        if reason is None:
            return None
        index = questions.view.tenant.index
        revision = index.current().revision if self._past is None else self._past.revision
        return Decision("denied", (reason,), revision)

    @property
    def _questions(self) -> QuestionService:
        return self.call.placet.questions

    @property
    def _words(self) -> Ask:
        asked = self.asked
        return Ask(
            asked.principal or self.call.actor.principal,
            asked.permission,
            asked.on,
            asked.scope,
            asked.properties,
            asked.context,
            asked.action_properties,
        )


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
