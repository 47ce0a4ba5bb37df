"""An office with administrators who hold different things, for tests of the widening guard.

lee administers everything and holds nothing of what the office does. pat does so and is a clerk as
well. bea may give roles beyond what she holds, and zoe may give anything.
"""

from typing import Any

from office import SYSTEM, office

from placet import Assignment, Role, User
from placet.catalogue import OPERATIONS
from placet.testing import PlacetUnderTest

__all__ = ["ADMINISTRATION", "guarded_office"]

_RIGHTS = ("core_authz_bind", "core_authz_escalate")
ADMINISTRATION = tuple(
    sorted({operation.permission for operation in OPERATIONS.values()} - set(_RIGHTS))
)


def guarded_office(**options: Any) -> PlacetUnderTest:
    """The office of `office`, with lee, pat, bea and zoe."""
    placet = office(**options)
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="admin", permissions=ADMINISTRATION))
        placet.roles.create(Role(id="binder", permissions=("core_authz_bind",)))
        placet.roles.create(Role(id="escalator", permissions=("core_authz_escalate",)))
        for name, roles in (
            ("lee", ("admin",)),
            ("pat", ("admin", "clerk")),
            ("bea", ("admin", "binder")),
            ("zoe", ("admin", "escalator")),
        ):
            placet.users.create(User(id=name))
            for role in roles:
                placet.assignments.create(
                    Assignment(id=f"{name}-{role}", principal=f"user:{name}", role=role)
                )
    return placet
