"""How the surface fails: a status, and a sentence as plain text, or a problem of the profile.

Statuses speak about the request and its sender only; that something is denied is an answer.
"""

import falcon

from placet_falcon.authzen.problems import Problem, write_problem
from placet_falcon.authzen.request_id import echo
from placet_falcon.errors import Failure

__all__ = ["write_failure"]


def write_failure(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    """Write a failure."""
    echo(req, resp)
    resp.status = falcon.code_to_http_status(failure.status)
    if isinstance(failure.error, Problem):
        write_problem(resp, failure.error, failure.message)
        return
    resp.text = failure.message
    resp.content_type = falcon.MEDIA_TEXT
