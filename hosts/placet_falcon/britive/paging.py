"""What a list is asked for, and the address of its next page.

The SDK takes `pagination.next` as a whole address and repeats its own `requestType` with it; other
callers append the token to the address that they had. So the token says all that was asked for,
and what is said again has to be the same.
"""

import base64
import binascii
from typing import Literal, cast
from urllib.parse import quote

import falcon
import msgspec

from placet.errors import Invalid, Problem
from placet_falcon.britive.catalogue import CONSUMERS
from placet_falcon.britive.errors import Unsupported
from placet_falcon.decoding import read_query

__all__ = ["Asked", "read_asked", "request_types"]

_TYPES = ("myApprovals", "myRequests", "")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a list: of whose approvals, which of them, and behind which place."""

    kind: str = ""
    filter: str = ""
    consumer: str = ""
    after: str | None = None

    @property
    def permission(self) -> str | None:
        """The permission that the approvals are for; None for any."""
        return CONSUMERS[self.consumer].permission if self.consumer else None

    def token(self, after: str) -> str:
        """The token of the page behind `after`."""
        packed = msgspec.json.encode([self.kind, self.filter, self.consumer, after])
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def next_path(self, after: str) -> str:
        """The path of the page behind `after`."""
        return f"/api/v1/approvals/?pageToken={quote(self.token(after), safe='')}"


class _Query(msgspec.Struct, frozen=True):
    requestType: tuple[str, ...] = ()
    filter: tuple[str, ...] = ()
    consumer: tuple[str, ...] = ()
    pageToken: str = ""
    activeStatus: Literal["all", "active", "inactive"] = "all"
    createdWithinDays: str = ""


def request_types(said: tuple[str, ...]) -> str:
    """The one request type of a query, "" for none. Raises Invalid for another, or for two."""
    kind = _one("requestType", tuple(value.strip() for value in said))
    if kind not in _TYPES:
        raise _wrong("requestType", f"is {kind!r}; it is 'myApprovals' or 'myRequests'")
    return kind


def read_asked(req: falcon.Request) -> Asked:
    """What the query asks for; a token stands for what is not said again.

    Raises Invalid for what is not right, or is not what the token was given out for.
    """
    query = read_query(req, _Query)
    if query.activeStatus != "all":
        raise Unsupported("activeStatus is not offered here; use 'filter=status eq PENDING'")
    if query.createdWithinDays:
        raise Unsupported("createdWithinDays is not offered here; newest come first")
    said = Asked(
        kind=request_types(query.requestType),
        filter=_one("filter", query.filter).strip(),
        consumer=_one("consumer", query.consumer).strip(),
    )
    if said.consumer and said.consumer not in CONSUMERS:
        raise _wrong("consumer", f"is {said.consumer!r}; it is one of {', '.join(CONSUMERS)}")
    return _behind(said, query.pageToken) if query.pageToken else said


def _behind(said: Asked, token: str) -> Asked:
    try:
        packed = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        kind, filter, consumer, after = msgspec.json.decode(packed, type=tuple[str, str, str, str])
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise _wrong("pageToken", "is not one that a page gave out") from None
    given = Asked(kind=kind, filter=filter, consumer=consumer, after=after)
    if given.kind not in _TYPES or (given.consumer and given.consumer not in CONSUMERS):
        raise _wrong("pageToken", "is not one that a page gave out")
    for name, there in (("kind", kind), ("filter", filter), ("consumer", consumer)):
        again = cast(str, getattr(said, name))
        if again and again != there:
            spelled = "requestType" if name == "kind" else name
            raise _wrong("pageToken", f"was given out for another {spelled}; leave it as it was")
    return given


def _one(name: str, values: tuple[str, ...]) -> str:
    distinct = tuple(dict.fromkeys(values))
    if len(distinct) > 1:
        raise _wrong(name, "is given more than once, and not the same")
    return distinct[0] if distinct else ""


def _wrong(name: str, why: str) -> Invalid:
    problem = Problem(name, why)
    return Invalid(f"the query is not right: {problem}", [problem])
