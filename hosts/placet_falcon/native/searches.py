"""Many questions at once, and check turned around: who can, what can, which, and the filter."""

from typing import Annotated, Any, Literal

import falcon
import msgspec

from placet.access.answers import Decision
from placet.errors import Invalid, PlacetError
from placet.model import JsonObject
from placet.refs import PrincipalKind
from placet.services.asking import Ask
from placet_falcon.decoding import Body, NoQuery, read_query
from placet_falcon.errors import failure_of
from placet_falcon.host import Call, Host, call_of
from placet_falcon.native.answers import answer

__all__ = ["Batches", "Searches"]

Consistency = Literal["minimize_latency", "latest"]
MOST = 10_000


class _Item(msgspec.Struct, frozen=True):
    permission: str
    principal: str | None = None
    on: str | None = None
    scope: str | None = None
    properties: JsonObject = {}
    context: JsonObject = {}
    action_properties: JsonObject = {}


class _Batch(msgspec.Struct, frozen=True):
    questions: Annotated[tuple[_Item, ...], msgspec.Meta(max_length=MOST)]
    consistency: Consistency = "minimize_latency"


class _Who(msgspec.Struct, frozen=True):
    permission: str
    on: str | None = None
    scope: str | None = None
    kinds: tuple[PrincipalKind, ...] = ("user", "service_account")
    properties: JsonObject = {}
    context: JsonObject = {}
    action_properties: JsonObject = {}
    limit: int = 100
    after: str | None = None
    consistency: Consistency = "minimize_latency"


class _What(msgspec.Struct, frozen=True):
    principal: str | None = None
    on: str | None = None
    scope: str | None = None
    properties: JsonObject = {}
    context: JsonObject = {}
    action_properties: JsonObject = {}
    consistency: Consistency = "minimize_latency"


class _Which(msgspec.Struct, frozen=True):
    permission: str
    principal: str | None = None
    scope: str | None = None
    context: JsonObject = {}
    action_properties: JsonObject = {}
    limit: int = 100
    after: str | None = None
    consistency: Consistency = "minimize_latency"


class _Filter(msgspec.Struct, frozen=True):
    permission: str
    principal: str | None = None
    context: JsonObject = {}
    action_properties: JsonObject = {}
    consistency: Consistency = "minimize_latency"


class Batches:
    """Many questions, each answered on its own, all as of one moment."""

    _body = Body(_Batch)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A decision, or an error, for each question, in their order."""
        call = _call(req)
        asked = self._body.read(req)
        answers = call.placet.questions.answers(
            (
                Ask(
                    item.principal or call.actor.principal,
                    item.permission,
                    item.on,
                    item.scope,
                    item.properties,
                    item.context,
                    item.action_properties,
                )
                for item in asked.questions
            ),
            consistency=asked.consistency,
            actor=call.actor,
        )
        answer(resp, {"answers": [self._row(req, said) for said in answers]})

    def _row(self, req: falcon.Request, said: Decision | PlacetError) -> Any:
        if isinstance(said, Decision):
            self._host.decided(said.outcome)
            return {"allowed": said.allowed, "outcome": said.outcome, "reasons": said.reasons}
        failure = failure_of(said, req)
        return {
            "allowed": False,
            "error": {"code": failure.code, "message": failure.message},
        }


class Searches:
    """Questions about everybody, with the right to view access, and about the caller."""

    _who = Body(_Who)
    _what = Body(_What)
    _which = Body(_Which)
    _filter = Body(_Filter)

    def on_post_who_can(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A page of those who may."""
        call, asked = _call(req), self._who.read(req)
        said = msgspec.structs.asdict(asked)
        answer(resp, call.placet.searches.who_can(**said, actor=call.actor))

    def on_post_what_can(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The permissions that somebody has on a resource, a type, or every type."""
        call, asked = _call(req), self._what.read(req)
        said = _about(call, asked)
        answer(resp, {"permissions": call.placet.searches.what_can(**said, actor=call.actor)})

    def on_post_which(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A page of the catalogue's resources that somebody may act on."""
        call, asked = _call(req), self._which.read(req)
        answer(resp, call.placet.searches.which(**_about(call, asked), actor=call.actor))

    def on_post_filter(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """The rows that somebody may act on, as a tree to translate."""
        call, asked = _call(req), self._filter.read(req)
        filter = call.placet.searches.filter(**_about(call, asked), actor=call.actor)
        answer(resp, filter.as_dict())


def _call(req: falcon.Request) -> Call:
    read_query(req, NoQuery)
    return call_of(req)


def _about(call: Call, asked: _What | _Which | _Filter) -> dict[str, Any]:
    """The words of a question; without a principal the caller is meant."""
    said = msgspec.structs.asdict(asked)
    if asked.principal == "":
        raise Invalid("principal is empty; leave it out to ask about yourself")
    said["principal"] = asked.principal or call.actor.principal
    return said
