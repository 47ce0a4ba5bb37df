"""oso (the library, which is not developed any more): a rule in Polar over objects of Python."""

from access_model import Account, Group
from access_world import World
from oso import Oso

from access_peers import Check, Peer
from access_peers.preparing import above, effective

_RULE = """
allow(user: User, permission: String, target: Target) if
    grant in user.grants and
    grant.gives(permission) and
    grant.reaches(target.scope) and
    grant.covers(target.resource);
"""


class User:
    def __init__(self, grants: list["Grant"]) -> None:
        self.grants = grants


class Target:
    def __init__(self, resource: str, scope: str) -> None:
        self.resource = resource
        self.scope = scope


class Grant:
    def __init__(self, permissions: frozenset[str], group: Group, place: str) -> None:
        self.permissions = permissions
        self.group = group
        self.place = place

    def gives(self, permission: str) -> bool:
        return permission in self.permissions

    def reaches(self, scope: str) -> bool:
        return self.place == scope or (self.group.below and self.place in above(scope))

    def covers(self, resource: str) -> bool:
        return self.group.all or resource in self.group.resources


class OsoPeer(Peer):
    note = "a rule in Polar over each user's grants, groups resolved ahead"

    def load(self, world: World) -> None:
        oso = Oso()
        for known in (User, Target, Grant):
            oso.register_class(known)
        oso.load_str(_RULE)
        for account in world.accounts():
            self.checks[account.name] = _check_of(oso, account, world.roles)


def _check_of(oso: Oso, account: Account, roles: dict[str, frozenset[str]]) -> Check:
    users = {
        user: User(
            [Grant(roles[one.role], account.resource_groups[one.group], one.scope) for one in some]
        )
        for user, some in effective(account)
    }
    nobody = User([])

    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        user = users.get(principal, nobody)
        return bool(oso.is_allowed(user, permission, Target(resource, scope)))

    return check


PEERS = {"oso": OsoPeer}
