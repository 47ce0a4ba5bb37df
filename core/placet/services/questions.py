"""May they? Asked in process without an asker, and by hosts on behalf of one."""

from typing import Literal

from placet.access.answers import Decision, Explanation, Reason
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.exact import exact_principal
from placet.access.explain import explain
from placet.access.held import Held, held_by
from placet.access.registry import unknown_permission
from placet.access.snapshot import Snapshot
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

    def held(self, snapshot: Snapshot, principal: str, permission: str, scope: str | None) -> Held:
        """What a principal holds for a permission at a scope, under the names that were asked for.

        Raises Invalid for names that are none, and for a permission that is not registered.
        """
        registered = snapshot.permissions.get(permission)
        if registered is None:
            raise unknown_permission(permission, snapshot.permissions)
        where = self._view.scope_or(scope)
        exact = exact_principal(snapshot, principal, where)
        held = held_by(snapshot, exact, registered, where)
        named = self._view.scope if scope is None else scope
        if named != where or principal != exact:
            snapshot.views.keep(principal, (permission, named), held)
        return held

    def check(self, inquiry: Inquiry) -> bool:
        """Whether the answer is "allowed"."""
        if inquiry.held.simple or not inquiry.snapshot.policies_for.get(inquiry.held.permission.id):
            return inquiry.allowed()
        return decide(inquiry).allowed

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
