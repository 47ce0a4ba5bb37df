"""Opening an approval that somebody else's work waits for: a stage of a pipeline, say."""

from collections.abc import Mapping
from typing import Any

import msgspec

from placet.access.check import Inquiry, place_name
from placet.access.decide import applicable_policies
from placet.approvals.compose import compose
from placet.approvals.digest import digest_of
from placet.approvals.lifecycle import Said
from placet.approvals.transition import status_of
from placet.errors import AccessDenied, AlreadyExists
from placet.model import Approval, Claim, Verdict
from placet.services.approval_reading import ApprovalReading
from placet.services.approval_writing import open_under, wanted_of
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["ApprovalOpening"]


class ApprovalOpening(ApprovalReading):
    """Approvals that are not asked for by who would be allowed something."""

    def open(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        needs: str,
        scope: str | None = None,
        verdict: Verdict | None = None,
        comment: str = "",
        claimed_by: str = "",
        justification: str = "",
        labels: Mapping[str, str] | None = None,
        origin: str = "embedded",
        actor: ActorLike = None,
    ) -> Approval:
        """Open an approval of `permission` on a resource, for those to decide whom the policies
        for that permission name.

        The caller does not ask to be allowed it: it has to hold the permission `needs` on the same
        resource. One approval of the same permission, resource and arguments waits at a time,
        whoever opened it. With a `verdict` the caller reviews it in the same commit; where it may
        not, nothing is opened. Raises AlreadyExists while one waits; AccessDenied, also where no
        policy says who decides.
        """
        said = None if verdict is None else Said(verdict, comment, claimed_by)

        def use_case(work: Work) -> Approval:
            question, wanted = wanted_of(self, work, permission, on, args, scope=scope)
            work.require(needs, question.resource, question.scope)
            same = digest_of(
                account=work.account,
                scope=wanted.scope,
                subject="",
                permission=permission,
                resource=wanted.resource,
                arguments=wanted.arguments,
                properties={},
            )
            claim = work.get(Claim, "open", same)
            waiting = None if claim is None else work.get(Approval, claim.holder)
            if waiting is not None and status_of(waiting, work.now) == "pending":
                raise AlreadyExists(
                    f"approval {waiting.id} of exactly this is pending already; decide that one"
                )
            inquiry = Inquiry(work.snapshot, question, work.now, closed=work.closed)
            policies = tuple(applicable_policies(inquiry))
            if not policies:
                raise AccessDenied(
                    f"no approval policy speaks about {permission} on {question.resource} in "
                    f"{place_name(question.scope)}, so that nobody can decide",
                    permission=permission,
                    resource=wanted.resource,
                    scope=wanted.scope,
                )
            return open_under(
                self._tenant,
                work,
                msgspec.structs.replace(
                    wanted,
                    justification=justification,
                    labels=dict(labels or {}),
                    origin=origin,
                ),
                compose(policies),
                tuple(policy.ref for policy in policies),
                Claim(purpose="open", key=same, holder=""),
                said,
            )

        return self._tenant.run(actor, use_case)
