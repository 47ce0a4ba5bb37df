"""May they? The rule of assignments: deny by default, any deny wins, grants flow down scopes.

Everything here is a function of a snapshot, a question and a moment.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from placet.access.answers import Question, Reason
from placet.access.match import Placed
from placet.access.snapshot import Snapshot
from placet.conditions import FALSE, TRUE
from placet.model import Effect
from placet.refs import parse_principal, scope_chain, scope_level

__all__ = ["Inquiry", "place_name"]


class Inquiry:
    """One question, asked of one snapshot at one moment.

    `closed` refuses principals that the directory does not know. Subjects and facts are looked up
    when first needed: most questions meet no condition.
    """

    def __init__(
        self, snapshot: Snapshot, question: Question, now: datetime, *, closed: bool = False
    ) -> None:
        self.snapshot = snapshot
        self.question = question
        self.now = now
        self.closed = closed

    def allowed(self) -> bool:
        """Whether the assignments alone allow it; approval policies are not asked."""
        return self.refusal() is None and next(self.allowing(), None) is not None

    def throughout(self) -> bool:
        """Whether the assignments allow it for every resource of the type that is asked about.

        False where each has to be asked about by itself: an allow has a condition, or some deny
        takes part of it away.
        """
        return (
            self.refusal() is None
            and not any(self._denies_anything())
            and any(placed.terms.condition is None for placed in self.reaching("allow"))
        )

    def _denies_anything(self) -> Iterator[bool]:
        permission = self.question.permission.id
        for scope in scope_chain(self.question.scope):
            for subject in self.subjects:
                for placed in self.snapshot.placed(subject, scope):
                    given = self.snapshot.role_perms.get(placed.role) or ()
                    yield placed.terms.effect == "deny" and permission in given

    def allowing(self) -> Iterator[Placed]:
        """The assignments that allow it; none where one denies it."""
        if self.denying() is None:
            for placed in self.reaching("allow"):
                condition = placed.terms.condition
                if condition is None or condition.evaluate(self.facts) is TRUE:
                    yield placed

    def denying(self) -> Placed | None:
        """An assignment that denies it, at any depth; a condition that cannot be told denies."""
        if self.snapshot.denies:
            for placed in self.reaching("deny"):
                condition = placed.terms.condition
                if condition is None or condition.evaluate(self.facts) is not FALSE:
                    return placed
        return None

    def reaching(self, effect: Effect) -> Iterator[Placed]:
        """The assignments of one effect that reach the question, their conditions not yet asked."""
        snapshot, resource, scope = self.snapshot, self.question.resource, self.question.scope
        permission = self.question.permission.id
        for placed_in in scope_chain(scope):
            for subject in self.subjects:
                for placed in snapshot.placed(subject, placed_in):
                    terms = placed.terms
                    if terms.effect != effect or not terms.open_at(self.now):
                        continue
                    if permission not in (snapshot.role_perms.get(placed.role) or ()):
                        continue
                    if not terms.narrowed_to(resource):
                        continue
                    selector = snapshot.selector(placed)
                    if (
                        selector is not None
                        and selector.covers(resource)
                        and selector.reaches(placed_in, scope)
                    ):
                        yield placed

    def refusal(self) -> Reason | None:
        """Why no assignment could ever allow it; None when one could."""
        question = self.question
        permission = question.permission
        if not permission.grants:
            return Reason(
                "permission_inactive",
                f"permission {permission.id} is {permission.status} and gives nothing",
            )
        level = scope_level(question.scope)
        if level not in permission.allowed_scope_levels:
            return Reason(
                "scope_level",
                f"{permission.id} is not used at {level} level, only at "
                f"{', '.join(permission.allowed_scope_levels)}",
            )
        if (refused := self.principal_refusal()) is not None:
            return refused
        stored = self.snapshot.resources.get(str(question.resource))
        if stored is not None and stored.scope is not None and stored.scope != question.scope:
            return Reason(
                "resource_elsewhere",
                f"{question.resource} lives in {place_name(stored.scope)}, "
                f"not in {place_name(question.scope)}",
            )
        return None

    def principal_refusal(self) -> Reason | None:
        """Why the principal may nothing at all; None where it may be somebody who may."""
        principal = self.question.principal
        known = self.known
        if known is not None:
            if known.disabled:
                return Reason("principal_disabled", f"{principal} is disabled")
        elif self.closed and parse_principal(principal).kind in ("user", "service_account"):
            return Reason("principal_unknown", f"{principal} is not in the directory")
        return None

    @property
    def known(self) -> Any:
        """The user or service account that asks, as the directory knows it."""
        principal = self.question.principal
        return self.snapshot.users.get(principal) or self.snapshot.service_accounts.get(principal)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Everything in whose name the principal holds grants."""
        return self.snapshot.subjects(self.question.principal)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What conditions see. For what is stored, only stored attributes count."""
        question = self.question
        principal = parse_principal(question.principal)
        known = self.known
        stored = self.snapshot.resources.get(str(question.resource))
        return {
            "subject": {
                "type": principal.kind,
                "id": principal.id,
                "properties": {
                    **(known.attributes if known else {}),
                    **question.subject_properties,
                },
            },
            "resource": {
                "type": question.resource.type,
                "id": question.resource.id or "",
                "properties": question.properties if stored is None else stored.attributes,
            },
            "action": {
                "name": question.permission.action,
                "properties": question.action_properties,
            },
            "context": question.context,
            "now": self.now,
        }


def place_name(scope: str) -> str:
    """A scope as a sentence names it.

    >>> place_name(""), place_name("retail")
    ('the account', 'retail')
    """
    return scope or "the account"
