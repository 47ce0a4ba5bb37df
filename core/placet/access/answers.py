"""The words in which access answers."""

from typing import Any, Literal

import msgspec

from placet.model import JsonObject, Permission
from placet.refs import ResourceRef

__all__ = ["Decision", "Explanation", "Outcome", "Question", "Reason", "ReasonCode"]

Outcome = Literal["allowed", "approval_required", "denied"]
ReasonCode = Literal[
    "allowed_by",
    "approval_needed",
    "can_be_requested",
    "denied_by",
    "no_assignment",
    "disabled",
    "not_yet",
    "expired",
    "wrong_scope",
    "not_in_resource_group",
    "condition_false",
    "condition_missing",
    "condition_error",
    "principal_disabled",
    "principal_unknown",
    "permission_unregistered",
    "permission_inactive",
    "scope_level",
    "resource_elsewhere",
    "group_disabled",
]


class Question(msgspec.Struct, frozen=True, gc=False):
    """May `principal` use `permission` on `resource` in `scope`?

    The principal is an exact reference. `properties` are what the request says of a resource that
    is not stored, `context` and `subject_properties` what it says of the circumstances and of the
    caller; the last counts only by the names that a setting trusts. `action_properties` are what
    it says of the way in which the action is to be done.
    """

    principal: str
    permission: Permission
    resource: ResourceRef
    scope: str
    properties: JsonObject = {}
    context: JsonObject = {}
    subject_properties: JsonObject = {}
    action_properties: JsonObject = {}


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that decided, or nearly did: a code for machines and a sentence for people."""

    code: ReasonCode
    text: str
    assignment: str | None = None
    policy: str | None = None


class Decision(msgspec.Struct, frozen=True):
    """An answer. `policies` are those that ask for approval, exact references.

    `revision` is the number of the last event of the log that the answer rests on.
    """

    outcome: Outcome
    reasons: tuple[Reason, ...]
    revision: int
    policies: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the answer is yes, now and without anybody else."""
        return self.outcome == "allowed"

    @property
    def requestable(self) -> bool:
        """Whether asking for approval is the next step."""
        return self.outcome == "approval_required"


class Explanation(msgspec.Struct, frozen=True):
    """A decision with everything that it rests on: what was asked, the reasons, near misses.

    `omitted` is how many near misses more there are than those that are listed.
    """

    outcome: Outcome
    principal: str
    permission: str
    resource: str
    scope: str
    reasons: tuple[Reason, ...]
    near_misses: tuple[Reason, ...]
    revision: int
    omitted: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value

    def __str__(self) -> str:
        where = f"in {self.scope}" if self.scope else "in the account"
        lines = [
            f"{self.outcome}: {self.principal} {self.permission} on {self.resource} {where}",
            *(f"  {reason.text}" for reason in self.reasons),
        ]
        if self.near_misses:
            lines += ["  near misses:", *(f"    {reason.text}" for reason in self.near_misses)]
        if self.omitted:
            lines.append(f"    and {self.omitted} more")
        return "\n".join(lines)
