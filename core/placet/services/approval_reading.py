"""Reading approvals: one at a time, why it stands as it does, and what else may be known of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.approvals.eligibility import excluded
from placet.approvals.evaluate import Result, evaluate
from placet.approvals.lifecycle import entitled
from placet.approvals.transition import status_of
from placet.model import (
    Approval,
    ApprovalStatus,
    Grant,
    Resource,
    Reviews,
    ServiceAccount,
    User,
    parse_source,
    walk,
)
from placet.refs import ResourceRef
from placet.services.approval_inbox import ApprovalInbox
from placet.services.approval_lists import ApprovalLists
from placet.services.approval_metrics import ApprovalMetrics
from placet.services.approval_reviewers import ApprovalReviewers
from placet.services.approval_sight import as_of
from placet.services.approval_simulation import ApprovalSimulation
from placet.services.asking import Ask, ask
from placet.services.base import MAX_LISTED
from placet.services.grants import grant_as_of
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["ApprovalExplanation", "ApprovalReading", "Standing"]

NAMED = 100
"""The most reviewers of one approval that are named."""


class ApprovalExplanation(msgspec.Struct, frozen=True):
    """Why an approval stands as it does: its status now, the tree, and a sentence."""

    approval: str
    status: ApprovalStatus
    why: str
    tree: Result

    def as_dict(self) -> dict[str, Any]:
        """The explanation as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value


class Standing(msgspec.Struct, frozen=True):
    """What else the caller may know of an approval: what it has yielded, with its status as it is
    now; by whom it may be reviewed, as far as its policy names people or groups; who ended it.

    `reviewers`, of whom there are 100 at most, and `ended_by` are empty for a caller who must not
    know them (failure mode T50).
    """

    approval: str
    grant: Grant | None = None
    reviewers: tuple[str, ...] = ()
    ended_by: str = ""


class ApprovalReading(
    ApprovalLists, ApprovalInbox, ApprovalReviewers, ApprovalSimulation, ApprovalMetrics
):
    """What can be known of approvals."""

    def get(self, id: str, *, actor: ActorLike = None) -> Approval:
        """The approval, its status as it is now. Raises NotFound, also where the caller may not
        know of it."""

        def use_case(work: Work) -> Approval:
            return as_of(self._visible(work, id), work)

        return self._tenant.run(actor, use_case)

    def reviewable(self, id: str, *, actor: ActorLike = None) -> Approval:
        """The approval, if the caller may review it now; raises as a review would, and says
        nothing.
        """

        def use_case(work: Work) -> Approval:
            approval = self._visible(work, id)
            entitled(approval, work.actor, work.directory(approval))
            return approval

        return self._tenant.run(actor, use_case)

    def people(
        self, approvals: Sequence[Approval], *, actor: ActorLike = None
    ) -> Mapping[str, User | ServiceAccount]:
        """The caller, and who asked for, reviewed or ended approvals that it was given: by
        reference, as the directory knows them now; whom it does not know is left out.
        """

        def use_case(work: Work) -> Mapping[str, User | ServiceAccount]:
            snapshot = work.snapshot
            named = {
                principal
                for approval in approvals
                if self._may_see(work, approval)
                for principal in (
                    approval.requester,
                    approval.subject,
                    approval.resolution.by if approval.resolution else "",
                    work.actor.principal,
                    *(said.reviewer for said in approval.reviews),
                )
            }
            known = {
                principal: snapshot.users.get(principal) or snapshot.service_accounts.get(principal)
                for principal in named
            }
            return {ref: found for ref, found in known.items() if found is not None}

        return self._tenant.run(actor, use_case)

    def explain(self, id: str, *, actor: ActorLike = None) -> ApprovalExplanation:
        """Why it is still pending, or how it ended: the result tree in words.

        Reviewers are named to those only who may view approvals in its scope, or review this one
        (failure mode T50).
        """

        def use_case(work: Work) -> ApprovalExplanation:
            approval = self._visible(work, id)
            tree = evaluate(approval, work.directory(approval))
            if not self._privileged(work, approval):
                tree = _nameless(tree)
            status = status_of(approval, work.now)
            why = tree.why if status == "pending" else f"it is {status}"
            return ApprovalExplanation(id, status, why, tree)

        return self._tenant.run(actor, use_case)

    def standings(
        self, approvals: Sequence[Approval], *, actor: ActorLike = None
    ) -> tuple[Standing, ...]:
        """What else the caller may know of approvals that it was given, in their order: nothing
        of one that it may not see (any more).
        """

        def use_case(work: Work) -> tuple[Standing, ...]:
            ids = [approval.grant for approval in approvals if approval.grant is not None]
            grants = dict(zip(ids, work.get_all(Grant, [(id,) for id in ids]), strict=True))
            people: dict[str, frozenset[str]] = {}
            found = []
            for approval in approvals:
                if not self._may_see(work, approval):
                    found.append(Standing(approval.id))
                    continue
                grant = grants.get(approval.grant or "")
                ended_by = approval.resolution.by if approval.resolution else ""
                known = self._privileged(work, approval)
                found.append(
                    Standing(
                        approval.id,
                        None if grant is None else grant_as_of(grant, work),
                        self._reviewers(work, approval, people) if known else (),
                        ended_by if known or ended_by == work.actor.principal else "",
                    )
                )
            return tuple(found)

        return self._tenant.run(actor, use_case)

    def requestable(
        self, permission: str, *, on_behalf_of: str | None = None, actor: ActorLike = None
    ) -> tuple[Resource, ...]:
        """The stored resources on which the caller may do `permission`, or ask to, by reference;
        with `on_behalf_of`, for whom a caller says it asks, which needs the right to.

        Looks at 100,000 resources at most. Raises Invalid for a permission that is not registered.
        """

        def use_case(work: Work) -> tuple[Resource, ...]:
            if on_behalf_of is not None:
                work.act_for(on_behalf_of, self._view.scope or "")
            snapshot = work.snapshot
            asked = ask(self._view, snapshot, Ask(work.actor.subject, permission))
            kind = asked.permission.resource_type
            known = [one for one in snapshot.resources.values() if one.type == kind][:MAX_LISTED]

            def answer(resource: Resource) -> bool:
                question: Question = msgspec.structs.replace(
                    asked,
                    resource=ResourceRef(resource.type, resource.id),
                    scope=self._view.scope_or(None, resource.scope or ""),
                )
                said = decide(Inquiry(snapshot, question, work.now, closed=work.closed))
                return said.allowed or said.requestable

            return tuple(sorted(filter(answer, known), key=lambda one: one.ref))

        return self._tenant.run(actor, use_case)

    def _reviewers(
        self, work: Work, approval: Approval, people: dict[str, frozenset[str]]
    ) -> tuple[str, ...]:
        """Who may review; `people` keeps what is found by the sources that name the same people
        in every approval."""
        directory = work.directory(approval)
        named: set[str] = set()
        for leaf in walk(approval.policy.requirement):
            if isinstance(leaf, Reviews) and parse_source(leaf.source)[0] in ("user", "group"):
                if leaf.source not in people:
                    people[leaf.source] = directory.candidates(leaf.source) or frozenset()
                named |= people[leaf.source]
        return tuple(sorted(named - excluded(approval))[:NAMED])


def _nameless(tree: Result) -> Result:
    return msgspec.structs.replace(tree, reviewers=(), of=tuple(map(_nameless, tree.of)))
