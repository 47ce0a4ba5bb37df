"""What happens around every request, whichever surface it belongs to."""

import random
import re
import time
from typing import Any

import falcon

from placet import at_least
from placet.errors import AccessDenied
from placet.services.consistency import snapshot_of
from placet_falcon.authentication import Authenticator
from placet_falcon.decoding import refuse_controls, too_large
from placet_falcon.host import Call, Host
from placet_falcon.logs import LogRequest
from placet_falcon.paths import routed_path, segment_text

__all__ = ["CONSISTENCY_TOKEN", "Addressing", "Authenticating", "Freshening", "Recording"]

CONSISTENCY_TOKEN = "Placet-Consistency-Token"  # noqa: S105  # a name, no token
"""The header in which a consistency token comes and goes."""
_TOKEN_SENT = "HTTP_PLACET_CONSISTENCY_TOKEN"  # noqa: S105  # a name, no token

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_NO_ROUTE = "(none)"


class Recording:
    """Gives every request an id, and writes one line and one measurement about each.

    The line holds the template of the path, never the path: ids stay out of logs, and what a client
    may have put into an address as well.
    """

    def __init__(self, host: Host, log_request: LogRequest) -> None:
        self._host = host
        self._log_request = log_request

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Name the request, as its sender did if that is printable ASCII."""
        context = req.context
        context.started = time.perf_counter()
        sent = req.env.get("HTTP_X_REQUEST_ID")
        named = sent if sent and _REQUEST_ID.fullmatch(sent) else _new_id()
        context.request_id = named
        context.max_body_bytes = self._host.settings.max_body_bytes
        # Whoever answers may say otherwise.
        resp.set_headers(
            (
                ("X-Request-ID", named),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            )
        )

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        """Write down how it went."""
        seconds = time.perf_counter() - req.context.started
        method = req.method if req.method in falcon.HTTP_METHODS else "OTHER"
        route = (req.uri_template or _NO_ROUTE) if resource is not None else _NO_ROUTE
        status = resp.status_code
        self._host.metrics.answered(method, route, status, seconds)
        said: dict[str, Any] = {
            "method": method,
            "path": route,
            "status": status,
            "ms": round(seconds * 1000, 3),
            "request_id": req.context.request_id,
        }
        call: Call | None = getattr(req.context, "call", None)
        if call is not None:
            said["account"] = call.placet.account
            said["principal"] = call.actor.principal
        self._log_request(said)


def _new_id() -> str:
    """An id that nobody else has; it is no secret, so that the system need not be asked."""
    return f"{random.getrandbits(128):032x}"


class Addressing:
    """Routes by what was meant: trailing slashes off, names whole, HEAD like GET; not too long."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Rewrite path and method before the router sees them. Raises HTTPContentTooLarge."""
        req.path = routed_path(req.env)
        if req.method == "HEAD":
            req.context.head = True
            req.method = "GET"
        if (req.content_length or 0) > req.context.max_body_bytes:
            raise too_large(req.context.max_body_bytes)

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        """Say HEAD again, so that the answer has headers only."""
        if getattr(req.context, "head", False):
            req.method = "HEAD"


class Authenticating:
    """Nobody reaches a resource of a surface unknown, and nobody in another's account."""

    def __init__(self, host: Host, authenticator: Authenticator) -> None:
        self._host = host
        self._authenticator = authenticator

    def process_resource(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,
        params: dict[str, Any],
    ) -> None:
        """Put the `Call` into the context. Raises HTTPUnauthorized or AccessDenied."""
        for name, value in params.items():
            params[name] = segment_text(value)
        surface = self._host.surface_of(req.path)
        if surface is None or getattr(resource, "public", False):
            return
        named = surface.account(req, params)
        # Who wants an answer that is no older than a token is known no less freshly.
        by_index = getattr(resource, "by_index", False) and _TOKEN_SENT not in req.env
        caller = self._authenticator.caller(
            self._host.authentication(), req, named, by_index=by_index
        )
        if named is not None and named != caller.account:
            # The same whether or not there is such an account.
            raise AccessDenied(
                f"these credentials are of account {caller.account!r}, not of {named!r}"
            )
        for name, value in params.items():
            refuse_controls(name, value)
        req.context.call = Call(self._host.account(caller.account), caller.actor)


class Freshening:
    """Nobody who brings a consistency token is answered from less than it stands for.

    An index only ever goes forward: once it has reached the token, whatever is asked of it in this
    request, through whichever surface, is answered from there or later.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    def process_resource(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        resource: object,
        params: dict[str, Any],
    ) -> None:
        """Bring the index to the token. Raises Invalid for one that is none of the account's,
        Unavailable where the store does not get there in time.
        """
        call: Call | None = getattr(req.context, "call", None)
        token = req.env.get(_TOKEN_SENT)
        if call is not None and token is not None:
            wanted = at_least(token, self._host.settings.catch_up_s)
            snapshot_of(call.placet.questions.view.tenant, wanted)

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        """Give out the token of what is known now: after a write, that is in it."""
        call: Call | None = getattr(req.context, "call", None)
        if call is not None and req_succeeded and req.method != "GET":
            resp.set_header(CONSISTENCY_TOKEN, call.placet.token())
