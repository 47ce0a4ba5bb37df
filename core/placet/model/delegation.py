"""Somebody reviews in somebody else's place."""

from placet.model._base import MAX_TEXT, Checker, Record, Time
from placet.refs import parse_principal, parse_scope

__all__ = ["Delegation"]


class Delegation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`delegate` may fill the seats of `delegator` from `starts_at` until just before `ends_at`.

    One hop only; both persons have to pass the exclusions.
    """

    id: str
    scope: str = ""
    delegator: str
    delegate: str
    starts_at: Time
    ends_at: Time
    reason: str = ""

    def check(self, check: Checker) -> None:
        """Report references that cannot be right, and a window that never opens."""
        check.id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.parses("delegator", parse_principal, self.delegator)
        check.parses("delegate", parse_principal, self.delegate)
        check.text("reason", self.reason, MAX_TEXT)
        if self.delegator == self.delegate:
            check.fail("delegate", "is the delegator")
        if self.ends_at <= self.starts_at:
            check.fail("ends_at", "is not after starts_at, so that it would never count")
