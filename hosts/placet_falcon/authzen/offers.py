"""What a denial says of asking for approval, and what an access request brings of it.

A denial stores nothing: who was denied what, until when that may be asked for, and as of which
revision, is in a token with a MAC, and the request has to be the very one that was denied.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from placet.access.answers import Decision
from placet.clock import from_milliseconds, milliseconds
from placet.errors import Invalid
from placet.services.asking import Ask
from placet.services.question_cursors import question_digest
from placet.services.signing import Signer
from placet_falcon.authzen.problems import Problem
from placet_falcon.host import Call, Host

__all__ = ["REQUESTS", "Offers", "Taken", "prefix_of"]

REQUESTS = "/access/v1/requests"
FRESH = timedelta(minutes=10)
"""How long after a denial it can be asked for what was denied."""
_TITLE = "This needs approval"


class _Bound(msgspec.Struct, frozen=True, array_like=True):
    """What a token holds: the moment in milliseconds, the revision, which evaluation it was, the
    members of its context, and a digest of the caller and the question.
    """

    until: int
    revision: int
    evaluation: str
    members: tuple[str, ...]
    digest: str


class Taken(NamedTuple):
    """A question that was denied: as it was asked then, which evaluation that was, at what moment
    and revision, and until when it may be asked for.
    """

    ask: Ask
    evaluation: str
    evaluated_at: datetime
    revision: int
    until: datetime


class Offers:
    """Makes offers, and takes them up again."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._signer = Signer(host.settings.secret_keys, "authzen access request")

    def made(self, call: Call, asked: Ask, decision: Decision, account: str) -> Mapping[str, Any]:
        """What the context of a denial says besides; nothing where it cannot be asked for."""
        if not call.placet.access_requests.offers(asked, decision):
            return {}
        now = call.placet.questions.view.tenant.clock.now()
        members = tuple(sorted(asked.context or {}))
        evaluation = secrets.token_urlsafe(16)
        bound = _Bound(
            milliseconds(now + FRESH),
            decision.revision,
            evaluation,
            members,
            _digest(call, evaluation, asked),
        )
        path = prefix_of(account) + REQUESTS
        return {
            "evaluation_id": evaluation,
            "evaluated_at": now,
            "reason": "approval_required",
            "access_request": {
                "endpoint": self._host.address(path, call.placet.account),
                "expires_at": from_milliseconds(bound.until),
                "binding_token": self._signer.sealed(msgspec.json.encode(bound)),
                "display": {"title": _TITLE},
            },
        }

    def taken(self, call: Call, token: str, asked: Ask, evaluation: str) -> Taken:
        """The question that was denied, of which `asked` is the repetition: what its context has
        more is not part of it. `evaluation` is what the request calls it, "" for nothing.

        Raises the problem that the two do not belong together, or that it is not from here.
        """
        try:
            content = self._signer.opened(token, "binding_token")
            bound = msgspec.json.decode(content, type=_Bound)
        except (Invalid, msgspec.MsgspecError):
            raise Problem(
                "invalid_denial_binding", "denial.binding_token is not one that was given out here"
            ) from None
        context = asked.context or {}
        repeated = {name: context[name] for name in bound.members if name in context}
        asked = msgspec.structs.replace(asked, context=repeated)
        if evaluation not in ("", bound.evaluation) or bound.digest != _digest(
            call, bound.evaluation, asked
        ):
            raise Problem(
                "invalid_denial_binding",
                "the denial is of another evaluation: of another caller, subject, action, resource "
                "or context",
            )
        until = from_milliseconds(bound.until)
        return Taken(asked, bound.evaluation, until - FRESH, bound.revision, until)


def prefix_of(account: str) -> str:
    """What stands before a path that names an account."""
    return f"/t/{account}" if account else ""


def _digest(call: Call, evaluation: str, asked: Ask) -> str:
    # What is said of the subject counts for nothing, or else there is no offer.
    asked = msgspec.structs.replace(asked, subject_properties=None)
    return question_digest(call.placet.account, call.actor.principal, evaluation, asked)
