"""Plain Python, flattened: everything about a principal is worked out when it is loaded.

What somebody who knows the data would write by hand for the fastest check, without keeping answers:
for each user, and each scope in which an assignment of the user or of one of its groups is placed,
the permissions and the resources given there. A check looks at the scope and at the two above it.
"""

from access_model import Account
from access_world import World

from access_peers import Check, Peer
from access_peers.preparing import above, effective

Grant = tuple[frozenset[str], frozenset[str] | None]
"""The permissions, and the resources, None for all."""
Placed = dict[str, tuple[Grant, ...]]

_NOTHING: Placed = {}


class Flat(Peer):
    note = "per user and scope: tuples of permission sets and resource sets"

    def load(self, world: World) -> None:
        for account in world.accounts():
            self.checks[account.name] = _check_of(account, world.roles)


def _check_of(account: Account, roles: dict[str, frozenset[str]]) -> Check:
    here: dict[str, Placed] = {}
    below: dict[str, Placed] = {}
    grants: dict[tuple[str, str], Grant] = {}
    for user, assignments in effective(account):
        at: dict[str, list[Grant]] = {}
        down: dict[str, list[Grant]] = {}
        for assigned in assignments:
            group = account.resource_groups[assigned.group]
            grant = grants.setdefault(
                (assigned.role, assigned.group),
                (roles[assigned.role], None if group.all else group.resources),
            )
            at.setdefault(assigned.scope, []).append(grant)
            if group.below:
                down.setdefault(assigned.scope, []).append(grant)
        if at:
            here[user] = {scope: _compact(some) for scope, some in at.items()}
        if down:
            below[user] = {scope: _compact(some) for scope, some in down.items()}
    higher = {scope: above(scope) for scope in account.scopes}

    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        placed = here.get(principal)
        if placed is None:
            return False
        for permissions, resources in placed.get(scope, ()):
            if permission in permissions and (resources is None or resource in resources):
                return True
        if scope:
            placed = below.get(principal, _NOTHING)
            for place in higher[scope]:
                for permissions, resources in placed.get(place, ()):
                    if permission in permissions and (resources is None or resource in resources):
                        return True
        return False

    return check


def _compact(grants: list[Grant]) -> tuple[Grant, ...]:
    """Each once; those on all resources first, for they are the cheapest to look at."""
    return tuple(sorted({id(grant): grant for grant in grants}.values(), key=_cost))


def _cost(grant: Grant) -> int:
    return 0 if grant[1] is None else 1


PEERS = {"flat": Flat}
