"""The story that `placet demo` plays: deny, request, review, allow, audit; over HTTP only.

Nothing here prints. Each scene says what came back, and raises `Unexpected` if that is not what
the story says: the demo is a test of the server that it plays on.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from placet_cli.remote import Answer, Server

__all__ = ["ACCOUNT", "BASE", "PEOPLE", "Call", "Scene", "Unexpected", "play"]

ACCOUNT = "demo"
PEOPLE = ("sam", "dana", "olga")
BASE = f"/placet/v1/accounts/{ACCOUNT}"
"""What comes before the path of every call."""


class Unexpected(Exception):
    """An answer that is not the one of the story."""


class Call(msgspec.Struct, frozen=True):
    """One request as somebody made it, what came back, and what that says in short."""

    who: str
    method: str
    path: str
    body: Any
    status: int
    answer: Any
    short: str


class Scene(msgspec.Struct, frozen=True):
    """A step of the story: what happens, in words, and the calls that it takes."""

    title: str
    calls: tuple[Call, ...]


def play(server: Server, tokens: Mapping[str, str]) -> Iterator[Scene]:
    """Play the story on a server that serves `demo.toml`; `tokens` by the names of `PEOPLE`.

    Raises Unexpected at the first answer that is another one, Unavailable where none comes.
    """
    stage = _Stage(server, tokens)
    yield from _four_eyes(stage)
    yield from _elevation(stage)
    yield from _audit(stage)


def _four_eyes(stage: "_Stage") -> Iterator[Scene]:
    pay = {"permission": "invoice.pay", "on": "invoice:7", "args": {"amount": 900}}

    wanted = stage.call("sam", "POST", "/permits", pay, expect=403, code="approval_required")
    yield Scene("Sam, a clerk, wants to pay invoice 7: not alone", (wanted,))
    approval = wanted.answer["error"]["approval"]["approval"]

    path = f"/approvals/{approval}"
    why = stage.call("sam", "GET", f"{path}/explanation", short=_why)
    _hold(why, why.answer["status"] == "pending")
    yield Scene("A request was opened for him. Who can say yes?", (why,))

    yes = {"verdict": "approve", "comment": "matches the order"}
    own = stage.call("sam", "POST", f"{path}/reviews", yes, expect=403, code="access_denied")
    yield Scene("Sam says yes to himself: nobody reviews their own request", (own,))

    other = stage.call("dana", "POST", f"{path}/reviews", yes, short=_status)
    _hold(other, other.answer["status"] == "approved")
    yield Scene("Dana, of finance, says yes", (other,))

    first = stage.call("sam", "POST", "/permits", pay, short=_permit)
    _hold(first, first.answer.get("approval") == approval and bool(first.answer.get("grant")))
    yield Scene("Sam tries again: he may, and the pass is taken", (first,))

    second = stage.call("sam", "POST", "/permits", pay, expect=403, code="approval_required")
    _hold(second, second.answer["error"]["approval"]["approval"] != approval)
    yield Scene("And once more: a yes is good for one payment", (second,))


def _elevation(stage: "_Stage") -> Iterator[Scene]:
    export = {"permission": "ledger.export", "on": "ledger:2026"}
    before = stage.call("sam", "POST", "/check", export, short=_allowed)
    _hold(before, before.answer["allowed"] is False)
    asked = stage.call(
        "sam",
        "POST",
        "/approvals",
        {**export, "justification": "the auditors asked for it"},
        expect=201,
        short=_status,
    )
    approved = stage.call(
        "dana",
        "POST",
        f"/approvals/{asked.answer['id']}/reviews",
        {"verdict": "approve"},
        short=_status,
    )
    _hold(approved, approved.answer["status"] == "approved")
    after = stage.call("sam", "POST", "/check", export, short=_allowed)
    _hold(after, after.answer["allowed"] is True)
    yield Scene(
        "A right that Sam does not hold: he asks, and has it for an hour",
        (before, asked, approved, after),
    )


def _audit(stage: "_Stage") -> Iterator[Scene]:
    query = urlencode({"principal": "user:dana", "limit": 20})
    events = stage.call("olga", "GET", f"/audit/events?{query}", short=_events)
    _hold(events, len(events.answer["items"]) >= 2)
    chain = stage.call("olga", "GET", "/audit/verification", short=_chain)
    _hold(chain, chain.answer["ok"] is True)
    yield Scene("Olga, the auditor: what has Dana done, and is the log intact?", (events, chain))


class _Stage:
    """Makes the calls, and checks their status."""

    def __init__(self, server: Server, tokens: Mapping[str, str]) -> None:
        self._server = server
        self._tokens = tokens

    def call(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 200,
        code: str = "",
        short: Callable[[Any], str] | None = None,
    ) -> Call:
        """One call by `who`, whose answer has the status `expect` and, refused, this code."""
        raw = None if body is None else msgspec.json.encode(body)
        answer = self._server.call(method, BASE + path, raw, token=self._tokens[who])
        text = _said(answer) if short is None or answer.status != expect else short(answer.body)
        call = Call(who, method, path, body, answer.status, answer.body, text)
        _hold(call, answer.status == expect and (not code or _code(answer) == code))
        return call


def _hold(call: Call, so: bool) -> None:
    if not so:
        raise Unexpected(
            f"{call.who}'s {call.method} {call.path} was answered {call.status}, "
            f"not as the story has it: {call.short}"
        )


def _code(answer: Answer) -> str:
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _said(answer: Answer) -> str:
    if code := _code(answer):
        return f"{code}: {answer.body['error'].get('message', '')}"
    return str(answer.body)[:200]


def _why(body: Any) -> str:
    return f"{body['status']}: {body['why']}"


def _status(body: Any) -> str:
    return f"approval {body['id']} is {body['status']}"


def _permit(body: Any) -> str:
    return f"permitted, with pass {body['grant']}"


def _allowed(body: Any) -> str:
    return "allowed" if body["allowed"] else "not allowed"


def _events(body: Any) -> str:
    kinds = ", ".join(event["kind"] for event in body["items"])
    return f"{len(body['items'])} events: {kinds}"


def _chain(body: Any) -> str:
    return f"the chain of {body['events']} events holds; its head is {body['head'][:16]}..."
