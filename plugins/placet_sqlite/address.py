"""What a `sqlite:` URL says: which file, how durable, how patient."""

from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl

import msgspec

from placet.errors import Invalid

__all__ = ["Address", "Synchronous", "parse_address"]

Synchronous = Literal["full", "normal", "off"]
_PREFIX = "sqlite:///"
_FORMS = "write 'sqlite:///relative.db' or 'sqlite:////absolute/path.db'"


class Address(msgspec.Struct, frozen=True):
    """A file, and how it is used.

    `synchronous` "full" (the default) has every commit on the disk before it returns; "normal" may
    lose the last commits when the machine loses power, never when only the process dies; "off" may
    then lose the file. `timeout_s` is how long a commit waits for one of another process, in
    seconds.
    """

    path: Path
    synchronous: Synchronous = "full"
    timeout_s: float = 10.0


def parse_address(url: str) -> Address:
    """The address in a URL; raises Invalid for another form, an unknown option or value.

    What follows the third slash, up to a "?", is the path, as it is: nothing in it is decoded.

    >>> parse_address("sqlite:///app.db?synchronous=normal").synchronous
    'normal'
    """
    rest = url.removeprefix(_PREFIX)
    path, _, options = rest.partition("?")
    if rest == url or not path or path.endswith("/") or path == ":memory:" or "\0" in path:
        raise Invalid(f"{url!r} names no file; {_FORMS}")
    address = Address(Path(path))
    for name, value in parse_qsl(options, keep_blank_values=True):
        if name == "synchronous" and value in get_args(Synchronous):
            address = msgspec.structs.replace(address, synchronous=cast("Synchronous", value))
        elif name == "timeout" and (seconds := _seconds(value)) is not None:
            address = msgspec.structs.replace(address, timeout_s=seconds)
        else:
            raise Invalid(
                f"{name}={value} in {url!r} is not known; options are "
                "synchronous=full, normal or off, and timeout=SECONDS (0 to 3600)"
            )
    return address


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= 3600 else None
