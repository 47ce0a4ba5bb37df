"""May they? Asked in process without an asker, and by hosts on behalf of one."""

from typing import Literal

from placet.access.answers import Decision, Explanation, Reason
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.exact import exact_principal
from placet.access.explain import explain
from placet.access.registry import unknown_permission
from placet.errors import Invalid
from placet.model import JsonObject
from placet.services.base import Service, ask
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["Consistency", "Questions"]

Consistency = Literal["minimize_latency", "latest"]


class Questions(Service):
    """Questions about rights. Without an `actor` they are the embedding program's own; with one,
    asking about anybody else needs the right to view access.
    """

    def inquiry(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        context: JsonObject | None = None,
        subject_properties: JsonObject | None = None,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Inquiry:
        """The question, ready to be answered, at the present moment.

        `minimize_latency` answers from the index as it is, "latest" asks the store for its head
        first. Raises Invalid for what is not registered, AccessDenied for an `actor` who may not
        ask.
        """
        if consistency == "latest":
            snapshot = self._tenant.index.latest()
        elif consistency == "minimize_latency":
            snapshot = self._tenant.index.current()
        else:
            raise Invalid(
                f"{consistency!r} is no consistency; it is 'minimize_latency' or 'latest'"
            )
        question = ask(
            self._view,
            snapshot,
            principal,
            permission,
            on,
            scope=scope,
            properties=properties,
            context=context,
            subject_properties=subject_properties,
        )
        if actor is not None:
            self._tenant.run(actor, lambda work: self._authorize(work, principal, question.scope))
        return Inquiry(snapshot, question, self._tenant.clock.now(), closed=self._tenant.closed)

    def unregistered(self, permission: str) -> Reason | None:
        """The reason for which a host denies `permission`; None where it is registered."""
        registered = self._tenant.index.current().permissions
        if permission in registered:
            return None
        return Reason("permission_unregistered", unknown_permission(permission, registered).message)

    def decide(self, inquiry: Inquiry) -> Decision:
        """The answer: allowed, approval_required or denied, with reasons."""
        return decide(inquiry)

    def explain(self, inquiry: Inquiry) -> Explanation:
        """The answer with near misses."""
        return explain(inquiry)

    def _authorize(self, work: Work, principal: str, scope: str) -> None:
        exact = exact_principal(work.snapshot, principal, scope)
        if exact not in (work.actor.principal, work.actor.subject):
            work.authorize("access.view", scope)
