"""How the surface fails: error objects as Goa makes them, six fields and a header.

The vendor's clients repeat a request after 429 and 5xx: neither answers what a caller has sent.
"""

import falcon
import msgspec

from placet.errors import Invalid, Unavailable
from placet_falcon.errors import Failure

__all__ = ["BadInput", "write_failure"]

_NAMES = {
    400: "BadRequestError",
    401: "UnauthorizedError",
    403: "ForbiddenError",
    404: "NotFoundError",
    405: "MethodNotAllowedError",
    409: "ConflictError",
    411: "LengthRequiredError",
    413: "RequestTooLargeError",
    415: "unsupported_media_type",
    500: "InternalServerError",
    502: "BadGatewayError",
}


class BadInput(Invalid):
    """What was sent is not what was asked for; `name` is the framework's word for the mistake."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Write a failure. `id` is that of the request: it finds the line of the log."""
    away = isinstance(failure.error, Unavailable)
    status = 502 if away else failure.status
    # No condition of a request is part of this API.
    status = 409 if status == 412 else status
    name = _NAMES.get(status, "BadRequestError")
    if isinstance(failure.error, BadInput):
        name = failure.error.name
    resp.status = falcon.code_to_http_status(status)
    resp.data = msgspec.json.encode(
        {
            "name": name,
            "id": failure.request_id,
            "message": failure.message,
            "temporary": away,
            "timeout": False,
            "fault": status >= 500,
        }
    )
    resp.content_type = falcon.MEDIA_JSON
    resp.set_header("goa-error", name)
