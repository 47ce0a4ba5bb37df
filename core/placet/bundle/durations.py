"""Durations as a bundle writes them: "8h", "30m", "2d", "90s", "1h30m"."""

import re

from placet.errors import Invalid

__all__ = ["seconds_of"]

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:\d{1,9}[dhms])+", re.ASCII)
_PART = re.compile(r"(\d+)([dhms])", re.ASCII)


def seconds_of(text: str) -> int:
    """The seconds in a duration. Raises Invalid for what is none, and for one of no length.

    >>> seconds_of("8h"), seconds_of("1h30m")
    (28800, 5400)
    """
    if not _WHOLE.fullmatch(text):
        raise Invalid(
            f"{text!r} is no duration; write a whole number with d, h, m or s, such as '8h'"
        )
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if seconds < 1:
        raise Invalid(f"{text!r} lasts no time at all; the least is '1s'")
    return seconds
