"""pycasbin: an enforcer an account, a rule an assignment; roles and resource groups are functions.

`casbin` resolves groups with its role manager and looks at every rule of the account. `casbin_fast`
is its FastEnforcer with the rules of each user, groups resolved ahead, filtered by the user.
"""

from typing import Any

import casbin
from access_model import Account, Assigned
from access_world import World
from casbin.model import FastModel, Model

from access_peers import Check, Peer
from access_peers.preparing import above, effective

_MODEL = """
[request_definition]
r = sub, act, obj, scope
[policy_definition]
p = sub, role, group, place
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = {who} && gives(p.role, r.act) && reaches(p.group, p.place, r.scope) && covers(p.group, r.obj)
"""


class Casbin(Peer):
    note = "an enforcer an account; every rule of the account is looked at"

    def load(self, world: World) -> None:
        for account in world.accounts():
            enforcer = self.enforcer(account)
            _define(enforcer, account, world.roles)
            self.checks[account.name] = _check_of(enforcer)

    def enforcer(self, account: Account) -> Any:
        """The enforcer of an account, with its rules."""
        enforcer = casbin.Enforcer(_model("g(r.sub, p.sub)", Model()))
        rules = [_rule(one.principal, one) for one in account.assignments if one.enabled]
        enforcer.model["p"]["p"].policy.extend(rules)
        links = [[who, group] for who, groups in account.parents.items() for group in groups]
        enforcer.model["g"]["g"].policy.extend(links)
        # Chains of groups are longer than the ten that it follows unless told otherwise.
        enforcer.rm_map["g"].max_hierarchy_level = 1_000_000
        enforcer.build_role_links()
        return enforcer


class CasbinFast(Casbin):
    note = "FastEnforcer, filtered by the user; groups resolved ahead into rules of each user"

    def enforcer(self, account: Account) -> Any:
        enforcer = casbin.FastEnforcer(
            _model("r.sub == p.sub", FastModel([0])), cache_key_order=[0]
        )
        policy = enforcer.model["p"]["p"].policy
        for user, assignments in effective(account):
            for assigned in assignments:
                policy.append(_rule(user, assigned))
        return enforcer


def _model(who: str, model: Any) -> Any:
    model.load_model_from_text(_MODEL.format(who=who))
    return model


def _rule(who: str, assigned: Assigned) -> list[str]:
    return [who, assigned.role, assigned.group, assigned.scope]


def _define(enforcer: Any, account: Account, roles: dict[str, frozenset[str]]) -> None:
    groups = account.resource_groups
    higher = {scope: frozenset(above(scope)) for scope in account.scopes}

    def gives(role: str, permission: str) -> bool:
        return permission in roles[role]

    def reaches(group: str, place: str, scope: str) -> bool:
        return place == scope or (groups[group].below and place in higher[scope])

    def covers(group: str, resource: str) -> bool:
        return groups[group].all or resource in groups[group].resources

    for function in (gives, reaches, covers):
        enforcer.add_function(function.__name__, function)


def _check_of(enforcer: Any) -> Check:
    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        return bool(enforcer.enforce(principal, permission, resource, scope))

    return check


PEERS = {"casbin": Casbin, "casbin_fast": CasbinFast}
