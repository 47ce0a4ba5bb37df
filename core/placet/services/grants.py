"""What approvals have yielded: passes to take, access to revoke."""

import msgspec

from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.sources import Directory
from placet.approvals.grants import grant_status
from placet.approvals.lifecycle import covers
from placet.errors import AccessDenied, Invalid, NotFound
from placet.model import SYSTEM, Approval, Grant, GrantStatus
from placet.refs import text_fault
from placet.services.base import Listing, Service
from placet.services.cursors import read_cursor, write_cursor
from placet.services.grant_writing import revoke_grant, take_pass
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query

__all__ = ["Grants", "grant_as_of"]


class Grants(Service):
    """Grants. Their principal sees them; others need the right to view grants in their scope."""

    def get(self, id: str, *, actor: ActorLike = None) -> Grant:
        """The grant, its status as it is now. Raises NotFound, also where it is not the caller's
        to know."""
        return self._tenant.run(actor, lambda work: grant_as_of(self._visible(work, id), work))

    def list(
        self,
        *,
        principal: str | None = None,
        approval: str | None = None,
        limit: int = 50,
        after: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[Grant]:
        """One page, newest first. Without the right to view grants, the caller's own."""
        if not 1 <= limit <= MAX_PAGE:
            raise Invalid(f"limit is {limit}; it goes from 1 to {MAX_PAGE}")
        start = read_cursor("created", after)

        def use_case(work: Work) -> Listing[Grant]:
            where: dict[str, tuple[str | int, ...]] = {}
            if self._view.scope is not None:
                where["scope"] = (self._view.scope,)
            if approval is not None:
                where["approval"] = (approval,)
            whose = principal
            if not work.may("grants.view", self._view.scope or ""):
                if principal not in (None, work.actor.principal):
                    work.authorize("grants.view", self._view.scope or "")
                whose = work.actor.principal
            if whose is not None:
                where["principal"] = (whose,)
            page = self._tenant.store.find(
                self._tenant.account,
                Query(
                    "grant", where=where, order="created", descending=True, after=start, limit=limit
                ),
            )
            grants = tuple(grant_as_of(decode(Grant, doc), work) for doc in page.docs)
            return Listing(grants, next=write_cursor("created", page.next))

        return self._tenant.run(actor, use_case)

    def take(self, id: str, digest: str, *, actor: ActorLike = None) -> Grant:
        """Use a pass, once, for what `digest` binds: of two who take it, one gets it.

        Raises AccessDenied for somebody else's pass or another digest, InvalidState for one that is
        used, revoked or over.
        """

        def use_case(work: Work) -> Grant:
            grant = self._visible(work, id)
            if grant.gate is not None:
                raise Invalid(f"grant {id!r} is of gate {grant.gate!r}; take the gate")
            approval = work.get(Approval, grant.approval)
            if approval is not None:
                # What was approved may be denied by now: the use is decided anew (failure mode
                # T20), in the commit that consumes the pass.
                asked = Directory(work.snapshot, approval, work.now).question(grant.principal)
                decision = decide(Inquiry(work.snapshot, asked, work.now, closed=work.closed))
                if decision.outcome == "denied" or not covers(approval, decision.policies):
                    raise AccessDenied(
                        f"pass {id!r} cannot be used any more: "
                        + "; ".join(reason.text for reason in decision.reasons),
                        permission=grant.permission,
                        resource=grant.resource,
                        scope=grant.scope,
                    )
            holder = grant.principal if work.actor is SYSTEM else work.actor.subject
            return take_pass(work, grant, holder, digest)

        return self._tenant.run(actor, use_case)

    def revoke(self, id: str, *, reason: str = "", actor: ActorLike = None) -> Grant:
        """Take a grant back; the access that it gave ends with this commit.

        Its own principal may give it back; others need the right to revoke grants in its scope.
        """

        def use_case(work: Work) -> Grant:
            grant = self._visible(work, id)
            if work.actor.principal != grant.principal:
                work.authorize("grants.revoke", grant.scope, id)
            return revoke_grant(work, grant, reason)

        return self._tenant.run(actor, use_case)

    def _visible(self, work: Work, id: str) -> Grant:
        grant = None if text_fault(id) else work.get(Grant, id)
        if grant is None or not (
            work.actor is SYSTEM
            or grant.principal in (work.actor.principal, work.actor.subject)
            or work.may("grants.view", grant.scope, id)
        ):
            raise NotFound(f"there is no grant {id!r}")
        return grant


def grant_as_of(grant: Grant, work: Work) -> Grant:
    """The grant with its status as it is now."""
    status: GrantStatus = grant_status(grant, work.now)
    return grant if status == grant.status else msgspec.structs.replace(grant, status=status)
