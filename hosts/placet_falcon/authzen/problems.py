"""What is wrong with an access request, in the words of the profile: problem+json (RFC 9457)."""

import falcon
import msgspec

__all__ = ["PROBLEMS", "Problem", "write_problem"]

_URN = "urn:openid:authzen:access-request:error:"
PROBLEMS = {
    "not_requestable": (400, "Access is not requestable"),
    "expired_denial": (410, "The denial is too old"),
    "invalid_denial_binding": (400, "The request is not what was denied"),
    "duplicate_request": (409, "The idempotency key stands for another request"),
    "unknown_task": (404, "There is no such task"),
    "invalid_task_state": (409, "The task has ended"),
}
"""Word of a problem -> status and title. Handles do not expire, so that none is `task_expired`."""


class Problem(falcon.HTTPError):
    """A refusal with a type of its own: the one of `word`.

    `detail` is one sentence for whoever can do something about it.
    """

    def __init__(self, word: str, detail: str) -> None:
        status, title = PROBLEMS[word]
        super().__init__(status, title=title, description=detail)
        self.type = f"{_URN}{word}"


def write_problem(resp: falcon.Response, problem: Problem, detail: str) -> None:
    """Write it; `detail` is its sentence, cut to a bearable length."""
    said = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status_code,
        "detail": detail,
    }
    resp.data = msgspec.json.encode(said)
    resp.content_type = "application/problem+json"
