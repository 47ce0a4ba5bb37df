"""How the surface fails: a status, and a sentence as plain text.

Statuses speak about the request and its sender only; that something is denied is an answer.
"""

import falcon

from placet_falcon.authzen.request_id import echo
from placet_falcon.errors import Failure

__all__ = ["write_failure"]


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Write a failure."""
    echo(req, resp)
    resp.status = falcon.code_to_http_status(failure.status)
    resp.text = failure.message
    resp.content_type = falcon.MEDIA_TEXT
