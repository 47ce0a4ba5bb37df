"""What would be: another review, another moment, another policy, a request not made yet."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from placet.access.answers import Reason
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.exact import exact_principal
from placet.access.sources import Directory
from placet.approvals.compose import compose
from placet.approvals.eligibility import excluded
from placet.approvals.evaluate import Result
from placet.approvals.lifecycle import open_approval, settle
from placet.approvals.reaching import People, can_be_met
from placet.approvals.suppose import Supposed, suppose
from placet.errors import Invalid
from placet.model import Approval, ApprovalPolicy, ApprovalStatus, JsonObject, Reviews
from placet.services.approval_reviewers import OpenLeaf, named_by, waiting_leaves
from placet.services.approval_sight import ApprovalSight
from placet.services.approval_writing import wanted_of
from placet.services.references import exact_requirement, exact_source
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["ApprovalSimulation", "RequestSimulation", "Simulation", "Supposed"]


class Simulation(msgspec.Struct, frozen=True):
    """How an approval would stand: its status, why, and the tree; and, by reviewer, why supposed
    reviews would not be accepted."""

    approval: str
    status: ApprovalStatus
    why: str
    tree: Result
    refused: dict[str, str] = {}

    def as_dict(self) -> dict[str, Any]:
        """The answer as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value


class RequestSimulation(msgspec.Struct, frozen=True):
    """What asking would come to. `outcome` is whether there is anything to ask for, with `reasons`;
    `policies` are those that would apply, `status` is that of the approval as it would be opened,
    `leaves` are all that would wait for reviews, those of later stages too, and `satisfiable` says
    whether enough people for all seats are known today, or may be. These four are empty where
    nothing can be asked for.
    """

    outcome: Literal["allowed", "approval_required", "denied"]
    reasons: tuple[Reason, ...]
    policies: tuple[str, ...] = ()
    status: ApprovalStatus | None = None
    leaves: tuple[OpenLeaf, ...] = ()
    satisfiable: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """The answer as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value


class ApprovalSimulation(ApprovalSight):
    """Dry runs: nothing is stored, and nobody is told."""

    def simulate(
        self,
        id: str,
        *,
        add: Sequence[Supposed] = (),
        remove: Sequence[str] = (),
        at: datetime | None = None,
        policy: ApprovalPolicy | None = None,
        actor: ActorLike = None,
    ) -> Simulation:
        """How the approval would stand with the reviews of `add`, made one after the other, without
        those of the reviewers in `remove`, at the moment `at`, under `policy` alone.

        One that has ended is looked at as if it had not. The directory is that of today, also at
        another moment. Whoever may view approvals in its scope, or review this one, may ask. Raises
        AccessDenied for others, Invalid for a policy that is not valid and for a moment without a
        time zone.
        """
        if at is not None and at.tzinfo is None:
            raise Invalid(f"at is {at.isoformat()}, which has no time zone; write it in UTC")

        def use_case(work: Work) -> Simulation:
            approval = self._visible(work, id)
            if not self._privileged(work, approval):
                work.authorize("approvals.view", approval.scope, id)
            moment = work.now if at is None else at.astimezone(UTC)
            would = suppose(
                approval,
                Directory(work.snapshot, approval, moment, closed=work.closed),
                add=[_exact(work, approval, said) for said in add],
                remove=[exact_principal(work.snapshot, one, approval.scope) for one in remove],
                policy=None if policy is None else _exact_policy(work, policy),
            )
            pending = would.status == "pending"
            why = would.tree.why if pending else f"it would be {would.status}"
            return Simulation(id, would.status, why, would.tree, would.refused)

        return self._tenant.run(actor, use_case)

    def simulate_request(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        contributors: Sequence[str] = (),
        actor: ActorLike = None,
    ) -> RequestSimulation:
        """What `request`, with the same words, would come to: which policies apply, and who could
        say yes to each part. By name to those only who may view approvals in its scope; others are
        told how many (failure mode T50).
        """

        def use_case(work: Work) -> RequestSimulation:
            question, wanted = wanted_of(
                self, work, permission, on, args, scope=scope, properties=properties
            )
            decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
            if decision.allowed or not decision.requestable:
                return RequestSimulation(decision.outcome, decision.reasons)
            known = [work.snapshot.policies.get(ref) for ref in decision.policies]
            opened = open_approval(
                msgspec.structs.replace(wanted, contributors=tuple(contributors)),
                compose([found for found in known if found is not None]),
                decision.policies,
                work.actor,
                work.now,
            )
            opened = settle(opened, work.directory(opened)).approval
            return RequestSimulation(
                decision.outcome,
                decision.reasons,
                decision.policies,
                opened.status,
                waiting_leaves(
                    work, opened, named=work.may("approvals.view", opened.scope), ahead=True
                ),
                can_be_met(opened.policy, _people(work, opened)),
            )

        return self._tenant.run(actor, use_case)


def _people(work: Work, opened: Approval) -> People:
    """Who could ever fill the seats of a leaf; None where they cannot all be listed."""
    directory = work.directory(opened)

    def people(number: int, leaf: Reviews) -> frozenset[str] | None:
        known, whole = named_by(work, opened, directory, leaf.sources)
        return known - excluded(opened) if whole else None

    return people


def _exact(work: Work, approval: Approval, said: Supposed) -> Supposed:
    seat = said.seat_of
    return msgspec.structs.replace(
        said,
        reviewer=exact_principal(work.snapshot, said.reviewer, approval.scope),
        seat_of=None if seat is None else exact_principal(work.snapshot, seat, approval.scope),
    )


def _exact_policy(work: Work, policy: ApprovalPolicy) -> ApprovalPolicy:
    """The policy with exact sources where the approval reads them."""
    policy.validate()
    snapshot, scope, closed = work.snapshot, policy.scope, work.closed
    return msgspec.structs.replace(
        policy,
        requirement=exact_requirement(snapshot, policy.requirement, scope, closed=closed),
        rules=tuple(
            msgspec.structs.replace(
                rule,
                subjects=tuple(
                    exact_source(snapshot, source, scope, closed=closed) for source in rule.subjects
                ),
                leaves=(),
            )
            for rule in policy.rules
        ),
    )
