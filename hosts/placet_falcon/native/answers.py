"""How this surface answers: every field, those at their default as well, so that who reads an
answer need not know the defaults.
"""

from typing import Any

import falcon
import msgspec

from placet.model import plain
from placet.services.base import Listing

__all__ = ["answer", "cursor_page", "numbered_page"]


def answer(resp: falcon.Response, value: Any, status: str = falcon.HTTP_200) -> None:
    """Write `value` as JSON, its nouns with all of their fields."""
    resp.status = status
    resp.data = msgspec.json.encode(plain(value))
    resp.content_type = falcon.MEDIA_JSON


def numbered_page(listing: Listing[Any]) -> dict[str, Any]:
    """A page of a list that is counted."""
    return {"items": listing.items, "total": listing.total}


def cursor_page(listing: Listing[Any]) -> dict[str, Any]:
    """A page of a list that goes on behind a cursor."""
    return {"items": listing.items, "next": listing.next}
