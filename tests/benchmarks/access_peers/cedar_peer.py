"""cedarpy: one policy for each assignment of a user, in a set of the user's own, parsed once.

Roles are action groups, resource groups are parents of resources: they are in the entities of the
account, parsed once as well. The set of a user is made at its first question; the warm-up does it.
"""

import json
from collections.abc import Iterator
from typing import Any

from access_model import Account, Assigned
from access_world import World
from cedarpy import Entities, PolicySet, is_authorized

from access_peers import Check, Peer
from access_peers.preparing import above, effective


class Cedar(Peer):
    note = "a parsed PolicySet for each user, made at its first question; Entities per account"

    def load(self, world: World) -> None:
        actions = list(_actions(world))
        for account in world.accounts():
            entities = Entities.from_json_str(json.dumps([*actions, *_resources(account)]))
            self.checks[account.name] = _check_of(account, entities)


def _check_of(account: Account, entities: Any) -> Check:
    texts = {
        user: "\n".join(_policy(account, assigned) for assigned in assignments)
        for user, assignments in effective(account)
    }
    contexts = {
        scope: json.dumps({"scope": scope, "above": above(scope)}) for scope in account.scopes
    }
    parsed: dict[str, Any] = {}

    def check(principal: str, permission: str, resource: str, scope: str) -> bool:
        policies = parsed.get(principal)
        if policies is None:
            policies = parsed[principal] = PolicySet.from_str(texts.get(principal, ""))
        request = {
            "principal": {"type": "User", "id": principal},
            "action": {"type": "Action", "id": permission},
            "resource": {"type": "Resource", "id": resource},
            "context": contexts[scope],
        }
        return bool(is_authorized(request, policies, entities).allowed)

    return check


def _policy(account: Account, assigned: Assigned) -> str:
    group = account.resource_groups[assigned.group]
    scope = json.dumps(assigned.scope)
    where = f"context.scope == {scope}"
    if group.below:
        where += f" || context.above.contains({scope})"
    resource = "resource" if group.all else f'resource in Group::"{assigned.group}"'
    action = f'action in Action::"{assigned.role}"'
    return f"permit(principal, {action}, {resource}) when {{ {where} }};"


def _actions(world: World) -> Iterator[dict[str, object]]:
    inside: dict[str, list[str]] = {permission: [] for permission in world.permissions}
    for role, given in world.roles.items():
        yield _entity("Action", role, "Action", ())
        for permission in given:
            inside[permission].append(role)
    for permission, roles in inside.items():
        yield _entity("Action", permission, "Action", roles)


def _resources(account: Account) -> Iterator[dict[str, object]]:
    inside: dict[str, list[str]] = {}
    for name, group in account.resource_groups.items():
        for resource in group.resources:
            inside.setdefault(resource, []).append(name)
    for resource, groups in inside.items():
        yield _entity("Resource", resource, "Group", groups)


def _entity(
    type: str, id: str, parent: str, parents: list[str] | tuple[str, ...]
) -> dict[str, object]:
    return {
        "uid": {"type": type, "id": id},
        "attrs": {},
        "parents": [{"type": parent, "id": name} for name in parents],
    }


PEERS = {"cedar": Cedar}
