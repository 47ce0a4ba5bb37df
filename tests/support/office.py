"""A small account that most tests of services start from: sam pays, finance says yes."""

from placet import SYSTEM, ApprovalPolicy, Assignment, Group, Permission, Role, User
from placet.model import parse_reviews
from placet.testing import ManualClock, PlacetUnderTest, engine

__all__ = ["SYSTEM", "office"]


def office(url: str = "memory://", **options: object) -> PlacetUnderTest:
    """sam and kim are clerks; dana and finn are in finance; paying needs one yes of finance.

    eve has nothing; root administers the account. The store at `url` has to be empty.
    """
    placet = _engine(url, **options)
    with placet.acting(SYSTEM):
        for permission in ("invoice.pay", "invoice.read"):
            placet.permissions.create(Permission.dotted(permission))
        for name in ("sam", "kim", "dana", "finn", "eve", "root"):
            placet.users.create(User(id=name, name=name.title()))
        placet.groups.create(Group(id="finance"))
        placet.groups.add_members("finance", ["user:dana", "user:finn"])
        placet.roles.create(Role(id="clerk", permissions=("invoice.*",)))
        for name in ("sam", "kim"):
            placet.assignments.create(Assignment(id=name, principal=f"user:{name}", role="clerk"))
        placet.assignments.create(
            Assignment(id="root", principal="user:root", role="_account_admin")
        )
        placet.policies.create(
            ApprovalPolicy(
                id="four-eyes",
                applies_to=("invoice.pay",),
                requirement=parse_reviews("1 from group:finance"),
                decide_within=8 * 3600,
                use_within=2 * 3600,
            )
        )
    return placet


def _engine(url: str, **options: object) -> PlacetUnderTest:
    if url == "memory://":
        return engine(**options)  # type: ignore[arg-type]  # options of Placet.open
    clock = ManualClock("2026-01-01T09:00Z")
    placet = PlacetUnderTest.open(url, clock=clock, **options)  # type: ignore[arg-type]  # as above
    placet.clock = clock
    return placet
