"""Cursors of searches: where a list goes on, bound to the question that was asked.

A cursor holds the revision at which its page was made, a digest of the question, and the last key
of that page. The next page is made on the index as it is by then: what comes and goes behind the
last key is seen, what comes before it is not, and nothing is listed twice.

Nothing here is secret, and whoever makes up a cursor sees no more than they may: the right to ask
is looked at for every page. A host that does not want cursors to be made up signs them.
"""

import base64
import binascii
import hashlib
from typing import Any

import msgspec

from placet.errors import Invalid

__all__ = ["question_digest", "read_place", "write_place"]


def question_digest(*words: Any) -> str:
    """What tells a question from every other: the same words, the same text.

    >>> question_digest("who", "a") == question_digest("who", "b")
    False
    """
    try:
        packed = msgspec.json.encode(words, order="deterministic", enc_hook=repr)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Invalid(f"the question cannot be paged through: {error}") from None
    return hashlib.sha256(packed).hexdigest()[:32]


def write_place(digest: str, revision: int, last: str) -> str:
    """The cursor of the page after `last`."""
    packed = msgspec.json.encode([revision, digest, last])
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_place(digest: str, text: str | None) -> str | None:
    """The key behind which to go on; None for the start.

    Raises Invalid for a text that is no cursor, or one of another question (failure mode 44).

    >>> read_place("d", write_place("d", 7, "user:sam"))
    'user:sam'
    """
    if text is None:
        return None
    try:
        packed = base64.b64decode(
            text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
        _, asked, last = msgspec.json.decode(packed, type=tuple[int, str, str])
    except (ValueError, AttributeError, binascii.Error, msgspec.DecodeError) as error:
        raise Invalid("the cursor is not one that a page gave out") from error
    if asked != digest:
        raise Invalid("the cursor belongs to another question; ask that one, or start anew")
    return last
