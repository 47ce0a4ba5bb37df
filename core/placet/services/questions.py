"""May they? Asked in process without an asker, and by hosts on behalf of one."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from placet.access.answers import Decision, Explanation, Reason
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.exact import exact_principal
from placet.access.explain import explain
from placet.access.held import Held, held_by
from placet.access.registry import unknown_permission
from placet.access.search import may
from placet.access.snapshot import Snapshot
from placet.access.views import SHARDS
from placet.catalogue import OPERATIONS
from placet.errors import AccessDenied, Invalid, PlacetError
from placet.model import Actor
from placet.refs import ResourceRef
from placet.services.asking import Ask, question_of, registered
from placet.services.base import Service
from placet.services.consistency import Consistency, snapshot_of
from placet.services.rights import holds, lacks
from placet.services.tenant import ActorLike, Tenant

__all__ = ["Asker", "Questions"]

_VIEWING = OPERATIONS["access.view"]


class Asker:
    """Who asks on behalf of a host; None is the embedding program, which may ask anything.

    About itself everybody may ask, and about others who may view access in the scope: by `snapshot`
    where what is asked is answered from that, and the log is followed; else by the head of the log.
    """

    def __init__(self, tenant: Tenant, actor: ActorLike, snapshot: Snapshot | None = None) -> None:
        self._tenant = tenant.present
        self._actor = None if actor is None else self._tenant.actor(actor)
        # Whoever asks about the past does so with the rights of the present.
        self._snapshot = snapshot if self._tenant is tenant else None
        self._may: dict[str, AccessDenied | None] = {}

    def authorize(self, principal: str | None, scope: str) -> None:
        """Raise AccessDenied unless it may ask about `principal`, exactly, or, None, about all."""
        actor = self._actor
        if actor is None or principal == actor.principal or principal == actor.subject:
            return
        if scope not in self._may:
            self._may[scope] = self._refusal(actor, scope)
        refusal = self._may[scope]
        if refusal is not None:
            raise refusal

    def _refusal(self, actor: Actor, scope: str) -> AccessDenied | None:
        tenant = self._tenant
        snapshot = self._snapshot
        if snapshot is None or not tenant.follows():
            snapshot = tenant.index.latest()
        permission, resource = _VIEWING.permission, ResourceRef(_VIEWING.resource_type)
        now, closed = tenant.clock.now, tenant.closed
        if holds(snapshot, actor, permission, resource, scope, now, closed=closed):
            return None
        return lacks(actor, permission, resource, scope)


class Questions(Service):
    """Questions about rights. Without an `actor` they are the embedding program's own; with one,
    asking about anybody else needs the right to view access.
    """

    def inquiry(
        self,
        asked: Ask,
        *,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Inquiry:
        """The question, ready to be answered, at the present moment.

        "minimize_latency" answers from the index as it is, `at_least(token)` from one that is no
        older than the token, "latest" asks the store for its head first. Raises Invalid for what is
        not registered, AccessDenied for an `actor` who may not ask, Unavailable where the store
        does not get to the token in time.
        """
        snapshot = snapshot_of(self._tenant, consistency)
        inquiry = self._inquiry(asked, snapshot, self._tenant.clock.now())
        if actor is not None:
            question = inquiry.question
            asker = Asker(self._tenant, actor, snapshot)
            asker.authorize(question.principal, question.scope)
        return inquiry

    def held(self, snapshot: Snapshot, principal: str, permission: str, scope: str | None) -> Held:
        """What a principal holds for a permission at a scope, under the names that were asked for.

        Raises Invalid for names that are none, and for a permission that is not registered.
        """
        named = self._view.scope if scope is None else scope
        try:
            held: Held = snapshot.views.shards[hash(principal) % SHARDS][principal][
                permission, named
            ]
        except (KeyError, TypeError):
            where = self._view.scope_or(scope)
            known = registered(snapshot, permission)
            exact = exact_principal(snapshot, principal, where)
            held = held_by(snapshot, exact, known, where)
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
                answers.append(may(self._authorized(_asked(question), snapshot, now, asker)))
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
                yield decide(self._authorized(_asked(question), snapshot, now, asker))
            except (Invalid, AccessDenied) as error:
                yield error

    def unregistered(
        self, permission: str, *, consistency: Consistency = "minimize_latency"
    ) -> Reason | None:
        """The reason for which a host denies `permission`; None where it is registered."""
        known = snapshot_of(self._tenant, consistency).permissions
        if permission in known:
            return None
        return Reason("permission_unregistered", unknown_permission(permission, known).message)

    def decide(
        self,
        asked: Ask,
        *,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Decision:
        """The answer, allowed, approval_required or denied, with reasons. Raises as `inquiry`."""
        return decide(self.inquiry(asked, consistency=consistency, actor=actor))

    def explain(
        self,
        asked: Ask,
        *,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Explanation:
        """The answer with near misses. Raises as `inquiry`."""
        return explain(self.inquiry(asked, consistency=consistency, actor=actor))

    def _inquiry(self, asked: Ask, snapshot: Snapshot, now: datetime) -> Inquiry:
        """The question as of one snapshot and one moment, with what is held compiled."""
        scope = asked.scope
        if scope is None and self._view.scope is None:
            # Where it is asked about is the home of its resource, if it has one.
            home = snapshot.resources.get(asked.on) if isinstance(asked.on, str) else None
            scope = "" if home is None or home.scope is None else home.scope
        held = self.held(snapshot, asked.principal, asked.permission, scope)
        question = question_of(self._view, asked, held.principal, held.permission, held.scope)
        return Inquiry(snapshot, question, now, closed=self._tenant.closed, held=held)

    def _authorized(self, asked: Ask, snapshot: Snapshot, now: datetime, asker: Asker) -> Inquiry:
        inquiry = self._inquiry(asked, snapshot, now)
        asker.authorize(inquiry.question.principal, inquiry.question.scope)
        return inquiry


def _asked(question: Ask | tuple[Any, ...]) -> Ask:
    if isinstance(question, Ask):
        return question
    try:
        return Ask(*question)
    except TypeError:
        raise Invalid(
            f"{question!r} is no question; write ('user:sam', 'invoice.pay', 'invoice:7')"
        ) from None
