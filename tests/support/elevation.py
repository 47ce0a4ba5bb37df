"""eve, who is on call, may ask to read an invoice later on: for tests of access to come."""

from datetime import timedelta

from placet import (
    SYSTEM,
    ApprovalPolicy,
    Grant,
    Group,
    Resource,
    Role,
)
from placet.model import AccessYield, Approval, parse_reviews
from placet.testing import PlacetUnderTest

__all__ = ["ELEVATION", "ask_later", "elevating", "grant_of", "leave", "reads", "scheduled"]

ELEVATION = ApprovalPolicy(
    id="elevation",
    applies_to=("invoice.read",),
    needed="when_denied",
    requesters=("group:oncall", "role:standby"),
    requirement=parse_reviews("1 from group:finance"),
    yields=AccessYield("clerk", 3600),
)


def elevating(placet: PlacetUnderTest) -> PlacetUnderTest:
    """eve is on call, by a group in a group, and who is may ask to read for an hour."""
    with placet.acting(SYSTEM):
        for id in ("oncall", "night"):
            placet.groups.create(Group(id=id))
        placet.groups.add_members("oncall", ["group:night"])
        placet.groups.add_members("night", ["user:eve"])
        placet.roles.create(Role(id="standby"))
        placet.resources.create(Resource(type="invoice", id="7", attributes={"tier": 1}))
        placet.policies.create(ELEVATION)
    return placet


def ask_later(placet: PlacetUnderTest, *, hours: int = 2) -> Approval:
    """What eve asks for, to begin in so many hours."""
    start = placet.clock.now() + timedelta(hours=hours)
    return placet.approvals.request("invoice.read", "invoice:7", starts_at=start, actor="user:eve")


def scheduled(placet: PlacetUnderTest) -> str:
    """Access of eve's that begins in two hours."""
    done = placet.approve(ask_later(placet), by="user:dana")
    assert done.grant is not None
    return done.grant


def grant_of(placet: PlacetUnderTest, id: str) -> Grant:
    """The grant as it is now."""
    return placet.grants.get(id, actor=SYSTEM)


def reads(placet: PlacetUnderTest) -> bool:
    """Whether eve may read."""
    return placet.check("user:eve", "invoice.read", "invoice:7")


def leave(placet: PlacetUnderTest) -> None:
    """eve is on call no more."""
    placet.groups.remove_members("night", ["user:eve"], actor=SYSTEM)
