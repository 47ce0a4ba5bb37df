"""Requests that wait for something to happen: `?wait=30` instead of asking again and again.

Each takes a thread of the server while it waits. So that they cannot take all, only some may wait
at once; the others are answered as things are, and ask again.
"""

import threading
from typing import Annotated, TypeVar

import msgspec

from placet.services.waiting import Watched

__all__ = ["MOST_S", "Wait", "Waiting"]

T = TypeVar("T")

MOST_S = 60
"""The longest that a request waits, in seconds."""
AT_ONCE = 4
"""How many may wait at once, of the threads of one server process."""

Wait = Annotated[float, msgspec.Meta(ge=0, le=MOST_S)]
"""For how long a caller would wait, in seconds."""


class Waiting:
    """The places of those who wait."""

    def __init__(self, places: int = AT_ONCE) -> None:
        self._places = threading.BoundedSemaphore(places)

    def of(self, awaiting: Watched[T], seconds: float) -> T:
        """What is waited for, as it is after `seconds` at the most; at once where there is no
        place left.
        """
        if not seconds or not self._places.acquire(blocking=False):
            return awaiting.look()
        try:
            return awaiting.wait(seconds)
        finally:
            self._places.release()
