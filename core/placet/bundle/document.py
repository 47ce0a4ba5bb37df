"""The file itself, key by key, exactly as design section 8 shows it.

Nothing here means anything yet: `placet.bundle.nouns` turns it into what is stored.
"""

from typing import Any, Literal

import msgspec

from placet.access.answers import Outcome
from placet.model import (
    ALL_LEVELS,
    Blackout,
    CredentialKind,
    Effect,
    Exclusion,
    Input,
    JsonObject,
    PermissionStatus,
    Time,
    Window,
)
from placet.refs import ScopeLevel

__all__ = [
    "AssignmentEntry",
    "Bundle",
    "CredentialEntry",
    "GateEntry",
    "GroupEntry",
    "IncludedScopeEntry",
    "PermissionEntry",
    "PolicyEntry",
    "QuorumEntry",
    "RequirementEntry",
    "ResourceEntry",
    "ResourceGroupEntry",
    "RoleEntry",
    "RuleEntry",
    "RuleKeys",
    "SelectorEntry",
    "ServiceAccountEntry",
    "TestEntry",
    "UserEntry",
    "YieldEntry",
]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A table of the file: a key that is not listed is a mistake.

    A file is a tree, so that the garbage collector has no cycle to look for in it.
    """


class PermissionEntry(_Entry, frozen=True, kw_only=True):
    """A permission with more to say than its id; type and action default to the dotted id's."""

    id: str
    resource_type: str = ""
    action: str = ""
    allowed_scope_levels: tuple[ScopeLevel, ...] = ALL_LEVELS
    name: str = ""
    status: PermissionStatus = "active"


class UserEntry(_Entry, frozen=True, kw_only=True):
    """A person."""

    id: str
    name: str = ""
    email: str = ""
    attributes: JsonObject = {}
    disabled: bool = False


class ServiceAccountEntry(UserEntry, frozen=True, kw_only=True):
    """A program, owned by `scope`."""

    scope: str = ""
    description: str = ""


class GroupEntry(_Entry, frozen=True, kw_only=True):
    """A group; `members` are principals as they are written in the group's scope."""

    id: str
    scope: str = ""
    name: str = ""
    description: str = ""
    attributes: JsonObject = {}
    disabled: bool = False
    members: tuple[str, ...] = ()


class ResourceEntry(_Entry, frozen=True, kw_only=True):
    """A resource of the catalogue; `scope` is its home, none by default."""

    type: str
    id: str
    scope: str | None = None
    attributes: JsonObject = {}


class SelectorEntry(_Entry, frozen=True, kw_only=True):
    """Resources of one type: those with these `ids`, or all of them."""

    type: str
    ids: tuple[str, ...] | None = None


class IncludedScopeEntry(_Entry, frozen=True, kw_only=True):
    """A scope that a resource group reaches into."""

    scope: str
    include_child_scopes: bool = False


class ResourceGroupEntry(_Entry, frozen=True, kw_only=True):
    """A selection of resources; without `all` and `resources`, everything."""

    id: str
    scope: str = ""
    name: str = ""
    description: str = ""
    all: bool | None = None
    include_child_scopes: bool = True
    included_scopes: tuple[IncludedScopeEntry, ...] | None = None
    resources: tuple[SelectorEntry, ...] | None = None
    allowed_scope_levels: tuple[ScopeLevel, ...] = ALL_LEVELS
    tags: dict[str, str] = {}


class RoleEntry(_Entry, frozen=True, kw_only=True):
    """A role."""

    id: str
    scope: str = ""
    name: str = ""
    description: str = ""
    permissions: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    allowed_scope_levels: tuple[ScopeLevel, ...] = ALL_LEVELS
    tags: dict[str, str] = {}


class AssignmentEntry(_Entry, frozen=True, kw_only=True):
    """One role for each principal of `to`; with an `id`, for exactly one."""

    to: tuple[str, ...]
    role: str
    scope: str = ""
    id: str | None = None
    resource_group: str | None = None
    when: str | None = None
    effect: Effect = "allow"
    disabled: bool = False
    not_before: Time | None = None
    expires_at: Time | None = None


class CredentialEntry(_Entry, frozen=True, kw_only=True):
    """A credential `for` a principal: where its secret is found, never the secret."""

    principal: str = msgspec.field(name="for")
    kind: CredentialKind
    id: str | None = None
    name: str = ""
    secret_env: str | None = None
    secret_hash: str | None = None
    expires_at: Time | None = None


class RequirementEntry(_Entry, frozen=True, kw_only=True):
    """One node of a requirement tree, or a stage: exactly one of its keys says what it is.

    `at_least` counts the children in `of`. A child may be the text of a reviews leaf. Beside
    `reviews` may stand when, and to whom, they are escalated.
    """

    name: str = ""
    all_of: "tuple[RequirementEntry | str, ...] | None" = None
    any_of: "tuple[RequirementEntry | str, ...] | None" = None
    at_least: int | None = None
    of: "tuple[RequirementEntry | str, ...] | None" = None
    in_order: "tuple[RequirementEntry | str, ...] | None" = None
    reviews: str | tuple[str, ...] | None = None
    condition: str | None = None
    escalate_after: str | None = None
    escalate_to: tuple[str, ...] = ()


class YieldEntry(_Entry, frozen=True, kw_only=True):
    """Access: a role for a duration."""

    role: str
    duration: str = msgspec.field(name="for")


class RuleEntry(_Entry, frozen=True, kw_only=True):
    """A rule that reviews by itself."""

    name: str
    verdict: Literal["approve", "reject"]
    when: str | None = None
    during: tuple[Window, ...] = ()
    subjects: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    comment: str = ""
    inputs: JsonObject = {}


class QuorumEntry(_Entry, frozen=True, kw_only=True):
    """So many rejections reject."""

    quorum: int


class RuleKeys(_Entry, frozen=True, kw_only=True):
    """The keys that a policy, and a gate with a policy of its own, have in common."""

    name: str = ""
    description: str = ""
    when: str | None = None
    needed: Literal["always", "when_denied"] = "always"
    requesters: tuple[str, ...] = ()
    stages: tuple[RequirementEntry, ...] | None = None
    reviews: tuple[str, ...] | None = None
    requirement: RequirementEntry | None = None
    yields: Literal["pass"] | YieldEntry = "pass"
    decide_within: str | None = None
    use_within: str | None = None
    also_exclude: tuple[Exclusion, ...] = ()
    allow_self_review: bool = False
    allow_unattributed: bool = False
    reject_when: Literal["any", "unreachable"] | QuorumEntry = "any"
    override_by: tuple[str, ...] = ()
    override_for: str = "1h"
    shared_seats: bool = False
    inputs: tuple[Input, ...] = ()
    rules: tuple[RuleEntry, ...] = ()
    carry_if: str | None = None
    remind_after: str | None = None
    allow_unsatisfiable: bool = False


class PolicyEntry(RuleKeys, frozen=True, kw_only=True):
    """An approval policy."""

    id: str
    scope: str = ""
    applies_to: tuple[str, ...]


class GateEntry(RuleKeys, frozen=True, kw_only=True):
    """A gate: it names a `policy`, or has the keys of one."""

    id: str
    scope: str = ""
    labels: dict[str, str] = {}
    policy: str | None = None
    windows: tuple[Window, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    latest_only: bool = False


class TestEntry(_Entry, frozen=True, kw_only=True):
    """A question and its right answer; `on` is "type:id", or {type, id, ...properties}."""

    __test__ = False

    who: str
    can: str
    expect: Outcome
    on: str | dict[str, Any] | None = None
    scope: str | None = None
    name: str = ""
    context: JsonObject = {}


class Bundle(_Entry, frozen=True, kw_only=True):
    """A bundle as it was written. `account` may be left out: it is then that of the engine.

    `bundle` is the name that owns what it creates: two files of one account need two names.
    """

    account: str | None = None
    bundle: str = "default"
    permissions: tuple[str | PermissionEntry, ...] = ()
    users: tuple[UserEntry, ...] = ()
    service_accounts: tuple[ServiceAccountEntry, ...] = ()
    groups: tuple[GroupEntry, ...] = ()
    resources: tuple[ResourceEntry, ...] = ()
    resource_groups: tuple[ResourceGroupEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    assignments: tuple[AssignmentEntry, ...] = ()
    credentials: tuple[CredentialEntry, ...] = ()
    approval_policies: tuple[PolicyEntry, ...] = ()
    gates: tuple[GateEntry, ...] = ()
    tests: tuple[TestEntry, ...] = ()
