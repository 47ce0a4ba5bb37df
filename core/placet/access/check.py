"""May they? The rule of assignments: deny by default, any deny wins, grants flow down scopes.

Everything here is a function of a snapshot, a question and a moment.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from placet.access.answers import Question, Reason
from placet.access.held import Candidate, Held, held_by, place_name
from placet.access.match import Placed
from placet.access.snapshot import Snapshot
from placet.conditions import FALSE, TRUE
from placet.model import Effect
from placet.refs import parse_principal

__all__ = ["Inquiry", "place_name"]


class Inquiry:
    """One question, asked of one snapshot at one moment.

    `closed` refuses principals that the directory does not know. `held`, where it is known already,
    is what the principal of the question holds for its permission at its scope; it and the facts
    are looked up when first needed: most questions meet no condition. Without `minted`, access that
    approvals have given does not count.
    """

    __slots__ = ("_facts", "_held", "_minted", "closed", "now", "question", "snapshot")

    def __init__(
        self,
        snapshot: Snapshot,
        question: Question,
        now: datetime,
        *,
        closed: bool = False,
        held: Held | None = None,
        minted: bool = True,
    ) -> None:
        self.snapshot = snapshot
        self.question = question
        self.now = now
        self.closed = closed
        self._minted = minted
        self._held = held
        self._facts: Facts | None = None

    def allowed(self) -> bool:
        """Whether the assignments alone allow it; approval policies are not asked."""
        if self.refusal() is not None or self.denying() is not None:
            return False
        held = self.held
        return held.plainly(self.question.resource) or any(map(self._allows, held.more))

    def throughout(self) -> bool:
        """Whether the assignments allow it for every resource of the type that is asked about.

        False where each has to be asked about by itself: an allow has a condition, or some deny
        takes part of it away.
        """
        held, resource = self.held, self.question.resource
        return (
            self.refusal() is None
            and not held.denies
            and any(
                candidate.placed.terms.condition is None and candidate.counts(resource, self.now)
                for candidate in (*held.plain, *held.more)
            )
        )

    def allowing(self) -> Iterator[Placed]:
        """The assignments that allow it; none where one denies it."""
        if self.denying() is None:
            resource, held = self.question.resource, self.held
            for candidate in held.plain:
                if candidate.selector.covers(resource):
                    yield candidate.placed
            for candidate in held.more:
                if self._allows(candidate):
                    yield candidate.placed

    def _allows(self, candidate: Candidate) -> bool:
        if not candidate.counts(self.question.resource, self.now):
            return False
        terms = candidate.placed.terms
        if terms.approval and not self._minted:
            return False
        return terms.condition is None or terms.condition.evaluate(self.facts) is TRUE

    def denying(self) -> Placed | None:
        """An assignment that denies it, at any depth; a condition that cannot be told denies."""
        for candidate in self.held.denies:
            if candidate.counts(self.question.resource, self.now):
                condition = candidate.placed.terms.condition
                if condition is None or condition.evaluate(self.facts) is not FALSE:
                    return candidate.placed
        return None

    def reaching(self, effect: Effect) -> Iterator[Placed]:
        """The assignments of one effect that reach the question, their conditions not yet asked."""
        held = self.held
        for candidate in held.denies if effect == "deny" else (*held.plain, *held.more):
            if candidate.counts(self.question.resource, self.now):
                yield candidate.placed

    def refusal(self) -> Reason | None:
        """Why no assignment could ever allow it; None when one could."""
        held, question = self.held, self.question
        if held.refused is not None:
            return held.refused
        if self.closed and held.unknown:
            return self.principal_refusal()
        if held.housed:
            stored = self.snapshot.resources.get(str(question.resource))
            if stored is not None and stored.scope not in (None, question.scope):
                return Reason(
                    "resource_elsewhere",
                    f"{question.resource} lives in {place_name(stored.scope or '')}, "
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

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everything in whose name the principal holds grants."""
        return self.snapshot.subjects(self.question.principal)

    @property
    def held(self) -> Held:
        """What the principal holds for the permission at the scope."""
        held = self._held
        if held is None:
            asked = self.question
            held = held_by(self.snapshot, asked.principal, asked.permission, asked.scope)
            self._held = held
        return held

    @property
    def facts(self) -> "Facts":
        """What conditions see. For what is stored, only stored attributes count."""
        facts = self._facts
        if facts is None:
            facts = self._facts = Facts(self)
        return facts


class Facts(dict[str, Any]):
    """The roots that conditions may name, each put together when one asks for it."""

    __slots__ = ("_inquiry",)

    def __init__(self, inquiry: Inquiry) -> None:
        self._inquiry = inquiry

    def __contains__(self, root: object) -> bool:
        return root in _ROOTS

    def __missing__(self, root: str) -> Any:
        value = self[root] = _ROOTS[root](self._inquiry)
        return value


def _subject(inquiry: Inquiry) -> dict[str, Any]:
    principal = parse_principal(inquiry.question.principal)
    known = inquiry.known
    brought = inquiry.question.subject_properties
    stored: dict[str, Any] = known.attributes if known else {}
    properties = {**stored, **brought} if brought else stored
    return {"type": principal.kind, "id": principal.id, "properties": properties}


def _resource(inquiry: Inquiry) -> dict[str, Any]:
    question = inquiry.question
    type, id = question.resource
    stored = None if id is None else inquiry.snapshot.resources.get(f"{type}:{id}")
    return {
        "type": type,
        "id": id or "",
        "properties": question.properties if stored is None else stored.attributes,
    }


_ROOTS: Mapping[str, Callable[[Inquiry], Any]] = {
    "subject": _subject,
    "resource": _resource,
    "action": lambda inquiry: {
        "name": inquiry.question.permission.action,
        "properties": inquiry.question.action_properties,
    },
    "context": lambda inquiry: inquiry.question.context,
    "now": lambda inquiry: inquiry.now,
}
