"""Plain Python, not flattened: every check walks the groups of the principal, and the scopes."""

from access_model import Account
from access_world import World

from access_peers import Check, Peer


class Walk(Peer):
    note = "subjects x scopes over one dict, groups resolved in the check"

    def load(self, world: World) -> None:
        for account in world.accounts():
            self.checks[account.name] = _check_of(account, world.roles)


def _check_of(account: Account, roles: dict[str, frozenset[str]]) -> Check:
    parents, groups, scopes = account.parents, account.resource_groups, frozenset(account.scopes)
    placed: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for assigned in account.assignments:
        if assigned.enabled:
            placed.setdefault((assigned.principal, assigned.scope), []).append(
                (assigned.role, assigned.group)
            )

    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        if scope not in scopes:
            return False
        subjects = [principal]
        seen = {principal}
        for who in subjects:
            for group in parents.get(who, ()):
                if group not in seen:
                    seen.add(group)
                    subjects.append(group)
        chain = [scope]
        if scope:
            organization, slash, _ = scope.partition("/")
            chain += [organization, ""] if slash else [""]
        for place in chain:
            for who in subjects:
                for role, name in placed.get((who, place), ()):
                    if permission in roles[role]:
                        selected = groups[name]
                        if (place == scope or selected.below) and (
                            selected.all or resource in selected.resources
                        ):
                            return True
        return False

    return check


PEERS = {"walk": Walk}
