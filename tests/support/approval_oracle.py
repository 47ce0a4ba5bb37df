"""What an approval should be, worked out the slow way: seats by trying everybody in each of them.

Nothing here asks the engine. It reads what an approval stores, and the small world around it.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from approval_worlds import NOW

from placet.model import Approval, Grant, Review

__all__ = ["HOUR", "Stage", "State", "World", "barred", "may_review", "over", "sits_for", "verdict"]

HOUR = timedelta(hours=1)
DELEGATED_UNTIL = NOW + 2 * HOUR
"""Every delegation of the world has the window from NOW until then."""


class Stage(NamedTuple):
    """So many people of a group; from `escalates` hours after it was asked, of another as well."""

    group: str
    seats: int
    escalates: int | None = None
    escalated_to: str = ""


class World(NamedTuple):
    """What stays: the stages of the policy, who asks for whom, and who may override.

    `any_no` is whether one no rejects; otherwise it does where a yes is out of reach.
    """

    stages: tuple[Stage, ...]
    requester: str = "sam"
    subject: str = "sam"
    any_no: bool = True
    starts: int | None = None


class State(NamedTuple):
    """What changes. `taken` is how often the pass was handed out."""

    approval: Approval
    grant: Grant | None
    members: frozenset[tuple[str, str]]
    delegated: frozenset[tuple[str, str]]
    hour: int = 0
    taken: int = 0

    @property
    def now(self) -> datetime:
        """The moment."""
        return NOW + self.hour * HOUR


def over(state: State) -> bool:
    """Whether the approval has ended, by a decision or by its deadline."""
    by = state.approval.decide_by
    return state.approval.status != "pending" or (by is not None and state.now >= by)


def barred(world: World) -> set[str]:
    """Who must have nothing to do with the decision."""
    return {world.requester, world.subject}


def verdict(world: World, state: State) -> str:
    """What the reviews and the directory come to: "satisfied", "rejected" or "pending"."""
    against = {
        seat
        for _, seat, said in _counted(world, state)
        if said == "reject" and any(_member(state, stage, seat) for stage in world.stages)
    }
    if against and (world.any_no or not _in_reach(world, state, against)):
        return "rejected"
    return "satisfied" if _filled(world, state, world.stages) else "pending"


def may_review(world: World, state: State, person: str) -> bool:
    """Whether somebody has a say now: in a stage that is open, for themselves or in a place."""
    if over(state) or person in barred(world):
        return False
    return any(
        _member(state, stage, seat)
        for at, stage in enumerate(world.stages)
        if _filled(world, state, world.stages[:at])
        for seat in sits_for(world, state, person)
    )


def sits_for(world: World, state: State, person: str) -> set[str]:
    """In whose places somebody may sit now, their own among them."""
    places = {person}
    if state.now < DELEGATED_UNTIL:
        places |= {delegator for delegator, delegate in state.delegated if delegate == person}
    return places - barred(world)


def _counted(world: World, state: State) -> Iterator[tuple[str, str, str]]:
    """Of each review that counts: who said it, in whose place, and what."""
    for review in state.approval.reviews:
        who, seat = _name(review.reviewer), _name(review.seat_of or review.reviewer)
        stale = review.digest != state.approval.digest or review.withdrawn_at is not None
        if not stale and not barred(world) & {who, seat} and _stands(state, review, who, seat):
            yield who, seat, review.verdict


def _stands(state: State, review: Review, who: str, seat: str) -> bool:
    return who == seat or ((seat, who) in state.delegated and review.at < DELEGATED_UNTIL)


def _filled(world: World, state: State, stages: Sequence[Stage]) -> bool:
    said_yes = {seat for _, seat, said in _counted(world, state) if said == "approve"}
    return _seated(
        [
            {person for person in said_yes if _member(state, stage, person)}
            for stage in stages
            for _ in range(stage.seats)
        ]
    )


def _in_reach(world: World, state: State, against: set[str]) -> bool:
    """Whether those who have not said no would be enough, escalated or not."""
    return _seated(
        [
            {
                person
                for group, person in state.members
                if group in (stage.group, stage.escalated_to)
            }
            - against
            - barred(world)
            for stage in world.stages
            for _ in range(stage.seats)
        ]
    )


def _seated(seats: Sequence[Collection[str]]) -> bool:
    """Whether every seat finds somebody who sits in no other."""
    if not seats:
        return True
    return any(
        _seated([set(other) - {person} for other in seats[1:]]) for person in sorted(seats[0])
    )


def _member(state: State, stage: Stage, person: str) -> bool:
    if (stage.group, person) in state.members:
        return True
    asked = state.approval.revised_at or state.approval.created_at
    return (
        stage.escalates is not None
        and state.now >= asked + stage.escalates * HOUR
        and (stage.escalated_to, person) in state.members
    )


def _name(principal: str) -> str:
    return principal.removeprefix("user:")
