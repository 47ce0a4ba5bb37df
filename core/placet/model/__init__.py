"""The nouns: frozen structs with validation and no other behaviour."""

from placet.model._base import Checker, JsonObject, Noun, Record, Time
from placet.model.actor import SYSTEM, Actor
from placet.model.approval import (
    TERMINAL,
    Approval,
    ApprovalStatus,
    Resolution,
    Review,
    Verdict,
)
from placet.model.assignment import Assignment, Effect
from placet.model.bookkeeping import (
    Authority,
    Claim,
    DeadLetter,
    DeliveryCursor,
    IdempotencyKey,
    Lease,
    Session,
    Subscription,
)
from placet.model.credential import Credential, CredentialKind
from placet.model.delegation import Delegation
from placet.model.event import Change, Event
from placet.model.gate import Gate, GateStatus
from placet.model.grant import Grant, GrantStatus
from placet.model.inputs import Input, input_problems
from placet.model.json_values import json_fault
from placet.model.permission import ALL_LEVELS, Permission, PermissionStatus
from placet.model.plain import plain
from placet.model.policy import (
    AccessYield,
    ApprovalPolicy,
    Exclusion,
    PassYield,
    PolicyVersion,
    Quorum,
    RejectWhen,
    Yield,
)
from placet.model.principal import Group, Membership, ServiceAccount, User
from placet.model.requirement import (
    MAX_REQUIREMENT_DEPTH,
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    InOrder,
    Requirement,
    Reviews,
    parse_reviews,
    parse_source,
    walk,
)
from placet.model.resource import IncludedScope, Resource, ResourceGroup, ResourceSelector
from placet.model.role import Role
from placet.model.rule import Rule
from placet.model.schedule import Blackout, Window

__all__ = [
    "ALL_LEVELS", "AccessYield", "Actor", "AllOf", "AnyOf", "Approval", "ApprovalPolicy",
    "ApprovalStatus", "Assignment", "AtLeast", "Authority", "Blackout", "Change", "Checker",
    "Claim", "ConditionHolds", "Credential", "CredentialKind", "DeadLetter", "Delegation",
    "DeliveryCursor", "Effect", "Event", "Exclusion", "Gate", "GateStatus", "Grant",
    "GrantStatus", "Group", "IdempotencyKey", "InOrder", "IncludedScope", "Input", "JsonObject",
    "Lease", "MAX_REQUIREMENT_DEPTH", "Membership", "Noun", "PassYield", "Permission",
    "PermissionStatus", "PolicyVersion", "Quorum", "Record", "RejectWhen", "Requirement",
    "Resolution", "Resource", "ResourceGroup", "ResourceSelector", "Review", "Reviews", "Role",
    "Rule", "SYSTEM", "ServiceAccount", "Session", "Subscription", "TERMINAL", "Time", "User",
    "Verdict", "Window", "Yield", "input_problems", "json_fault", "parse_reviews",
    "parse_source", "plain", "walk",
]  # fmt: skip
