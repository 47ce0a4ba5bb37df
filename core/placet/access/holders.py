"""What the assignments of an account come to: repeated ones, and who still administers it."""

from datetime import datetime

from placet.access.match import EVERYTHING, window_open
from placet.access.snapshot import Snapshot
from placet.model import Assignment

__all__ = ["ADMIN_ROLE", "administered", "is_plain", "twin_of"]

ADMIN_ROLE = "_account_admin@/"
"""The role that may do everything in an account."""


def is_plain(assignment: Assignment) -> bool:
    """Whether it says no more than who has which role on what, where.

    One that denies, that waits for a condition or a time, or that an approval gave says more, and
    may stand beside a plain one.

    >>> is_plain(Assignment(id="a", principal="user:sam", role="clerk@/", condition="true"))
    False
    """
    return not (
        assignment.effect != "allow"
        or assignment.condition is not None
        or assignment.not_before is not None
        or assignment.expires_at is not None
        or assignment.only
        or assignment.approval is not None
    )


def twin_of(world: Snapshot, assignment: Assignment) -> Assignment | None:
    """Another plain assignment of the same role to the same principal, on the same, at the scope.

    No resource group counts as one that selects everything.
    """
    if not is_plain(assignment):
        return None
    for placed in world.grants.get((assignment.principal, assignment.scope)) or ():
        other = placed.assignment
        if (
            other.id != assignment.id
            and other.role == assignment.role
            and _same_group(world, other, assignment)
            and is_plain(other)
        ):
            return other
    return None


def administered(world: Snapshot, now: datetime, *, closed: bool) -> bool:
    """Whether somebody holds `_account_admin` on everything, now and for no limited time.

    A group counts with somebody in it; who is disabled does not, nor, in a `closed` directory, who
    is not in it.
    """
    return any(
        (assignment := world.assignments.get(key)) is not None
        and assignment.scope == ""
        and is_plain(assignment)
        and window_open(assignment, now)
        and world.selector(assignment) == EVERYTHING
        and _somebody(world, assignment.principal, closed=closed)
        for key in world.held.get(f"role {ADMIN_ROLE}") or ()
    )


def _same_group(world: Snapshot, one: Assignment, other: Assignment) -> bool:
    if one.resource_group is None or other.resource_group is None:
        return world.selector(one) == world.selector(other) == EVERYTHING
    return one.resource_group == other.resource_group


def _somebody(world: Snapshot, principal: str, *, closed: bool) -> bool:
    if principal.startswith("group:"):
        members = world.members_of(principal)
        return any(_somebody(world, member, closed=closed) for member in members)
    known = world.users.get(principal) or world.service_accounts.get(principal)
    if known is None:
        return not closed or not principal.startswith(("user:", "service_account:"))
    return not known.disabled
