"""How the surface fails: the five statuses that the vendor lists, and those of HTTP itself.

The vendor publishes no body; this one says the status and a sentence.
"""

import falcon
import msgspec

from placet.errors import PlacetError, StoreError
from placet_falcon.errors import Failure

__all__ = ["write_failure"]

_OTHERS = frozenset({401, 403})


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Write a failure: what a gate refuses is a bad request, or forbidden."""
    status = failure.status
    if isinstance(failure.error, StoreError):
        status = 500
    elif isinstance(failure.error, PlacetError) and status not in _OTHERS:
        status = 400
    resp.status = falcon.code_to_http_status(status)
    resp.data = msgspec.json.encode(
        {"code": str(status), "message": failure.message, "requestId": failure.request_id}
    )
    resp.content_type = falcon.MEDIA_JSON
