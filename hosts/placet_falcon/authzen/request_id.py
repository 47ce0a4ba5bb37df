"""The id of a request: here it is any text, and comes back as it was sent."""

import re

import falcon

__all__ = ["echo"]

_SENDABLE = re.compile(r"[\x20-\x7e]{1,1024}")


def echo(req: falcon.Request, resp: falcon.Response) -> None:
    """Answer under the id that was sent, where a header can carry it.

    The host has set one already, its own where what was sent is long, or has blanks in it.
    """
    sent = req.env.get("HTTP_X_REQUEST_ID")
    if sent is not None and _SENDABLE.fullmatch(sent):
        resp.set_header("X-Request-ID", sent)
