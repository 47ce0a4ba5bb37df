"""Errors as this vendor's clients read them.

Three shapes: a *failure* names fields that do not fit, or says that a thing is not there; an
*error* is any other refusal; an *access denied error* is one with the permission that was missing.
"""

import re
from typing import Any

import falcon
import msgspec

from placet.errors import AccessDenied, AlreadyExists, Invalid, NotFound, PlacetError, Problem
from placet_falcon.errors import Failure
from placet_falcon.harness.scopes import scope_json
from placet_falcon.harness.words import principal_type
from placet_falcon.host import Call

__all__ = ["Refused", "not_found", "write_failure"]

_MISSING = re.compile(r"missing required field `([^`]+)`")
_BY_STATUS = {
    401: "INVALID_TOKEN",
    403: "NG_ACCESS_DENIED",
    404: "RESOURCE_NOT_FOUND",
    415: "MEDIA_NOT_SUPPORTED",
    500: "UNKNOWN_ERROR",
}


class Refused(falcon.HTTPError):
    """A refusal in the vendor's terms; `failure` picks the shape without response messages."""

    def __init__(self, code: str, message: str, *, failure: bool = False) -> None:
        super().__init__(falcon.HTTP_400, description=message)
        self.harness_code = code
        self.failure = failure


def not_found(message: str) -> Refused:
    """The answer to a GET of what is not there: 400, which clients read as "absent"."""
    return Refused("RESOURCE_NOT_FOUND_EXCEPTION", message, failure=True)


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Write what went wrong; clients pick the shape by the status, and every body is JSON."""
    error = failure.error
    # Clients try again after a 503, and at once: a store that is away is a 500 here.
    status = 500 if failure.status >= 500 else failure.status
    status = 400 if isinstance(error, PlacetError) and status in (404, 409, 412) else status
    said: dict[str, Any]
    if isinstance(error, Invalid | NotFound) or (isinstance(error, Refused) and error.failure):
        said = {
            "status": "FAILURE",
            "code": _code(error, status),
            "message": failure.message,
            "correlationId": failure.request_id,
            "errors": [
                {"fieldId": _field(problem), "error": problem.message}
                for problem in failure.problems
            ]
            or None,
        }
    else:
        code = _code(error, status)
        message = _denied(req, error) if isinstance(error, AccessDenied) else failure.message
        said = {
            "status": "ERROR",
            "code": code,
            "message": message,
            "correlationId": failure.request_id,
            "detailedMessage": None,
            "responseMessages": [
                {
                    "code": code,
                    "level": "ERROR",
                    "message": message,
                    "exception": None,
                    "failureTypes": [],
                    "additionalInfo": {},
                }
            ],
            "metadata": None,
        }
        if status == 403:
            said["failedPermissionChecks"] = _checks(req, error)
    resp.status = falcon.code_to_http_status(status)
    resp.data = msgspec.json.encode(said)
    resp.content_type = falcon.MEDIA_JSON


def _field(problem: Problem) -> str:
    """The field that a problem is about; one that is missing stands in the words only."""
    missing = _MISSING.search(problem.message)
    return ".".join(part for part in (problem.path, missing[1] if missing else "") if part)


def _code(error: Exception, status: int) -> str:
    if isinstance(error, Refused):
        return error.harness_code
    if isinstance(error, AlreadyExists):
        return "DUPLICATE_FIELD"
    if isinstance(error, NotFound):
        return "RESOURCE_NOT_FOUND_EXCEPTION"
    return _BY_STATUS.get(status, "INVALID_REQUEST")


def _denied(req: falcon.Request, error: AccessDenied) -> str:
    call: Call | None = req.context.get("call")
    if call is None or not error.permission:
        return error.message
    who = call.actor.ref
    kind, _, id = error.resource.partition(":")
    about = f"{kind.lower()} with identifier {id}" if id else kind.lower()
    return (
        f"Principal of type {principal_type(who.kind)} with identifier {who.id} : "
        f"Missing permission {error.permission} on {about}"
    )


def _checks(req: falcon.Request, error: Exception) -> list[dict[str, Any]]:
    call: Call | None = req.context.get("call")
    if call is None or not isinstance(error, AccessDenied) or not error.permission:
        return []
    kind, _, id = error.resource.partition(":")
    return [
        {
            "permission": error.permission,
            "resourceType": kind,
            "resourceIdentifier": id or None,
            "resourceAttributes": None,
            "resourceScope": scope_json(call.placet.account, error.scope),
        }
    ]
