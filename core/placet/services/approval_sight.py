"""Who may see an approval, and what they may know of it."""

from typing import Self

import msgspec

from placet.access.sources import Directory
from placet.approvals.eligibility import sources_of
from placet.approvals.transition import status_of
from placet.errors import Invalid, NotFound
from placet.model import SYSTEM, Approval, Reviews, walk
from placet.refs import ResourceRef, parse_resource, text_fault
from placet.services.asking import Ask, ask
from placet.services.base import Service
from placet.services.work import Work

__all__ = ["ApprovalSight", "as_of"]


class ApprovalSight(Service):
    """Who may see an approval: its requester and subject, whoever may review it or has, and who
    holds the right to view approvals in its scope.
    """

    _seen_with: str | None = None

    def seen_with(self, permission: str) -> Self:
        """The same service, for callers who see an approval because they hold `permission` on what
        it is about.

        A list is then for those who hold it on the resource that is asked for, or else on its whole
        type; and who holds it on nothing is told so, instead of what there is: AccessDenied.
        """
        other = type(self)(self._view)
        other._seen_with = permission
        return other

    def _visible(self, work: Work, id: str) -> Approval:
        approval = None if text_fault(id) else work.get(Approval, id)
        if approval is None or not self._may_see(work, approval):
            if self._seen_with is not None:
                # Who may not look at all learns nothing of what is there.
                at = self._view.scope or ""
                work.require(self._seen_with, self._sight(work, self._seen_with), at)
            raise NotFound(f"there is no approval {id!r}")
        return approval

    def _sight(self, work: Work, permission: str) -> ResourceRef:
        """The type of resource, as a whole, that a permission to see is about."""
        return ask(self._view, work.snapshot, Ask(work.actor.subject, permission)).resource

    def _sees_all(
        self, work: Work, scope: str, permission: str | None, resource: str | None
    ) -> bool:
        """Whether the caller sees all of a list of approvals of `permission`, by what it holds.

        Raises AccessDenied where it may not look.
        """
        if self._seen_with is None:
            return False
        about = self._sight(work, self._seen_with)
        if work.holds_throughout(self._seen_with, about.type, scope):
            listed = work.snapshot.permissions.get(permission or "")
            return listed is not None and listed.resource_type == about.type
        if resource is not None and parse_resource(resource).type == about.type:
            about = parse_resource(resource)
        work.require(self._seen_with, about, scope)
        return False

    def _may_see(self, work: Work, approval: Approval) -> bool:
        actor = work.actor
        if actor is SYSTEM or actor.principal in (
            approval.requester,
            approval.subject,
            *approval.contributors,
            *approval.chain,
        ):
            return True
        return self._privileged(work, approval)

    def _privileged(self, work: Work, approval: Approval) -> bool:
        """Whether the caller may know who reviewed, and who could."""
        principal = work.actor.principal
        if self._seen_with is not None:
            about = parse_resource(approval.resource)
            if about.type == self._sight(work, self._seen_with).type and work.holds(
                self._seen_with, about, approval.scope
            ):
                return True
        if work.actor is SYSTEM or any(said.reviewer == principal for said in approval.reviews):
            return True
        # Its reviewers first: those who look most, and a review asks for the same once more.
        directory = work.directory(approval)
        people = {principal, *directory.delegators(principal, work.now)}
        return any(
            _names(directory, source, person)
            for leaf in walk(approval.policy.requirement)
            if isinstance(leaf, Reviews)
            for source in sources_of(leaf, approval, work.now)
            for person in people
        ) or any(
            work.may(right, approval.scope, approval.id)
            for right in ("approvals.view", "approvals.override")
        )


def as_of(approval: Approval, work: Work) -> Approval:
    """The approval with its status as it is now."""
    status = status_of(approval, work.now)
    return (
        approval if status == approval.status else msgspec.structs.replace(approval, status=status)
    )


def _names(directory: Directory, source: str, principal: str) -> bool:
    try:
        return directory.names(source, principal)
    except Invalid:
        return False
