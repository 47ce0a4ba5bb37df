"""Who has which role, on what, where, and for how long."""

from typing import Literal

from placet.model._base import MAX_TEXT, Checker, Record, Time
from placet.refs import parse_owned, parse_principal, parse_resource, parse_scope

__all__ = ["Assignment", "Effect"]

Effect = Literal["allow", "deny"]


class Assignment(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A principal has a role on a resource group at a scope; it flows down scopes, never up.

    Every reference in it is exact. It counts from `not_before` until just before `expires_at`
    (half-open, failure mode T19). `only` narrows it to single resources, `approval` and `policies`
    say which approval minted it and under which policies: such an access satisfies those policies.
    """

    id: str
    scope: str = ""
    principal: str
    role: str
    resource_group: str | None = None
    only: tuple[str, ...] = ()
    effect: Effect = "allow"
    disabled: bool = False
    managed: bool = False
    condition: str | None = None
    not_before: Time | None = None
    expires_at: Time | None = None
    approval: str | None = None
    policies: tuple[str, ...] = ()
    reason: str = ""

    def check(self, check: Checker) -> None:
        """Report references that cannot be right, and a window that never opens."""
        check.id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.parses("principal", parse_principal, self.principal)
        check.parses("role", parse_owned, self.role, "role")
        if self.resource_group is not None:
            check.parses("resource_group", parse_owned, self.resource_group, "resource group")
        for at, resource in enumerate(self.only):
            check.parses(f"only[{at}]", parse_resource, resource)
        check.text("reason", self.reason, MAX_TEXT)
        if self.not_before and self.expires_at and self.expires_at <= self.not_before:
            check.fail("expires_at", "is not after not_before, so that it would never count")
