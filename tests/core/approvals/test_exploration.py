"""Every sequence of commands, to a depth, on a small world: the engine does what an oracle says.

Two who ask (one for the other), three who review in two stages; reviews of what is and of what was
asked for, withdrawals, revisions, overrides, delegations, memberships that come and go, deadlines,
passes that are taken and taken back. Three commands deep by default, further with `SOAK=1`.
Random walks go on where that ends.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from types import ModuleType

import msgspec
import pytest
from approval_checks import check_state
from approval_commands import COMMANDS, Command, opened
from approval_explorer import explore, step
from approval_oracle import Stage, World
from hypothesis import given
from hypothesis import strategies as st

from placet.approvals import (
    eligibility,
    evaluate,
    grants,
    lifecycle,
    overriding,
    revising,
    transition,
)
from placet.approvals.eligibility import Directory
from placet.model import Approval, Grant, Resolution, Review

SOAK = bool(os.environ.get("SOAK"))

IN_TURN = World((Stage("first", 1), Stage("second", 1)))
FOR_ANOTHER = World(
    (Stage("first", 2, escalates=1, escalated_to="second"), Stage("second", 1)),
    requester="kim",
    subject="sam",
    any_no=False,
    starts=1,
)
WORLDS = {"in turn": IN_TURN, "for another": FOR_ANOTHER}
DEPTH = 6 if SOAK else 3
AT_LEAST = {
    ("in turn", 3): 1_500,
    ("for another", 3): 900,
    ("in turn", 6): 150_000,
    ("for another", 6): 60_000,
}
GOING_ON = [
    command
    for command in COMMANDS
    if command.name not in ("cancel", "supersede", "override") and command.what != "reject"
]
"""What ends nothing at once: a walk of anything else would be over after a few steps."""


@pytest.mark.parametrize("name", WORLDS)
def test_every_sequence_of_commands_comes_to_what_it_should(name: str) -> None:
    """T03, T04, T11, T19, T20, T32, T33, T35, T37: in each of the states that can be reached.

    Terminal is final, nobody fills two seats, approved is what eligible reviews of the current
    digest come to and nothing else is, no pass outlives its bounds, and each is used once.
    """
    found = explore(WORLDS[name], DEPTH)
    print(f"{name}: {found.states} states by {found.commands} commands, {found.refused} refused")
    assert found.states >= AT_LEAST[name, DEPTH]
    assert found.refused < found.commands


@pytest.mark.parametrize("name", WORLDS)
@given(
    first=st.lists(st.sampled_from(GOING_ON), min_size=10, max_size=60),
    then=st.lists(st.sampled_from(COMMANDS), max_size=20),
)
def test_so_does_a_long_walk(name: str, first: list[Command], then: list[Command]) -> None:
    world = WORLDS[name]
    state = opened(world)
    for command in (*first, *then):
        state = step(world, state, command) or state
        check_state(world, state)


# That the exploration would see it: engines with one fault each.


def _any_digest(approval: Approval) -> dict[str, Review]:
    return {said.reviewer: said for said in approval.reviews if said.withdrawn_at is None}


def _withdrawn_too(approval: Approval) -> dict[str, Review]:
    return {said.reviewer: said for said in approval.reviews if said.digest == approval.digest}


def _twice(seats: list[frozenset[str]]) -> list[str | None]:
    return [min(seat, default=None) for seat in seats]


def _greedy(seats: list[frozenset[str]]) -> list[str | None]:
    filled: list[str | None] = []
    for seat in seats:
        filled.append(min(seat - {*filled}, default=None))
    return filled


def _a_little_late(approval: Approval, now: datetime) -> str:
    late = approval.decide_by is not None and now > approval.decide_by
    return "expired" if late and approval.status == "pending" else approval.status


def _without_bound(approval: Approval, resolution: Resolution) -> tuple[Grant, None]:
    grant, _ = grants.mint(approval, msgspec.structs.replace(resolution, kind="reviews"))
    return grant, None


def _taken_again(grant: Grant, principal: str, digest: str, now: datetime) -> Grant:
    return _take(msgspec.structs.replace(grant, status="active"), principal, digest, now)


def _for_anything(grant: Grant, principal: str, digest: str, now: datetime) -> Grant:
    return _take(grant, principal, grant.digest, now)


def _standing_in_for_good(approval: Approval, directory: Directory) -> dict[str, Review]:
    barred = eligibility.excluded(approval)
    latest = eligibility.latest_reviews(approval)
    return {who: said for who, said in latest.items() if not {who, said.seat} & barred}


def _only_the_requester(approval: Approval) -> frozenset[str]:
    return frozenset({approval.requester})


def _carried(review: Review, before: str, after: str) -> Review:
    return msgspec.structs.replace(review, digest=after, carried_from=before)


def _nothing(*_: object) -> None:
    return None


_take = grants.take

FAULTS: Mapping[str, Callable[[], Mapping[ModuleType, Mapping[str, object]]]] = {
    "a review of another digest counts": lambda: {eligibility: {"latest_reviews": _any_digest}},
    "a withdrawn review counts": lambda: {eligibility: {"latest_reviews": _withdrawn_too}},
    "one person fills two seats": lambda: {evaluate: {"fill_seats": _twice}},
    "seats are filled greedily": lambda: {evaluate: {"fill_seats": _greedy}},
    "the subject may review": lambda: {
        module: {"excluded": _only_the_requester}
        for module in (eligibility, evaluate, lifecycle, overriding)
    },
    "at exactly its deadline it is still pending": lambda: {
        module: {"status_of": _a_little_late} for module in (lifecycle, transition)
    },
    "what has ended is decided again": lambda: {lifecycle: {"refuse_ended": _nothing}},
    "what has ended is revised": lambda: {revising: {"refuse_ended": _nothing}},
    "what has ended is overridden": lambda: {overriding: {"refuse_ended": _nothing}},
    "what was not shown is reviewed": lambda: {lifecycle: {"refuse_other_digest": _nothing}},
    "a pass of an override lasts as long as any": lambda: {transition: {"mint": _without_bound}},
    "a pass is taken twice": lambda: {grants: {"take": _taken_again}},
    "a pass is taken for something else": lambda: {grants: {"take": _for_anything}},
    "a delegation that was taken back counts": lambda: {
        evaluate: {"counted_reviews": _standing_in_for_good}
    },
    "every review is carried": lambda: {revising: {"_carried": _carried}},
}


def _deeper_and_deeper() -> None:
    for depth in range(1, 5):
        for world in WORLDS.values():
            explore(world, depth)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_engine_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in FAULTS[fault]().items():
        for name, wrong in names.items():
            monkeypatch.setattr(module, name, wrong)
    with pytest.raises(AssertionError) as found:
        _deeper_and_deeper()
    assert "after [" in found.value.__notes__[0], "it says by which commands"
