"""May they? Asked in process without an asker, and by hosts on behalf of one."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal, NamedTuple

from placet.access.answers import Decision, Explanation, Reason
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.exact import exact_principal
from placet.access.explain import explain
from placet.access.held import Held, held_by
from placet.access.registry import unknown_permission
from placet.access.search import may
from placet.access.snapshot import Snapshot
from placet.catalogue import OPERATIONS
from placet.errors import AccessDenied, Invalid, PlacetError
from placet.model import JsonObject
from placet.refs import ResourceRef
from placet.services.base import Service, ask
from placet.services.rights import holds, lacks
from placet.services.tenant import ActorLike, Tenant

__all__ = ["Ask", "Asker", "Consistency", "Questions", "snapshot_of"]

Consistency = Literal["minimize_latency", "latest"]


class Ask(NamedTuple):
    """One question of many: may `principal` use `permission`, on a resource, in a scope?

    >>> Ask("user:sam", "invoice.pay", "invoice:7").scope is None
    True
    """

    principal: str
    permission: str
    on: str | None = None
    scope: str | None = None
    properties: JsonObject | None = None
    context: JsonObject | None = None
    action_properties: JsonObject | None = None
    subject_properties: JsonObject | None = None


class Asker:
    """Who asks on behalf of a host; None is the embedding program, which may ask anything.

    About itself everybody may ask, and about others who may view access in the scope: by `snapshot`
    where what is asked is answered from it, else by the head of the log.
    """

    def __init__(
        self, tenant: Tenant, actor: ActorLike, snapshot: Snapshot | None = None
    ) -> None:
        self._tenant = tenant
        self._actor = actor
        self._snapshot = snapshot
        self._may: dict[str, AccessDenied | None] = {}
        self._itself: frozenset[str] = frozenset()
        if actor is not None:
            resolved = tenant.actor(actor)
            self._itself = frozenset((resolved.principal, resolved.subject))

    def authorize(self, principal: str | None, scope: str) -> None:
        """Raise AccessDenied unless it may ask about `principal`, exactly, or, None, about all."""
        if self._actor is None or principal in self._itself:
            return
        if scope not in self._may:
            self._may[scope] = self._refusal(scope)
        refusal = self._may[scope]
        if refusal is not None:
            raise refusal

    def _refusal(self, scope: str) -> AccessDenied | None:
        tenant, asked = self._tenant, OPERATIONS["access.view"]
        snapshot = tenant.index.latest() if self._snapshot is None else self._snapshot
        actor = tenant.actor(self._actor)
        resource = ResourceRef(asked.resource_type)
        now, closed = tenant.clock.now(), tenant.closed
        if holds(snapshot, actor, asked.permission, resource, scope, now, closed=closed):
            return None
        return lacks(actor, asked.permission, resource, scope)


def snapshot_of(tenant: Tenant, consistency: Consistency) -> Snapshot:
    """The index as it is, or, for "latest", at the store's head. Raises Invalid for other words."""
    if consistency == "latest":
        return tenant.index.latest()
    if consistency == "minimize_latency":
        return tenant.index.current()
    raise Invalid(f"{consistency!r} is no consistency; it is 'minimize_latency' or 'latest'")


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
        action_properties: JsonObject | None = None,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Inquiry:
        """The question, ready to be answered, at the present moment.

        `minimize_latency` answers from the index as it is, "latest" asks the store for its head
        first. Raises Invalid for what is not registered, AccessDenied for an `actor` who may not
        ask.
        """
        snapshot = snapshot_of(self._tenant, consistency)
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
            action_properties=action_properties,
        )
        if actor is not None:
            asker = Asker(self._tenant, actor, snapshot)
            asker.authorize(question.principal, question.scope)
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

    def check_many(
        self,
        questions: Iterable[Ask | tuple[Any, ...]],
        *,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> tuple[bool, ...]:
        """Yes or no to each question, all of one moment and one snapshot.

        >>> from placet import SYSTEM, Permission
        >>> from placet.testing import engine
        >>> placet = engine()
        >>> invoice_pay = placet.permissions.create(Permission.dotted("invoice.pay"), actor=SYSTEM)
        >>> placet.check_many([("user:sam", "invoice.pay"), ("user:kim", "invoice.pya")])
        Traceback (most recent call last):
        placet.errors.Invalid: question 1: permission 'invoice.pya' is not registered; did you \
mean 'invoice.pay'?

        Raises Invalid, naming the first question that cannot be asked by its index, and
        AccessDenied for an `actor` who may not ask one of them.
        """
        snapshot, now = snapshot_of(self._tenant, consistency), self._tenant.clock.now()
        asker = Asker(self._tenant, actor, snapshot)
        answers = []
        for index, question in enumerate(questions):
            try:
                answers.append(may(self._inquiry(_asked(question), snapshot, now, asker)))
            except Invalid as error:
                raise Invalid(f"question {index}: {error.message}", error.problems) from error
        return tuple(answers)

    def answers(
        self,
        questions: Iterable[Ask | tuple[Any, ...]],
        *,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Iterator[Decision | PlacetError]:
        """A decision for each question, or the error that it is; none spoils another.

        They come one by one, all of one moment and one snapshot (failure mode 14): whoever has
        seen enough stops.
        """
        snapshot, now = snapshot_of(self._tenant, consistency), self._tenant.clock.now()
        asker = Asker(self._tenant, actor, snapshot)
        for question in questions:
            try:
                yield decide(self._inquiry(_asked(question), snapshot, now, asker))
            except (Invalid, AccessDenied) as error:
                yield error

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

    def _inquiry(self, asked: Ask, snapshot: Snapshot, now: datetime, asker: Asker) -> Inquiry:
        question = ask(
            self._view,
            snapshot,
            asked.principal,
            asked.permission,
            asked.on,
            scope=asked.scope,
            properties=asked.properties,
            context=asked.context,
            subject_properties=asked.subject_properties,
            action_properties=asked.action_properties,
        )
        asker.authorize(question.principal, question.scope)
        return Inquiry(snapshot, question, now, closed=self._tenant.closed)


def _asked(question: Ask | tuple[Any, ...]) -> Ask:
    if isinstance(question, Ask):
        return question
    try:
        return Ask(*question)
    except TypeError:
        raise Invalid(
            f"{question!r} is no question; write ('user:sam', 'invoice.pay', 'invoice:7')"
        ) from None
