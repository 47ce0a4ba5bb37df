"""What the assignments of an account come to: repeated ones, and who still administers it."""

from datetime import datetime

from placet.access.match import EVERYTHING, Placed, place
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.model import Assignment

__all__ = ["ADMIN_ROLE", "administered", "is_plain", "twin_of"]

ADMIN_ROLE = "_account_admin@/"
"""The role that may do everything in an account."""


def is_plain(assignment: Assignment) -> bool:
    """Whether it says no more than who has which role on what, where; it may be disabled.

    One that denies, that waits for a condition or a time, or that an approval gave says more, and
    may stand beside a plain one.

    >>> is_plain(Assignment(id="a", principal="user:sam", role="clerk@/", condition="true"))
    False
    """
    return place("", assignment).terms.plain


def twin_of(world: Snapshot, assignment: Assignment) -> Placed | None:
    """Another plain assignment of the same role to the same principal, on the same, at the scope.

    No resource group counts as one that selects everything.
    """
    this = place("", assignment)
    if not this.terms.plain:
        return None
    for other in world.placed(this.principal, this.scope):
        if (
            other.id != this.id
            and other.role == this.role
            and _same_group(world, other, this)
            and other.terms.plain
        ):
            return other
    return None


def administered(world: Snapshot, now: datetime, *, closed: bool) -> bool:
    """Whether somebody holds `_account_admin` on everything, now and for no limited time.

    A group counts with somebody in it; who is disabled does not, nor, in a `closed` directory, who
    is not in it.
    """
    return any(
        placed.scope == ""
        and placed.terms.plain
        and placed.terms.open_at(now)
        and world.selector(placed) == EVERYTHING
        and _somebody(world, placed.principal, closed=closed)
        for placed in every(world.by_role.get(ADMIN_ROLE))
    )


def _same_group(world: Snapshot, one: Placed, other: Placed) -> bool:
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
