"""How this surface fails: the vendor's shape of an error, and its codes.

Its SDK chooses an exception by code first and by status second, takes statuses that it does not
know for success, and repeats 429, 500, 502, 503 and 504: so a refusal has one of a few statuses.
"""

import falcon
import msgspec

from placet.errors import AlreadyExists, Invalid
from placet_falcon.errors import Failure

__all__ = ["Unsupported", "write_failure"]

_REFUSALS = frozenset({400, 401, 403, 404, 405, 409, 413})
_CODES = {401: "E0000", 403: "PE-0002", 404: "E1004", 405: "E1012", 409: "E1001"}
_INVALID = "E1003"


class Unsupported(Invalid):
    """Something of the vendor's API that is not offered here."""


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Write the error as the vendor's clients read it."""
    status, code = _status_and_code(failure)
    said = {
        "status": status,
        "message": failure.message,
        "errorCode": code,
        "details": [str(problem) for problem in failure.problems] or None,
    }
    resp.status = falcon.code_to_http_status(status)
    resp.data = msgspec.json.encode(said)
    resp.content_type = falcon.MEDIA_JSON


def _status_and_code(failure: Failure) -> tuple[int, str]:
    status = failure.status
    if status == 503:
        # The one code that makes the SDK stop instead of waiting and asking again.
        return 503, "MAINT0001"
    if status >= 500:
        return 500, "E1001"
    if isinstance(failure.error, Unsupported):
        return 400, "E1012"
    if isinstance(failure.error, AlreadyExists):
        return 409, "E1005"
    if status == 412:
        return 409, _CODES[409]
    if failure.code == "invalid_state" or status not in _REFUSALS:
        # Asking again will not help: not a conflict, which a client may try anew.
        return 400, _INVALID
    return status, _CODES.get(status, _INVALID)
