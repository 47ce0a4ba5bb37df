"""What an approval yields."""

from typing import Literal

from placet.model._base import Noun, Time

__all__ = ["Grant", "GrantStatus"]

GrantStatus = Literal["scheduled", "active", "ended", "revoked", "consumed", "superseded"]


class Grant(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """*Access* (a time-boxed assignment, `assignment`) or a single-use *pass* for one digest.

    `status` is stored as `active` until somebody ends it; whether it is scheduled, active or ended
    by time follows from `starts_at` and `ends_at` (half-open) and is never written.
    """

    id: str
    kind: Literal["access", "pass"]
    approval: str
    principal: str
    permission: str
    resource: str
    scope: str = ""
    digest: str
    created_at: Time
    starts_at: Time
    ends_at: Time | None = None
    status: GrantStatus = "active"
    status_at: Time | None = None
    status_by: str = ""
    reason: str = ""
    assignment: str | None = None
    gate: str | None = None

    @property
    def begins_later(self) -> bool:
        """Whether it is access that begins later than it was given, and is looked at until then."""
        return self.kind == "access" and self.starts_at > self.created_at
