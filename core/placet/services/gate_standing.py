"""How a gate stands for one digest, from what is stored and from who may do what now."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.sources import Directory
from placet.approvals.gates import gate_status, still_satisfied
from placet.catalogue import OPERATIONS
from placet.conditions import FALSE, compile
from placet.model import (
    Approval,
    ApprovalPolicy,
    Claim,
    Gate,
    GateStatus,
    Grant,
    Permission,
)
from placet.refs import ResourceRef, encode
from placet.services.work import Work

__all__ = ["Standing", "claim_of", "standing"]


class Standing(NamedTuple):
    """How a gate stands for one digest, and what that follows from."""

    status: GateStatus
    approval: Approval | None
    grant: Grant | None

    @property
    def waits_or_opens(self) -> bool:
        """Whether asking again is the same request."""
        open_now = self.grant is not None and self.status in ("open", "blocked")
        return self.status == "waiting" or open_now


def claim_of(gate: Gate, digest: str) -> Claim:
    """That an approval is the one by which a digest passes a gate; who holds it is not said."""
    # A gate that is deleted and made anew is another gate (failure mode 38).
    made = "" if gate.created_at is None else gate.created_at.isoformat()
    return Claim(purpose="gate", key=encode(gate.scope, gate.id, made, digest), holder="")


def standing(work: Work, gate: Gate, digest: str, labels: Mapping[str, str] | None) -> Standing:
    """How a gate stands for a digest, from what is stored and from who may do what now."""
    claim = work.get(Claim, "gate", claim_of(gate, digest).key)
    approval = None if claim is None else work.get(Approval, claim.holder)
    ref = None if approval is None else approval.grant
    grant = None if ref is None else work.get(Grant, ref)
    policy = work.snapshot.policies.get(gate.policy)
    satisfied = approval is not None and still_satisfied(
        approval, policy, Directory(work.snapshot, approval, work.now, closed=work.closed)
    )
    status = gate_status(
        gate,
        approval,
        grant,
        work.now,
        required=_required(work, gate, policy, digest, labels or {}),
        satisfied=satisfied and not _refused(work, gate, grant),
    )
    return Standing(status, approval, grant)


def _required(
    work: Work,
    gate: Gate,
    policy: ApprovalPolicy | None,
    digest: str,
    labels: Mapping[str, str],
) -> bool:
    """Whether the policy is about this passing: only a condition that is false says no.

    In its `context` stand the `digest` and the `labels`; what cannot be told is required
    (failure mode T45).
    """
    if policy is None or policy.when is None:
        return True
    question = _question(work.actor.subject, gate)
    context = {"digest": digest, "labels": {**labels, **gate.labels}}
    question = msgspec.structs.replace(question, context=context)
    facts = Inquiry(work.snapshot, question, work.now, closed=work.closed).facts
    return compile(policy.when).evaluate(facts) is not FALSE


def _refused(work: Work, gate: Gate, grant: Grant | None) -> bool:
    """Whether the pass is that of somebody who may nothing any more."""
    if grant is None:
        return False
    question = _question(grant.principal, gate)
    asked = Inquiry(work.snapshot, question, work.now, closed=work.closed)
    return asked.principal_refusal() is not None


def _question(principal: str, gate: Gate) -> Question:
    operation = OPERATIONS["gates.take"]
    permission = Permission(
        id=operation.permission, resource_type=operation.resource_type, action="take"
    )
    resource = ResourceRef(operation.resource_type, gate.id)
    return Question(principal, permission, resource, gate.scope)
