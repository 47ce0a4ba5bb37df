"""The Access Evaluation and Access Evaluations APIs."""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import falcon
import msgspec

from placet.access.answers import Decision
from placet.access.snapshot import Snapshot
from placet.errors import AccessDenied, Invalid, PlacetError
from placet.model import JsonObject
from placet.services.asking import Ask
from placet_falcon.authzen.offers import Offers
from placet_falcon.authzen.wire import Evaluation, answer, converted, read
from placet_falcon.authzen.words import AskingAbout, Unknown, Words, snapshot_of
from placet_falcon.errors import MAX_MESSAGE
from placet_falcon.host import Call, Host, call_of

__all__ = ["EvaluationApi", "EvaluationsApi"]

Said = dict[str, Any]
Semantic = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]
MOST = 10_000
_NEEDED = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}
_LAST: dict[Semantic, bool] = {"deny_on_first_deny": False, "permit_on_first_permit": True}


class _Options(msgspec.Struct, frozen=True):
    evaluations_semantic: Semantic = "execute_all"


class _Default(msgspec.Struct, frozen=True):
    """What holds for an entity where an item does not say otherwise; it need not be all of it."""

    type: str = ""
    id: str = ""
    name: str = ""
    properties: JsonObject = {}


class _Batch(msgspec.Struct, frozen=True):
    """The frame of a batch; its items are looked at one by one."""

    evaluations: list[Any] = []
    options: _Options = _Options()
    subject: _Default = _Default()
    action: _Default = _Default()
    resource: _Default = _Default()
    context: JsonObject = {}


class _Deciding:
    """What both APIs have in common. Who asks is known by what the answer is taken from.

    With `offers`, a denial says how to ask for what needs approval.
    """

    by_index = True

    def __init__(self, host: Host, words: Words, offers: Offers | None = None) -> None:
        self._host = host
        self._words = words
        self._offers = offers

    def one(self, call: Call, raw: Said, account: str) -> Said:
        """The answer to a single evaluation. Raises what is wrong with it."""
        said, approval = self._apart(converted(raw, Evaluation))
        asked = self._words.ask(snapshot_of(call), said)
        if isinstance(asked, Unknown):
            AskingAbout(call).authorize(asked.principal)
            return self.shown(call, asked, asked, account)
        if approval is not None:
            return self._again(call, asked, approval, account)
        decision = call.placet.questions.decide(asked, actor=call.actor)
        return self.shown(call, asked, decision, account)

    def asked(self, snapshot: Snapshot, raw: Any) -> Ask | Unknown:
        """The question that an item of a batch is. Raises what is wrong with it."""
        said, _ = self._apart(converted(raw, Evaluation))
        return self._words.ask(snapshot, said)

    def _apart(self, said: Evaluation) -> tuple[Evaluation, str | None]:
        """An evaluation without the approval that it brings along, and the id of that: it belongs
        to the question as little as a credential does.
        """
        if self._offers is None or "approval" not in said.context:
            return said, None
        context = {name: value for name, value in said.context.items() if name != "approval"}
        brought = said.context["approval"]
        id = brought.get("id") if isinstance(brought, dict) else None
        said = msgspec.structs.replace(said, context=context)
        return said, id if isinstance(id, str) else None

    def _again(self, call: Call, asked: Ask, approval: str, account: str) -> Said:
        """The answer to an evaluation that an approval is brought to."""
        found = call.placet.access_requests.reevaluate(asked, approval, actor=call.actor)
        if not found.allowed or found.grant is None:
            return self.shown(call, asked, found.decision, account)
        self._host.decided("allowed")
        until = {"id": approval, "approved_until": found.grant.ends_at}
        return {"decision": True, "context": {"approval": until}}

    def shown(
        self,
        call: Call,
        asked: Ask | Unknown | Invalid,
        said: Decision | Unknown | PlacetError,
        account: str,
    ) -> Said:
        """An answer on the wire."""
        if isinstance(said, Decision):
            self._host.decided(said.outcome)
            if said.allowed:
                return {"decision": True}
            first = said.reasons[0]
            context = _reason(first.code, first.text)
            if said.requestable:
                context["approval_required"] = {"policies": said.policies}
                if self._offers is not None and isinstance(asked, Ask):
                    context |= self._offers.made(call, asked, said, account)
            return {"decision": False, "context": context}
        if isinstance(said, PlacetError):
            status = 403 if isinstance(said, AccessDenied) else 400
            error = {"status": status, "message": said.message[:MAX_MESSAGE]}
            return {"decision": False, "context": {"error": error}}
        self._host.decided("denied")
        return {"decision": False, "context": _reason(said.code, said.text)}


class EvaluationApi(_Deciding):
    """One decision."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str = "") -> None:
        """Yes, or no and why."""
        answer(req, resp, self.one(call_of(req), read(req), account))


class EvaluationsApi(_Deciding):
    """Many decisions, as of one moment, each on its own."""

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str = "") -> None:
        """An answer for each item in their order, up to the one that the semantic stops at."""
        call, raw = call_of(req), read(req)
        batch = converted(raw, _Batch)
        if not batch.evaluations:
            answer(req, resp, self.one(call, raw, account))
            return
        if len(batch.evaluations) > MOST:
            raise Invalid(f"evaluations has {len(batch.evaluations)} items; {MOST} is the most")
        snapshot = snapshot_of(call)

        def questions() -> Iterator[Ask | Unknown | Invalid]:
            for item in batch.evaluations:
                try:
                    yield self.asked(snapshot, _filled(item, raw))
                except Invalid as error:
                    yield error

        last = _LAST.get(batch.options.evaluations_semantic)
        rows = []
        for asked, said in _verdicts(call, questions()):
            rows.append(self.shown(call, asked, said, account))
            if rows[-1]["decision"] is last:
                break
        answer(req, resp, {"evaluations": rows})


def _verdicts(
    call: Call, questions: Iterable[Ask | Unknown | Invalid]
) -> Iterator[tuple[Ask | Unknown | Invalid, Decision | Unknown | PlacetError]]:
    """Each question in their order, and its answer; those to the engine are of one moment."""
    waiting: deque[Ask] = deque()
    answers = call.placet.questions.answers(iter(waiting.popleft, None), actor=call.actor)
    asking = AskingAbout(call)
    for question in questions:
        if isinstance(question, Ask):
            waiting.append(question)
            yield question, next(answers)
        elif isinstance(question, Unknown):
            try:
                asking.authorize(question.principal)
            except AccessDenied as error:
                yield question, error
            else:
                yield question, question
        else:
            yield question, question


def _filled(item: Any, defaults: Said) -> Any:
    """An item with the defaults in it: each entity as a whole, and of one that the item does say,
    what it has to have and leaves out.
    """
    if not isinstance(item, dict):
        return item
    filled = {}
    for name, needed in _NEEDED.items():
        entity, default = item.get(name, defaults.get(name)), defaults.get(name)
        if isinstance(entity, dict) and isinstance(default, dict):
            lacking = {key: default[key] for key in needed if key in default}
            entity = {**lacking, **entity}
        if name in item or name in defaults:
            filled[name] = entity
    if "context" in item or "context" in defaults:
        filled["context"] = item.get("context", defaults.get("context"))
    return filled


def _reason(code: str, text: str) -> Said:
    """A reason object of the specification; it is for administrators, who may see it."""
    return {"id": code, "reason_admin": {"en": text[:MAX_MESSAGE]}}
