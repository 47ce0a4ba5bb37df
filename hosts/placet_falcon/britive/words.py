"""The vendor's words: for a status, a moment, a span of time, a person."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from placet.model import AccessYield, Approval, ApprovalStatus, Grant
from placet.refs import spoken

__all__ = ["STATUSES", "minutes", "moment", "person", "status_word", "usable_minutes"]

STATUSES: Mapping[str, frozenset[ApprovalStatus]] = {
    "PENDING": frozenset({"pending"}),
    "APPROVED": frozenset({"approved"}),
    "REJECTED": frozenset({"rejected"}),
    "TIMEOUT": frozenset({"expired"}),
    "WITHDRAWN": frozenset({"cancelled"}),
    "CANCELLED": frozenset({"cancelled", "superseded", "failed"}),
    "REVOKED": frozenset({"approved"}),
    "DRAFT": frozenset(),
    "NO_ACTION_REQUIRED": frozenset(),
}
"""Every word for a status -> the statuses that may have it; the last two never occur here."""

_PLAIN: Mapping[ApprovalStatus, str] = {
    "pending": "PENDING",
    "approved": "APPROVED",
    "rejected": "REJECTED",
    "expired": "TIMEOUT",
    "cancelled": "CANCELLED",
    "superseded": "CANCELLED",
    "failed": "CANCELLED",
}


def status_word(approval: Approval, grant: Grant | None) -> str:
    """The word for an approval that yielded `grant`; both as they are now."""
    if grant is not None and grant.status == "revoked":
        return "REVOKED"
    ended = approval.resolution
    if approval.status == "cancelled" and ended is not None and ended.kind == "withdrawn":
        return "WITHDRAWN"
    return _PLAIN[approval.status]


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC, with milliseconds and Z.

    >>> moment(datetime(2022, 2, 18, 7, 27, 32, 346000, tzinfo=UTC))
    '2022-02-18T07:27:32.346Z'
    """
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minutes(span: timedelta | None) -> int | None:
    """Whole minutes, rounded down so that no more is promised than there is; None for no limit.

    >>> minutes(timedelta(hours=24))
    1440
    """
    return None if span is None else span // timedelta(minutes=1)


def usable_minutes(approval: Approval) -> int | None:
    """For how many minutes what the approval yields may be used once it is approved."""
    policy = approval.policy
    seconds = policy.yields.seconds if isinstance(policy.yields, AccessYield) else policy.use_within
    return None if seconds is None else minutes(timedelta(seconds=seconds))


def person(principal: str) -> str:
    """A user by its bare id, as the vendor has it; another principal in full.

    >>> person("user:sam"), person("service_account:ci@/")
    ('sam', 'service_account:ci')
    """
    return principal.removeprefix("user:") if principal.startswith("user:") else spoken(principal)
