"""Every command in every state of a small world of approvals, each step held against an oracle.

Two states are one when nothing that happens later can tell them apart: who said what about which
digest, not in which order.
"""

from collections.abc import Hashable
from typing import NamedTuple

from approval_checks import check_refusal, check_state, check_step
from approval_commands import COMMANDS, Command, given, opened
from approval_oracle import State, World

from placet.errors import PlacetError
from placet.model import Review

__all__ = ["Explored", "explore", "step"]


class Explored(NamedTuple):
    """How much was looked at."""

    states: int
    commands: int
    refused: int


def explore(world: World, depth: int) -> Explored:
    """Give every sequence of up to `depth` commands, each state once; AssertionError says by which
    commands something was reached that should not be."""
    start = opened(world)
    seen = {hash(_key(start))}
    reached: list[tuple[State, tuple[Command, ...]]] = [(start, ())]
    tried = refused = 0
    for _ in range(depth):
        layer, reached = reached, []
        for state, path in layer:
            for command in COMMANDS:
                tried += 1
                try:
                    after = step(world, state, command)
                    if after is None:
                        refused += 1
                        continue
                    key = hash(_key(after))
                    if key not in seen:
                        seen.add(key)
                        check_state(world, after)
                        reached.append((after, (*path, command)))
                except Exception as error:
                    error.add_note(f"in {world} after {[*path, command]}")
                    raise
    return Explored(len(seen), tried, refused)


def step(world: World, state: State, command: Command) -> State | None:
    """The state after a command, None where it was refused; the step itself is checked."""
    try:
        after = given(world, state, command)
    except PlacetError:
        check_refusal(world, state, command)
        return None
    check_step(world, state, command, after)
    return after


def _key(state: State) -> Hashable:
    approval, grant = state.approval, state.grant
    return (
        approval.status,
        approval.digest,
        approval.asked_at,
        approval.decide_by,
        approval.resolution and approval.resolution.kind,
        frozenset(map(_review_key, approval.reviews)),
        grant and (grant.status, grant.starts_at, grant.ends_at),
        *state[2:],
    )


def _review_key(said: Review) -> Hashable:
    # When it was said matters only to a delegation.
    at = said.at if said.seat_of else None
    taken_back = said.withdrawn_at is not None
    return said.reviewer, said.verdict, said.digest, said.seat_of, at, taken_back
