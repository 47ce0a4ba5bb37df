"""For whom an approval waits, as the terms of an index.

A term is a source of reviewers, together with where it has to be held: an assignment in one
project must not meet the approvals of all others, nor an owner those of what others own. The terms
are those of the leaves that may be open as the approval is stored, whatever the directory says: who
is in a later stage is not met before the stages ahead of it could be satisfied. So the index may
name too many, and never too few; the evaluation says who it is.
"""

from collections.abc import Iterator, Sequence

from placet.model import (
    AnyOf,
    Approval,
    AtLeast,
    ConditionHolds,
    InOrder,
    Requirement,
    Reviews,
    parse_source,
)
from placet.refs import encode, scope_chain

__all__ = ["source_term", "waits_for"]


def source_term(source: str, where: str | None = None) -> str:
    """How a source stands in the index: with `where` it is held, for those that depend on it.

    That is a scope for `role:` and `permission:`, the resource for "owner", the subject for
    "manager"; other sources name the same people everywhere.

    >>> source_term("role:lead@/", "retail/shop")
    'role:lead@/|retail/shop'
    """
    return source if where is None else encode(source, where)


def waits_for(approval: Approval) -> tuple[str, ...]:
    """The terms of everybody who may be able to review the approval before it is stored again.

    None of one that has ended. An assignment reaches the scopes below its own: `role:` and
    `permission:` stand there for the scope of the approval and for all above it.
    """
    if approval.status != "pending":
        return ()
    yes = [
        said
        for said in approval.reviews
        if said.verdict == "approve"
        and said.withdrawn_at is None
        and said.digest == approval.digest
    ]
    ruled = sum(1 for said in yes if said.rule)
    seats = _Seats(len(yes) - ruled, ruled, shared=approval.policy.shared_seats)
    terms: set[str] = set()
    for leaf in seats.open(approval.policy.requirement, 0):
        for source in leaf.sources:
            terms.update(_terms(source, approval))
    return tuple(sorted(terms))


def _terms(source: str, approval: Approval) -> Sequence[str]:
    kind, _ = parse_source(source)
    if kind in ("role", "permission"):
        return [source_term(source, scope) for scope in scope_chain(approval.scope)]
    if kind == "owner":
        return (source_term(source, approval.resource),)
    if kind == "manager":
        return (source_term(source, approval.subject),)
    return (source_term(source),)


class _Seats:
    """How far the reviews of an approval may reach, if each of them counts wherever it is wanted.

    Of people each fills one seat, unless seats are `shared`; a rule fills one of every leaf.
    """

    def __init__(self, people: int, rules: int, *, shared: bool) -> None:
        self._people = people
        self._rules = rules
        self._shared = shared

    def open(self, requirement: Requirement, before: int) -> Iterator[Reviews]:
        """The leaves that may be open, where `before` people are seated in the stages before."""
        if isinstance(requirement, Reviews):
            yield requirement
        elif isinstance(requirement, InOrder):
            for stage in requirement.of:
                yield from self.open(stage, before)
                before = self._together((before, self._least(stage)))
                if before > self._people:
                    return
        elif not isinstance(requirement, ConditionHolds):
            for child in requirement.of:
                yield from self.open(child, before)

    def _least(self, requirement: Requirement) -> int:
        """The fewest people who can satisfy it."""
        if isinstance(requirement, ConditionHolds):
            return 0
        if isinstance(requirement, Reviews):
            return max(requirement.count - self._rules, 0)
        least = sorted(map(self._least, requirement.of))
        if isinstance(requirement, AnyOf):
            return least[0]
        if isinstance(requirement, AtLeast):
            return self._together(tuple(least[: requirement.count]))
        return self._together(tuple(least))

    def _together(self, counts: tuple[int, ...]) -> int:
        return max(counts) if self._shared else sum(counts)
