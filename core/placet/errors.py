"""What can go wrong, as one small flat family.

Every message is one sentence for the person who can act on it: what was wrong, where, and what
would be right. Hosts map a class to a status in one table; nothing else about an error matters.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "ApprovalRequired",
    "Conflict",
    "Corrupt",
    "Invalid",
    "InvalidState",
    "NotFound",
    "PlacetError",
    "Problem",
    "StoreError",
    "Unavailable",
]


class Problem(msgspec.Struct, frozen=True):
    """One mistake in an input: where it stands and what would be right.

    >>> str(Problem("roles[0].id", "is missing"))
    'roles[0].id: is missing'
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class PlacetError(Exception):
    """The root of the family: `except PlacetError` catches whatever placet raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(PlacetError):
    """There is no such object in this account and scope, or the caller may not know of it."""


class AlreadyExists(PlacetError):
    """An object with this id, or this logical key, is there already; nothing was stored."""


class Invalid(PlacetError):
    """The input cannot be right, whatever the state; `problems` names each mistake.

    >>> Invalid("the role is not valid", [Problem("id", "is empty")]).problems[0].path
    'id'
    """

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class AccessDenied(PlacetError):
    """The caller may not do this.

    `permission`, `resource` and `scope` say what was asked; they are empty where the refusal is
    not about one permission (an excluded reviewer, say).
    """

    def __init__(
        self, message: str, *, permission: str = "", resource: str = "", scope: str = ""
    ) -> None:
        super().__init__(message)
        self.permission = permission
        self.resource = resource
        self.scope = scope


class ApprovalRequired(PlacetError):
    """The caller may do this once somebody else has said yes.

    `approval` is the id of the pending approval, or None where none could be opened (inside a
    joined transaction); `status` is its status; `why` says who has to decide, in words.

    >>> ApprovalRequired("ask first", approval="0190", status="pending", why="1 of group:ops"
    ...     ).as_dict()["status"]
    'pending'
    """

    def __init__(
        self,
        message: str,
        *,
        approval: str | None = None,
        status: str = "",
        url: str | None = None,
        why: str = "",
    ) -> None:
        super().__init__(message)
        self.approval = approval
        self.status = status
        self.url = url
        self.why = why

    def as_dict(self) -> dict[str, Any]:
        """The refusal as JSON for a client or a model: approval, status, url, why."""
        return {
            "approval": self.approval,
            "status": self.status,
            "url": self.url,
            "why": self.why,
        }


class Conflict(PlacetError):
    """Somebody else changed what this rested on; `keys` names every document that moved."""

    def __init__(self, message: str, keys: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.keys = tuple(keys)


class InvalidState(PlacetError):
    """The object is not in a state in which this can be done, and never will be again.

    `details` carries what the caller needs to see why: usually the status as it is now.
    """

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = dict(details or {})


class StoreError(PlacetError):
    """The store failed; `__cause__` is the driver's own error where there is one."""


class Unavailable(StoreError):
    """The store cannot be used right now (locked, full, down); trying again later is right."""


class Corrupt(StoreError):
    """What the store holds is not what was written to it; a person has to look."""
