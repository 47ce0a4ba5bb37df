"""vakt: a guard an account over its memory storage, a policy an assignment, all looked at."""

from access_model import Account
from access_world import World
from vakt import Guard, Inquiry, MemoryStorage, PolicyAllow, RulesChecker
from vakt.rules import Any as Anything
from vakt.rules import AnyIn, Eq, In

from access_peers import Check, Peer
from access_peers.preparing import above, subjects


class Vakt(Peer):
    note = "a guard an account; every policy of the account is looked at; groups resolved ahead"

    def load(self, world: World) -> None:
        # vakt fills the sets of its rules one by one; those of a role are the same everywhere.
        given = {name: In(*permissions) for name, permissions in world.roles.items()}
        for account in world.accounts():
            self.checks[account.name] = _check_of(account, given)


def _check_of(account: Account, given: dict[str, In]) -> Check:
    storage = MemoryStorage()
    covered = {
        name: Anything() if group.all else In(*group.resources)
        for name, group in account.resource_groups.items()
    }
    for assigned in account.assignments:
        if not assigned.enabled:
            continue
        below = account.resource_groups[assigned.group].below
        storage.add(
            PolicyAllow(
                assigned.id,
                actions=[given[assigned.role]],
                subjects=[AnyIn(assigned.principal)],
                resources=[covered[assigned.group]],
                context={"places": AnyIn(assigned.scope)} if below
                else {"scope": Eq(assigned.scope)},
            )
        )  # fmt: skip
    guard = Guard(storage, RulesChecker())
    who = {user: subjects(account, user) for user in account.users}
    places = {scope: [scope, *above(scope)] for scope in account.scopes}

    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        inquiry = Inquiry(
            subject=who.get(principal, [principal]),
            action=permission,
            resource=resource,
            context={"scope": scope, "places": places[scope]},
        )
        return bool(guard.is_allowed_check(inquiry))

    return check


PEERS = {"vakt": Vakt}
