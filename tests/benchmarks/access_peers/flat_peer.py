"""Plain Python, flattened: everything about a principal is worked out when it is loaded.

What somebody who knows the data would write by hand for the fastest check, without keeping answers:
for each user, and each scope in which an assignment of the user or of one of its groups is placed,
the permissions and the resources given there. A check looks at the scope and at the two above it.
"""

from access_peers import Check, Peer
from access_world import Account, World

Grant = tuple[frozenset[str], frozenset[str] | None]
"""The permissions, and the resources, None for all."""
Placed = dict[str, tuple[Grant, ...]]

_NOTHING: Placed = {}


class Flat(Peer):
    note = "per user and scope: tuples of permission sets and resource sets"

    def load(self, world: World) -> None:
        for account in world.accounts():
            self.checks[account.name] = check_of(account, world.roles)


def check_of(account: Account, roles: dict[str, frozenset[str]]) -> Check:
    """The check of an account."""
    here: dict[str, Placed] = {}
    below: dict[str, Placed] = {}
    given: dict[str, list[tuple[str, bool, Grant]]] = {}
    grants: dict[tuple[str, str], Grant] = {}
    for assigned in account.assignments:
        if assigned.enabled:
            group = account.resource_groups[assigned.group]
            key = (assigned.role, assigned.group)
            if key not in grants:
                grants[key] = (roles[assigned.role], None if group.all else group.resources)
            given.setdefault(assigned.principal, []).append(
                (assigned.scope, group.below, grants[key])
            )
    above = {scope: _above(scope) for scope in account.scopes}
    for user in account.users:
        at: dict[str, list[Grant]] = {}
        down: dict[str, list[Grant]] = {}
        for who in _subjects(account, user):
            for scope, flows, grant in given.get(who, ()):
                at.setdefault(scope, []).append(grant)
                if flows:
                    down.setdefault(scope, []).append(grant)
        if at:
            here[user] = {scope: _compact(some) for scope, some in at.items()}
        if down:
            below[user] = {scope: _compact(some) for scope, some in down.items()}

    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        placed = here.get(principal)
        if placed is None:
            return False
        for permissions, resources in placed.get(scope, ()):
            if permission in permissions and (resources is None or resource in resources):
                return True
        if scope:
            placed = below.get(principal, _NOTHING)
            for higher in above[scope]:
                for permissions, resources in placed.get(higher, ()):
                    if permission in permissions and (resources is None or resource in resources):
                        return True
        return False

    return check


def _compact(grants: list[Grant]) -> tuple[Grant, ...]:
    """Each once; those on all resources first, for they are the cheapest to look at."""
    return tuple(sorted({id(grant): grant for grant in grants}.values(), key=_cost))


def _cost(grant: Grant) -> int:
    return 0 if grant[1] is None else 1


def _above(scope: str) -> tuple[str, ...]:
    if not scope:
        return ()
    organization, slash, _ = scope.partition("/")
    return (organization, "") if slash else ("",)


def _subjects(account: Account, principal: str) -> list[str]:
    found = [principal]
    seen = {principal}
    for who in found:
        for group in account.parents.get(who, ()):
            if group not in seen:
                seen.add(group)
                found.append(group)
    return found


PEERS = {"flat": Flat}
