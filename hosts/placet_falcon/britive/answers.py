"""How this surface answers: JSON as it is."""

from typing import Any

import falcon
import msgspec

__all__ = ["answer"]


def answer(resp: falcon.Response, value: Any, status: str = falcon.HTTP_200) -> None:
    """Write `value` as JSON."""
    resp.status = status
    resp.data = msgspec.json.encode(value)
    resp.content_type = falcon.MEDIA_JSON
