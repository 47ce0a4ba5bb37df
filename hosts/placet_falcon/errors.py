"""From an exception to an answer: one table, and the host's own shape of an error.

A surface that speaks like its vendor has a shape of its own, and starts from the same `Failure`.
"""

import logging
from collections.abc import Mapping
from typing import Any

import falcon
import msgspec

from placet.errors import (
    AccessDenied,
    AlreadyExists,
    ApprovalRequired,
    Conflict,
    Corrupt,
    Invalid,
    InvalidState,
    NotFound,
    PlacetError,
    Problem,
    StoreError,
    Unavailable,
)

__all__ = ["Failure", "failure_document", "failure_of", "unauthenticated", "write_failure"]

_log = logging.getLogger("placet_falcon.errors")

TABLE: Mapping[type[PlacetError], tuple[int, str]] = {
    NotFound: (404, "not_found"),
    AlreadyExists: (409, "already_exists"),
    Invalid: (400, "invalid"),
    AccessDenied: (403, "access_denied"),
    ApprovalRequired: (403, "approval_required"),
    Conflict: (409, "conflict"),
    InvalidState: (409, "invalid_state"),
    Unavailable: (503, "unavailable"),
    StoreError: (503, "unavailable"),
    Corrupt: (500, "corrupt"),
}
"""Class of an error -> status and code; a subclass counts as the nearest class named here."""

_HTTP_CODES: Mapping[int, str] = {
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
MAX_MESSAGE = 2000
"""Characters of a message: one that quotes what was sent must not send it all back."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, in the terms of HTTP: what every surface makes its own shape from.

    `error` is the exception itself, for a surface whose shape says more than its class and words.
    """

    status: int
    code: str
    message: str
    request_id: str
    error: Exception
    headers: Mapping[str, str] = {}
    problems: tuple[Problem, ...] = ()
    approval: Mapping[str, Any] | None = None
    details: Mapping[str, Any] = {}


def unauthenticated() -> falcon.HTTPUnauthorized:
    """The one answer to every caller who is not known, for whatever reason."""
    return falcon.HTTPUnauthorized(
        description="nobody is known by these credentials; send a token (x-api-key, or "
        "Authorization: Bearer) or Authorization: Basic",
        challenges=['Bearer realm="placet"', 'Basic realm="placet", charset="UTF-8"'],
    )


def failure_of(error: Exception, req: falcon.Request) -> Failure:
    """What an exception means to the caller. What is nobody's business goes to the log only."""
    request_id: str = req.context.request_id
    if isinstance(error, falcon.HTTPError):
        return Failure(
            status=error.status_code,
            code=_HTTP_CODES.get(error.status_code, "invalid"),
            message=_cut(error.description or _spoken(error, req)),
            request_id=request_id,
            error=error,
            headers=dict(error.headers or {}),
        )
    if not isinstance(error, PlacetError):
        _log.error(
            "request %s failed: %s", request_id, type(error).__name__, exc_info=error,
            extra={"placet": {"request_id": request_id}},
        )  # fmt: skip
        return _hidden(500, "internal", "something went wrong here", request_id, error)
    status, code = next(TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    if isinstance(error, StoreError):
        _log.error(
            "request %s: %s", request_id, error.message, exc_info=error,
            extra={"placet": {"request_id": request_id}},
        )  # fmt: skip
        if isinstance(error, Corrupt):
            return _hidden(status, code, "what is stored cannot be read", request_id, error)
        return Failure(
            status=status,
            code=code,
            message="the service cannot answer right now; try again in a moment",
            request_id=request_id,
            error=error,
            headers={"Retry-After": "1"},
        )
    if isinstance(error, Conflict) and req.get_header("If-Match") is not None:
        status = 412
    return Failure(
        status=status,
        code=code,
        message=_cut(error.message),
        request_id=request_id,
        error=error,
        problems=error.problems if isinstance(error, Invalid) else (),
        approval=error.as_dict() if isinstance(error, ApprovalRequired) else None,
        details=error.details if isinstance(error, InvalidState) else {},
    )


def failure_document(failure: Failure) -> dict[str, Any]:
    """The host's own shape, which is the native surface's as well."""
    said: dict[str, Any] = {"code": failure.code, "message": failure.message}
    if failure.problems:
        said["problems"] = [
            {"path": problem.path, "message": _cut(problem.message)} for problem in failure.problems
        ]
    if failure.approval is not None:
        said["approval"] = failure.approval
    if failure.details:
        said["details"] = failure.details
    said["request_id"] = failure.request_id
    return {"error": said}


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Answer with it."""
    resp.status = falcon.code_to_http_status(failure.status)
    resp.data = msgspec.json.encode(failure_document(failure))
    resp.content_type = falcon.MEDIA_JSON


def _hidden(status: int, code: str, said: str, request_id: str, error: Exception) -> Failure:
    message = f"{said}; the log of the service says more under request {request_id}"
    return Failure(status=status, code=code, message=message, request_id=request_id, error=error)


def _spoken(error: falcon.HTTPError, req: falcon.Request) -> str:
    if error.status_code == 404:
        return "there is nothing at this address"
    if error.status_code == 405:
        allowed = (error.headers or {}) if isinstance(error.headers, Mapping) else {}
        return f"{req.method} cannot be done here; this address takes {allowed.get('Allow', '')}"
    return error.title or falcon.code_to_http_status(error.status)


def _cut(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}..."
