"""The one evaluation: an approval, its frozen policy, its reviews, the directory and a moment.

Status, "why is it still pending", "who can move it" and simulation all read the tree that comes out
of here. Nothing is stored of it, so that it can never disagree with the facts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from placet.approvals.eligibility import (
    Directory,
    counted_reviews,
    entitled_to,
    excluded,
    latest_reviews,
    reviewed_earlier,
)
from placet.approvals.reaching import can_be_met
from placet.approvals.seats import fill_seats
from placet.approvals.ways import children, ways
from placet.conditions import FALSE, TRUE, compile
from placet.errors import PlacetError
from placet.model import (
    AllOf,
    AnyOf,
    Approval,
    AtLeast,
    ConditionHolds,
    InOrder,
    Quorum,
    Requirement,
    Review,
    Reviews,
    walk,
)
from placet.refs import spoken

__all__ = ["Result", "ResultStatus", "evaluate", "seat_for"]

ResultStatus = Literal["not_applicable", "pending", "satisfied", "rejected", "error"]


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """One node of the result tree; `why` is a sentence without names.

    `needed` and `have` count seats of a reviews leaf, `reviewers` are those who fill them. `open`
    says whether reviews count here yet: a later stage waits for the one before it.
    """

    kind: str
    status: ResultStatus
    why: str
    name: str = ""
    source: str = ""
    needed: int = 0
    have: int = 0
    reviewers: tuple[str, ...] = ()
    open: bool = True
    of: tuple["Result", ...] = ()

    def leaves(self) -> Iterator["Result"]:
        """The leaves under this node, itself if it is one."""
        if not self.of:
            yield self
        for child in self.of:
            yield from child.leaves()


class _Facts(msgspec.Struct, frozen=True):
    """What an evaluation rests on, per leaf; a leaf goes by its number in `walk`'s order.

    `seats` are the leaves of the seats that can be told, in tree order: earlier stages are seated
    first. Approvers are known by the seat that they fill; `shown` says who fills it.
    """

    seats: Sequence[int]
    approvers: Mapping[int, frozenset[str]]
    errors: Mapping[int, str]
    conditions: Mapping[int, bool]
    shown: Mapping[str, str]
    shared: bool


def evaluate(approval: Approval, directory: Directory) -> Result:
    """The result tree of the approval's requirement. An error never counts as satisfied."""
    requirement = approval.policy.requirement
    counted = counted_reviews(approval, directory)
    facts = _facts(approval, counted, directory)
    filled = _fill(_best_way(requirement, facts), facts)
    root = _node(0, requirement, filled, facts, open=True)
    # Said no is said no, also where another part of the tree cannot be told.
    if _rejected(approval, counted, directory, facts):
        return msgspec.structs.replace(root, status="rejected", why="it was rejected")
    return root


def seat_for(
    approval: Approval, directory: Directory, person: str, of: str | None = None
) -> str | None:
    """Whose seat `person` may fill now: its own before any delegator's; None for none.

    `of` is whose seat it has to be, where the reviewer says so. One hop: whoever stands in for
    somebody cannot be stood in for.
    """
    barred = excluded(approval)
    if person in barred:
        return None
    leaves = _open_leaves(approval, directory)
    if of in (None, person) and _sits(leaves, approval, directory, person):
        return person
    delegators = directory.delegators(person, directory.now) - barred
    if not delegators:
        return None
    taken = {review.seat for review in latest_reviews(approval).values()}
    for delegator in sorted(delegators, key=lambda one: (one in taken, one)):
        if of in (None, delegator) and _sits(leaves, approval, directory, delegator):
            return delegator
    return None


def _open_leaves(approval: Approval, directory: Directory) -> Sequence[tuple[int, Reviews]]:
    """The leaves that reviews count for now, by number: all of them, where there are no stages."""
    nodes = walk(approval.policy.requirement)
    leaves = [(number, node) for number, node in enumerate(nodes) if isinstance(node, Reviews)]
    if any(isinstance(node, InOrder) for node in nodes):
        shown = evaluate(approval, directory).leaves()
        numbers = (number for number, _ in _leaves(approval.policy.requirement))
        open = {number for number, node in zip(numbers, shown, strict=True) if node.open}
        leaves = [leaf for leaf in leaves if leaf[0] in open]
    return leaves


def _sits(
    leaves: Sequence[tuple[int, Reviews]], approval: Approval, directory: Directory, person: str
) -> bool:
    """Whether `person` is entitled to a seat of one of the leaves."""
    for number, leaf in leaves:
        try:
            if entitled_to(leaf, approval, directory, person) and not reviewed_earlier(
                number, approval, directory, person
            ):
                return True
        except PlacetError:
            continue
    return False


def _leaves(requirement: Requirement) -> Sequence[tuple[int, Reviews | ConditionHolds]]:
    return [
        (number, node)
        for number, node in enumerate(walk(requirement))
        if isinstance(node, Reviews | ConditionHolds)
    ]


def _facts(approval: Approval, counted: Mapping[str, Review], directory: Directory) -> _Facts:
    places: list[int] = []
    approvers: dict[int, frozenset[str]] = {}
    errors: dict[int, str] = {}
    conditions: dict[int, bool] = {}
    shown: dict[str, str] = {}
    said_yes = [review for review in counted.values() if review.verdict == "approve"]
    rules = {rule.name: rule for rule in approval.policy.rules}
    for number, leaf in _leaves(approval.policy.requirement):
        try:
            if isinstance(leaf, ConditionHolds):
                outcome = compile(leaf.when).evaluate(directory.facts())
                if outcome is TRUE or outcome is FALSE:
                    conditions[number] = outcome is TRUE
                else:
                    errors[number] = str(outcome)
                continue
            seats = set()
            for review in said_yes:
                if review.rule:
                    # A rule fills a seat of every leaf that it counts for.
                    rule = rules.get(review.rule)
                    seat = f"{review.reviewer}#{number}"
                    sits = rule is not None and number in rule.leaves
                else:
                    seat = review.seat
                    sits = entitled_to(leaf, approval, directory, seat) and not reviewed_earlier(
                        number, approval, directory, seat
                    )
                if sits:
                    seats.add(seat)
                    shown.setdefault(seat, review.reviewer)
            approvers[number] = frozenset(seats)
            places += [number] * leaf.count
        except PlacetError as error:
            errors[number] = str(error)
    return _Facts(places, approvers, errors, conditions, shown, approval.policy.shared_seats)


def _fill(way: frozenset[int], facts: _Facts) -> dict[int, tuple[str, ...]]:
    """Who fills the seats of each leaf of a way, by seat."""
    seats = [leaf for leaf in facts.seats if leaf in way]
    if facts.shared:
        return {
            leaf: tuple(sorted(facts.approvers[leaf]))[: seats.count(leaf)]
            for leaf in dict.fromkeys(seats)
        }
    persons = fill_seats([facts.approvers[leaf] for leaf in seats])
    filled: dict[int, tuple[str, ...]] = {}
    for leaf, person in zip(seats, persons, strict=True):
        if person is not None:
            filled[leaf] = (*filled.get(leaf, ()), person)
    return filled


def _best_way(requirement: Requirement, facts: _Facts) -> frozenset[int]:
    """The way that is met, or else the one with the fewest seats still empty."""

    def missing(way: frozenset[int]) -> int:
        filled = _fill(way, facts)
        return (
            sum(leaf in way for leaf in facts.seats)
            - sum(map(len, filled.values()))
            + sum(facts.conditions.get(leaf) is False or leaf in facts.errors for leaf in way)
        )

    known = ways(requirement)
    return known[0] if len(known) == 1 else min(known, key=missing)


def _node(
    number: int,
    requirement: Requirement,
    filled: Mapping[int, tuple[str, ...]],
    facts: _Facts,
    *,
    open: bool,
) -> Result:
    if isinstance(requirement, Reviews):
        return _reviews(number, requirement, filled, facts, open=open)
    if isinstance(requirement, ConditionHolds):
        return _condition(number, requirement, facts)
    below: list[Result] = []
    still_open = open
    for at, child in children(requirement, number):
        node = _node(at, child, filled, facts, open=still_open)
        below.append(node)
        if isinstance(requirement, InOrder) and node.status != "satisfied":
            still_open = False
    met = sum(child.status == "satisfied" for child in below)
    needed = len(below)
    if isinstance(requirement, AnyOf):
        needed = 1
    elif isinstance(requirement, AtLeast):
        needed = requirement.count
    status: ResultStatus = "pending"
    if met >= needed:
        status = "satisfied"
        below = [_not_needed(child) for child in below]
    elif met + sum(child.status == "pending" for child in below) < needed:
        status = "error"
    return Result(
        _KIND_NAMES[type(requirement)],
        status,
        _sentence(requirement, below, met, needed),
        name=requirement.name,
        needed=needed,
        have=met,
        open=open,
        of=tuple(below),
    )


_KIND_NAMES = {AllOf: "all_of", AnyOf: "any_of", AtLeast: "at_least", InOrder: "in_order"}


def _not_needed(result: Result) -> Result:
    """A branch that nobody waits for any more, for others were enough."""
    if result.status == "satisfied":
        return result
    return msgspec.structs.replace(result, status="not_applicable", why="not needed any more")


def _sentence(requirement: Requirement, below: list[Result], met: int, needed: int) -> str:
    if met >= needed:
        return "satisfied"
    if isinstance(requirement, InOrder):
        waiting = next(child for child in below if child.status != "satisfied")
        stage = f"stage {waiting.name!r}" if waiting.name else f"stage {met + 1}"
        return f"{stage}: {waiting.why}"
    open_ones = [child.why for child in below if child.status != "satisfied"]
    joined = " or " if isinstance(requirement, AnyOf) else " and "
    return joined.join(open_ones)


def _reviews(
    number: int,
    leaf: Reviews,
    filled: Mapping[int, tuple[str, ...]],
    facts: _Facts,
    *,
    open: bool,
) -> Result:
    error = facts.errors.get(number)
    reviewers = tuple(facts.shown[seat] for seat in filled.get(number, ()))
    have = len(reviewers)
    status: ResultStatus = "satisfied" if have >= leaf.count else "pending"
    why = f"has {have} of {leaf.count} from {spoken(leaf.source)}"
    if error is not None:
        status, why = "error", f"cannot tell who is {spoken(leaf.source)}: {error}"
    elif not open:
        # A seat that is filled early never opens a stage: the stages before it come first.
        status = "pending"
        why = f"waits for the stage before it, then needs {leaf.count} from {spoken(leaf.source)}"
    return Result(
        "reviews",
        status,
        why,
        name=leaf.name,
        source=leaf.source,
        needed=leaf.count,
        have=have,
        reviewers=reviewers,
        open=open,
    )


def _condition(number: int, leaf: ConditionHolds, facts: _Facts) -> Result:
    error = facts.errors.get(number)
    if error is not None:
        return Result("condition", "error", f"cannot tell {leaf.when!r}: {error}", name=leaf.name)
    if facts.conditions[number]:
        return Result("condition", "satisfied", f"{leaf.when!r} holds", name=leaf.name)
    return Result("condition", "pending", f"{leaf.when!r} does not hold", name=leaf.name)


def _rejected(
    approval: Approval,
    counted: Mapping[str, Review],
    directory: Directory,
    facts: _Facts,
) -> bool:
    """Whether the policy's reject rule is met by people entitled to any seat of the tree."""
    against = set()
    for review in counted.values():
        if review.verdict == "reject":
            if review.rule:
                # Of rules that contradict each other, and of a rule and people, the no wins.
                return True
            if _entitled_at_all(approval, directory, review.seat):
                against.add(review.seat)
    rule = approval.policy.reject_when
    if rule == "any":
        return bool(against)
    if isinstance(rule, Quorum):
        return len(against) >= rule.quorum
    return bool(against) and not _reachable(approval, against, directory, facts)


def _entitled_at_all(approval: Approval, directory: Directory, person: str) -> bool:
    for _, leaf in _leaves(approval.policy.requirement):
        try:
            if isinstance(leaf, Reviews) and entitled_to(leaf, approval, directory, person):
                return True
        except PlacetError:
            continue
    return False


def _reachable(approval: Approval, against: set[str], directory: Directory, facts: _Facts) -> bool:
    """Whether approvals of people who have not said no could still satisfy the tree."""
    barred = excluded(approval) | against

    def people(number: int, leaf: Reviews) -> frozenset[str] | None:
        listed = _listed(leaf, directory)
        if listed is None:
            return None
        return (listed | facts.approvers.get(number, frozenset())) - barred

    return can_be_met(approval.policy, people)


def _listed(leaf: Reviews, directory: Directory) -> frozenset[str] | None:
    """Everybody who may ever fill a seat of a leaf; None where they cannot be listed."""
    found: set[str] = set()
    for source in leaf.sources:
        try:
            listed = directory.candidates(source)
        except PlacetError:
            return None
        if listed is None:
            return None
        found |= listed
    return frozenset(found)
