"""From what was written to what is to be stored: the nouns of a bundle, each with its path."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from placet.bundle.document import (
    AssignmentEntry,
    Bundle,
    GateEntry,
    PermissionEntry,
    PolicyEntry,
    QuorumEntry,
    ResourceGroupEntry,
    RuleKeys,
    YieldEntry,
)
from placet.bundle.durations import seconds_of
from placet.bundle.report import Report
from placet.bundle.tree import Tree
from placet.catalogue import OPERATIONS
from placet.conditions import compile
from placet.model import (
    AccessYield,
    ApprovalPolicy,
    Assignment,
    Credential,
    Gate,
    Group,
    IncludedScope,
    JsonObject,
    Membership,
    PassYield,
    Permission,
    Quorum,
    Record,
    Resource,
    ResourceGroup,
    ResourceSelector,
    Role,
    Rule,
    ServiceAccount,
    User,
)

__all__ = ["ORDER", "SAID", "Item", "assignment_id", "nouns_of"]

ORDER: tuple[type[Record], ...] = (
    Permission, User, ServiceAccount, Group, Membership, Resource, ResourceGroup, Role,
    ApprovalPolicy, Gate, Assignment, Credential,
)  # fmt: skip
"""The order in which kinds are stored: what is named comes before what names it."""

_RULES = (
    "name", "description", "applies_to", "when", "needed", "requesters", "requirement", "yields",
    "decide_within", "use_within", "also_exclude", "allow_self_review", "allow_unattributed",
    "reject_when", "override_by", "override_for", "shared_seats", "inputs", "rules", "carry_if",
    "remind_after", "allow_unsatisfiable",
)  # fmt: skip
SAID: Mapping[type[Record], tuple[str, ...]] = {
    Permission: ("resource_type", "action", "allowed_scope_levels", "name", "status"),
    User: ("name", "email", "attributes", "disabled"),
    ServiceAccount: ("name", "email", "description", "attributes", "disabled"),
    Group: ("name", "description", "attributes", "disabled"),
    Membership: (),
    Resource: ("scope", "attributes"),
    ResourceGroup: (
        "name", "description", "all", "resources", "include_child_scopes", "included_scopes",
        "allowed_scope_levels", "tags",
    ),
    Role: ("name", "description", "permissions", "includes", "allowed_scope_levels", "tags"),
    ApprovalPolicy: _RULES,
    Gate: ("name", "policy", "labels", "windows", "blackouts", "latest_only"),
    Assignment: (
        "principal", "role", "resource_group", "effect", "disabled", "condition", "not_before",
        "expires_at",
    ),
    Credential: ("principal", "kind", "secret_hash", "name", "expires_at"),
}  # fmt: skip
"""What a bundle says about a noun besides its key; everything else of a stored one stays."""


class Item(msgspec.Struct, frozen=True, gc=False):
    """A noun of the bundle and where it stands.

    `words` are the keys of the file for those fields of the noun that are called otherwise;
    `places` the paths of the leaves of a policy's requirement; `derived` is true for an
    assignment whose id follows from its content; `password` is that of a `basic` credential.
    Being part of no cycle, items are no concern of the garbage collector.
    """

    path: str
    noun: Any
    words: Mapping[str, str] = MappingProxyType({})
    places: tuple[str, ...] = ()
    derived: bool = False
    password: str | None = None

    def at(self, field: str) -> str:
        """The path of a field of the noun.

        >>> Item("assignments[3]", None, {"condition": "when"}).at("condition")
        'assignments[3].when'
        """
        if not field:
            return self.path
        for name, word in self.words.items():
            if field == name or field.startswith((f"{name}.", f"{name}[")):
                return f"{self.path}{_joined(word)}{field.removeprefix(name)}"
        return f"{self.path}.{field}"


def _joined(word: str) -> str:
    return f".{word}" if word else ""


def nouns_of(bundle: Bundle, report: Report) -> dict[type[Record], list[Item]]:
    """The nouns of a bundle by type, credentials apart; mistakes are reported."""
    return {
        Permission: [
            _permission(entry, f"permissions[{at}]") for at, entry in enumerate(bundle.permissions)
        ],
        User: _plain(User, "users", bundle.users),
        ServiceAccount: _plain(ServiceAccount, "service_accounts", bundle.service_accounts),
        Group: _plain(Group, "groups", bundle.groups),
        Membership: list(_memberships(bundle)),
        Resource: _plain(Resource, "resources", bundle.resources),
        ResourceGroup: [
            Item(f"resource_groups[{at}]", _resource_group(entry))
            for at, entry in enumerate(bundle.resource_groups)
        ],
        Role: _plain(Role, "roles", bundle.roles),
        ApprovalPolicy: [
            *(
                _policy(entry, f"approval_policies[{at}]", report)
                for at, entry in enumerate(bundle.approval_policies)
            ),
            *(
                _gate_policy(entry, f"gates[{at}]", report)
                for at, entry in enumerate(bundle.gates)
                if entry.policy is None
            ),
        ],
        Gate: [_gate(entry, f"gates[{at}]", report) for at, entry in enumerate(bundle.gates)],
        Assignment: list(_assignments(bundle, report)),
    }


def assignment_id(noun: Assignment) -> str:
    """The id of an assignment that was given none: the same content, the same id.

    >>> assignment_id(Assignment(id="", principal="user:sam", role="reader@/"))
    'a_486628515b0d226ec703fa1e2555f713'
    """
    content = (
        noun.scope, noun.principal, noun.role, noun.resource_group, noun.effect, noun.condition
    )  # fmt: skip
    return "a_" + hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:32]


def _plain(
    noun: Callable[..., Record], table: str, entries: tuple[msgspec.Struct, ...]
) -> list[Item]:
    """Items of a type whose fields are called as the keys of the file are."""
    items = []
    for at, entry in enumerate(entries):
        said = msgspec.structs.asdict(entry)
        said.pop("members", None)
        if "attributes" in said:
            said["attributes"] = _json(said["attributes"])
        items.append(Item(f"{table}[{at}]", noun(**said)))
    return items


def _json(attributes: JsonObject) -> JsonObject:
    """Attributes as they come back from the store: a TOML time is text there."""
    if not attributes:
        return attributes
    value: JsonObject = msgspec.json.decode(msgspec.json.encode(attributes))
    return value


def _permission(entry: str | PermissionEntry, path: str) -> Item:
    if isinstance(entry, str):
        entry = PermissionEntry(id=entry)
        words = {"id": "", "resource_type": "", "action": ""}
    else:
        words = {}
    resource_type, _, action = entry.id.rpartition(".")
    noun = Permission(
        id=entry.id,
        resource_type=entry.resource_type or resource_type,
        action=entry.action or (action if resource_type else ""),
        allowed_scope_levels=entry.allowed_scope_levels,
        name=entry.name,
        status=entry.status,
    )
    return Item(path, noun, words)


def _memberships(bundle: Bundle) -> Iterator[Item]:
    for at, entry in enumerate(bundle.groups):
        ref = Group(id=entry.id, scope=entry.scope).ref
        for number, member in enumerate(entry.members):
            noun = Membership(group=ref, member=member)
            yield Item(f"groups[{at}].members[{number}]", noun, {"member": ""})


def _resource_group(entry: ResourceGroupEntry) -> ResourceGroup:
    return ResourceGroup(
        id=entry.id,
        scope=entry.scope,
        name=entry.name,
        description=entry.description,
        all=entry.resources is None if entry.all is None else entry.all,
        resources=tuple(
            ResourceSelector(selector.type, selector.ids) for selector in entry.resources or ()
        ),
        include_child_scopes=entry.include_child_scopes,
        included_scopes=None
        if entry.included_scopes is None
        else tuple(
            IncludedScope(included.scope, included.include_child_scopes)
            for included in entry.included_scopes
        ),
        allowed_scope_levels=entry.allowed_scope_levels,
        tags=entry.tags,
    )


def _rules(rules: RuleKeys, tree: Tree, path: str, report: Report) -> dict[str, Any]:
    def seconds(key: str, text: str | None) -> int | None:
        return None if text is None else report.of(f"{path}.{key}", seconds_of, text)

    said = {name: getattr(rules, name) for name in _RULES if hasattr(rules, name)}
    said["requirement"] = tree.root
    said["decide_within"] = seconds("decide_within", rules.decide_within)
    said["use_within"] = seconds("use_within", rules.use_within)
    said["override_for"] = seconds("override_for", rules.override_for) or 1
    said["remind_after"] = seconds("remind_after", rules.remind_after)
    said["rules"] = tuple(Rule(**msgspec.structs.asdict(rule)) for rule in rules.rules)
    said["yields"] = PassYield()
    if isinstance(rules.yields, YieldEntry):
        lasts = seconds("yields.for", rules.yields.duration)
        said["yields"] = AccessYield(rules.yields.role, lasts or 1)
    if isinstance(rules.reject_when, QuorumEntry):
        said["reject_when"] = Quorum(rules.reject_when.quorum)
    return said


def _policy(entry: PolicyEntry, path: str, report: Report) -> Item:
    tree = Tree(entry, path, report)
    said = _rules(entry, tree, path, report)
    return Item(path, ApprovalPolicy(id=entry.id, scope=entry.scope, **said), {}, tree.places)


def _gate_policy(entry: GateEntry, path: str, report: Report) -> Item:
    """The policy of a gate that has its own: it speaks about taking this gate alone."""
    tree = Tree(entry, path, report)
    said = _rules(entry, tree, path, report)
    if isinstance(said["yields"], AccessYield):
        report.fail(f"{path}.yields", "is a role; a gate is passed with a pass, so write 'pass'")
    quoted = entry.id.replace("\\", "\\\\").replace("'", "\\'")
    this_gate = f"resource.id == '{quoted}'"
    # Compiled on its own first, so that a mistake is counted from the text in the file.
    own = None if entry.when is None else report.of(f"{path}.when", compile, entry.when)
    said["when"] = this_gate if own is None else f"{this_gate} && ({own.text})"
    said["applies_to"] = (OPERATIONS["gates.take"].permission,)
    noun = ApprovalPolicy(id=f"gate.{entry.id}", scope=entry.scope, **said)
    return Item(path, noun, {}, tree.places)


def _gate(entry: GateEntry, path: str, report: Report) -> Item:
    policy = entry.policy
    if policy is None:
        policy = f"gate.{entry.id}@/{entry.scope}"
    else:
        plain = GateEntry(id=entry.id)
        own = [
            key
            for key in RuleKeys.__struct_fields__
            if key != "name" and getattr(entry, key) != getattr(plain, key)
        ]
        for key in own:
            report.fail(f"{path}.{key}", "belongs to a policy of the gate's own; it names another")
    noun = Gate(
        id=entry.id,
        scope=entry.scope,
        name=entry.name,
        policy=policy,
        labels=entry.labels,
        windows=entry.windows,
        blackouts=entry.blackouts,
        latest_only=entry.latest_only,
    )
    return Item(path, noun)


def _assignments(bundle: Bundle, report: Report) -> Iterator[Item]:
    words: dict[int, Mapping[str, str]] = {}
    for at, entry in enumerate(bundle.assignments):
        path = f"assignments[{at}]"
        if not entry.to:
            report.fail(f"{path}.to", "is empty; name who gets the role")
        if entry.id is not None and len(entry.to) > 1:
            report.fail(
                f"{path}.id", f"is for exactly one principal, and 'to' names {len(entry.to)}"
            )
            continue
        for number, principal in enumerate(entry.to):
            known = words.setdefault(number, {"principal": f"to[{number}]", "condition": "when"})
            noun = _assignment(entry, principal)
            if entry.id is None:
                noun = msgspec.structs.replace(noun, id=assignment_id(noun))
            yield Item(path, noun, known, derived=entry.id is None)


def _assignment(entry: AssignmentEntry, principal: str) -> Assignment:
    return Assignment(
        id=entry.id or "",
        scope=entry.scope,
        principal=principal,
        role=entry.role,
        resource_group=entry.resource_group,
        effect=entry.effect,
        disabled=entry.disabled,
        condition=entry.when,
        not_before=entry.not_before,
        expires_at=entry.expires_at,
    )
