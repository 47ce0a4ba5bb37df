"""regorus: the policy is compiled once, the data of an account is JSON in a machine of its own.

`regorus` has the account's data as it is kept, by subject and scope, and resolves in Rego what it
means. `regorus_flat` has it flattened by hand, for each user what `flat` has: not how the data of
an account is kept, for a change of a group would mean to write it all anew.
"""

import json
from typing import Any

import regorus
from access_model import Account
from access_world import World

from access_peers import Check, Peer
from access_peers.preparing import above, effective, subjects

_KEPT = """package access
default allow := false
reaches(group, place) if place == input.scope
reaches(group, place) if group.below
covers(group) if group.all
covers(group) if group.resources[input.resource]
allow if {
    some place in data.chain[input.scope]
    some who in data.subjects[input.principal]
    some assigned in data.placed[who][place]
    data.roles[assigned.role][input.permission]
    group := data.groups[assigned.group]
    reaches(group, place)
    covers(group)
}
"""
_FLAT = """package access
default allow := false
covers(group) if group.all
covers(group) if group.resources[input.resource]
allow if {
    some assigned in data.here[input.principal][input.scope]
    data.roles[assigned.role][input.permission]
    covers(data.groups[assigned.group])
}
allow if {
    some place in data.above[input.scope]
    some assigned in data.below[input.principal][place]
    data.roles[assigned.role][input.permission]
    covers(data.groups[assigned.group])
}
"""
_INPUT = '{"principal":"%s","permission":"%s","resource":"%s","scope":"%s"}'

Places = dict[str, dict[str, list[dict[str, str]]]]


class Regorus(Peer):
    note = "compiled once, run by its Rvm; assignments by subject and scope, groups resolved ahead"
    policy = _KEPT

    def load(self, world: World) -> None:
        program = regorus.Program.compile_from_modules(
            "{}", [("access.rego", self.policy)], ["data.access.allow"]
        )
        roles = {name: dict.fromkeys(given, True) for name, given in world.roles.items()}
        for account in world.accounts():
            machine = regorus.Rvm()
            machine.load_program(program)
            groups = {
                name: {
                    "all": group.all,
                    "below": group.below,
                    "resources": dict.fromkeys(group.resources, True),
                }
                for name, group in account.resource_groups.items()
            }
            data = {"roles": roles, "groups": groups, **self.data(account)}
            machine.set_data_json(json.dumps(data))
            self.checks[account.name] = _check_of(machine)

    def data(self, account: Account) -> dict[str, Any]:
        """What the policy finds in `data`, beside roles and groups."""
        placed: Places = {}
        for assigned in account.assignments:
            if assigned.enabled:
                _place(placed, assigned.principal, assigned.scope, assigned.role, assigned.group)
        return {
            "placed": placed,
            "subjects": {user: subjects(account, user) for user in account.users},
            "chain": {scope: [scope, *above(scope)] for scope in account.scopes},
        }


class RegorusFlat(Regorus):
    note = "as regorus, its data flattened by hand for each user; not a goal's peer"
    policy = _FLAT

    def data(self, account: Account) -> dict[str, Any]:
        here: Places = {}
        below: Places = {}
        for user, assignments in effective(account):
            for assigned in assignments:
                _place(here, user, assigned.scope, assigned.role, assigned.group)
                if account.resource_groups[assigned.group].below:
                    _place(below, user, assigned.scope, assigned.role, assigned.group)
        higher = {scope: above(scope) for scope in account.scopes}
        return {"here": here, "below": below, "above": higher}


def _place(places: Places, who: str, scope: str, role: str, group: str) -> None:
    assigned = {"role": role, "group": group}
    places.setdefault(who, {}).setdefault(scope, []).append(assigned)


def _check_of(machine: Any) -> Check:
    ask, run = machine.set_input_json, machine.execute

    # The words of this benchmark need no escapes in JSON; an application's would.
    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        ask(_INPUT % (principal, permission, resource, scope))
        return bool(run() == "true")

    return check


PEERS = {"regorus": Regorus, "regorus_flat": RegorusFlat}
