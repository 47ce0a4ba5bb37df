"""Cursors as text: a place in an order, opaque to the caller."""

import base64
import binascii

import msgspec

from placet.errors import Invalid
from placet.storage.port import Cursor

__all__ = ["read_cursor", "write_cursor"]


def write_cursor(order: str, cursor: Cursor | None) -> str | None:
    """The text of a cursor that belongs to `order`; None for none."""
    if cursor is None:
        return None
    packed = msgspec.json.encode([order, cursor.value, cursor.id])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(order: str, text: str | None) -> Cursor | None:
    """The cursor that a caller sent back.

    Raises Invalid for a text that is none, or belongs to another order (failure mode 44).

    >>> read_cursor("created", write_cursor("created", Cursor(7, "a")))
    Cursor(value=7, id='a')
    """
    if text is None:
        return None
    try:
        packed = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        belongs, value, id = msgspec.json.decode(packed, type=tuple[str, int | str, str])
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise Invalid("the cursor is not one that a page gave out") from error
    if belongs != order:
        raise Invalid(f"the cursor belongs to pages ordered by {belongs}, not by {order}")
    return Cursor(value, id)
