"""Whether people could meet a policy at all: some way in which every seat finds somebody."""

from collections.abc import Callable, Iterator, Sequence

from placet.approvals.seats import fill_seats
from placet.approvals.ways import ways
from placet.model import ApprovalPolicy, Reviews, walk

__all__ = ["People", "can_be_met", "seats_short"]

People = Callable[[int, Reviews], frozenset[str] | None]
"""Who could fill a seat of a leaf, by its number; None where nobody can list them all, so that as
many may come as there are seats."""


def can_be_met(policy: ApprovalPolicy, people: People) -> bool:
    """Whether there are enough people, each for one seat, in one of the ways to meet the policy."""
    return any(None not in seated for _, seated in _seated(policy, people))


def seats_short(policy: ApprovalPolicy, people: People) -> Reviews | None:
    """A leaf that cannot be met, of the way that comes closest; None where the policy can be."""
    leaves, seated = min(_seated(policy, people), key=lambda way: way[1].count(None))
    return next((leaf for leaf, person in zip(leaves, seated, strict=True) if person is None), None)


def _seated(
    policy: ApprovalPolicy, people: People
) -> Iterator[tuple[Sequence[Reviews], Sequence[str | None]]]:
    """For each way, the leaf of each seat and who could sit in it."""
    entitled = {
        number: _all(policy, people, number, leaf)
        for number, leaf in enumerate(walk(policy.requirement))
        if isinstance(leaf, Reviews)
    }
    for way in ways(policy.requirement):
        seats = [
            (number, leaf)
            for number, leaf in enumerate(walk(policy.requirement))
            if isinstance(leaf, Reviews) and number in way
            for _ in range(leaf.count)
        ]
        if policy.shared_seats:
            seated: list[str | None] = []
            for number, leaf in dict.fromkeys(seats):
                found = sorted(entitled[number])[: leaf.count]
                seated += [*found, *[None] * (leaf.count - len(found))]
        else:
            seated = fill_seats([entitled[number] for number, _ in seats])
        yield [leaf for _, leaf in seats], seated


def _all(policy: ApprovalPolicy, people: People, number: int, leaf: Reviews) -> frozenset[str]:
    listed = people(number, leaf)
    if listed is None:
        listed = frozenset(f"#{number}/{seat}" for seat in range(leaf.count))
    return listed | {
        f"{rule.reviewer}#{number}"
        for rule in policy.rules
        if rule.verdict == "approve" and number in rule.leaves
    }
