"""Paths as the router takes them: one segment is one name, whatever characters the name holds.

WSGI hands over a decoded path, in which an encoded slash can no longer be told from a separator.
Where the server also passes on what was really sent, segments are taken from that; elsewhere a
slash in a name is one more segment, which the routes that end in a name accept as well.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from placet.errors import Invalid

__all__ = ["routed_path", "segment_text"]


def routed_path(environ: Mapping[str, Any]) -> str:
    """The path for the router; a slash or percent sign within a segment stays encoded in it.

    >>> routed_path({"PATH_INFO": "/a/b/c%/", "RAW_URI": "/a/b%2Fc%25/?q=1"})
    '/a/b%2Fc%25'

    Raises Invalid for a path that is not UTF-8.
    """
    path = environ.get("PATH_INFO") or "/"
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    if path[0] == "/" != path[-1] and path.isascii() and "%" not in path and "%" not in raw:
        return path  # as most are: nothing is encoded, neither here nor as it was sent
    decoded = path.encode("latin-1", "surrogateescape")
    segments = _sent(environ, decoded) or decoded.split(b"/")
    # The owner of an account's own group is empty: "group:qa@/" ends with a slash that counts.
    while len(segments) > 2 and segments[-1] == b"" and not segments[-2].endswith(b"@"):
        segments.pop()
    try:
        return "/".join(_escaped(segment.decode()) for segment in segments)
    except UnicodeDecodeError as error:
        raise Invalid("the path is not UTF-8") from error


def segment_text(value: str) -> str:
    """A name as it was meant, from a segment of a routed path.

    >>> segment_text("b%2Fc%25")
    'b/c%'
    """
    return value.replace("%2F", "/").replace("%25", "%")


def _escaped(segment: str) -> str:
    return segment.replace("%", "%25").replace("/", "%2F")


def _sent(environ: Mapping[str, Any], decoded: bytes) -> list[bytes] | None:
    """The segments as they were sent; None where the server does not say, or says otherwise."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not isinstance(raw, str):
        return None
    mounted = str(environ.get("SCRIPT_NAME") or "").encode("latin-1", "surrogateescape")
    path = raw.partition("?")[0].encode("latin-1", "replace")
    if unquote_to_bytes(path) != mounted + decoded:
        return None
    segments = [unquote_to_bytes(segment) for segment in path.split(b"/")]
    return [b"", *segments[mounted.count(b"/") + 1 :]]
