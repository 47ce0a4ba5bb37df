"""The commands that change an approval in a small world, given to the engine as a service would."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
from approval_oracle import DELEGATED_UNTIL, HOUR, State, World
from approval_worlds import NOW, People, policy

from placet.approvals import grants, lifecycle, overriding, revising, transition
from placet.approvals.compose import compose
from placet.approvals.lifecycle import Said, Wanted
from placet.approvals.transition import Transition
from placet.errors import PlacetError
from placet.model import Actor, InOrder, Reviews, Verdict

__all__ = [
    "ARGUMENTS",
    "COMMANDS",
    "DECIDE",
    "OVERRIDE",
    "USE",
    "Command",
    "directory_of",
    "given",
    "opened",
]

PEOPLE = ("sam", "kim", "dana", "finn", "gil")
MEMBERS = frozenset(
    {("first", "dana"), ("first", "finn"), ("first", "kim")}
    | {("second", "dana"), ("second", "gil"), ("second", "sam")}
)
DECIDE, USE, OVERRIDE = 2, 2, 1
"""Hours: to decide in, that a pass lasts, and that one of an override does."""
LAST_HOUR = 4
ARGUMENTS = {
    "d1": {"amount": 1, "note": "a"},
    "d2": {"amount": 2, "note": "a"},
    "d3": {"amount": 1, "note": "b"},
}


class Command(NamedTuple):
    """One command: what, by or about whom, and the rest of it."""

    name: str
    person: str = ""
    what: str = ""


def _commands() -> Iterator[Command]:
    for person in PEOPLE:
        yield from (Command("review", person, said) for said in ("approve", "reject", "abstain"))
        yield Command("review stale", person, "approve")
        yield Command("withdraw", person)
    for digest in ARGUMENTS:
        yield Command("revise", what=digest)
    for person in ("sam", "finn", "gil"):
        yield Command("override", person, "approve")
        yield Command("override", person, "reject")
    yield Command("override stale", "finn", "approve")
    for person in ("sam", "kim", "dana"):
        yield Command("take", person)
    yield Command("take other", "sam")
    yield from (Command(name) for name in ("cancel", "supersede", "settle", "wait", "revoke"))
    for group, person in (("first", "dana"), ("second", "gil")):
        yield Command("move", person, group)
    for delegator, delegate in (("finn", "gil"), ("dana", "kim"), ("sam", "finn")):
        yield Command("delegate", delegator, delegate)


COMMANDS = tuple(_commands())


def opened(world: World) -> State:
    """The state in which everything begins."""
    tree = InOrder(
        of=tuple(
            Reviews(
                count=stage.seats,
                source=f"group:{stage.group}",
                escalate_after=stage.escalates and stage.escalates * 3600,
                escalate_to=(f"group:{stage.escalated_to}",) if stage.escalated_to else (),
            )
            for stage in world.stages
        )
    )
    frozen = compose(
        [
            policy(
                tree,
                decide_within=DECIDE * 3600,
                use_within=USE * 3600,
                override_by=("user:finn", "user:sam"),
                override_for=OVERRIDE * 3600,
                carry_if="!('amount' in context.changed)",
                reject_when="any" if world.any_no else "unreachable",
            )
        ]
    )
    for_another = None if world.subject == world.requester else f"user:{world.subject}"
    approval = lifecycle.open_approval(
        _wanted(world, "d1"),
        frozen,
        (frozen.ref,),
        Actor(f"user:{world.requester}", on_behalf_of=for_another),
        NOW,
    )
    return State(approval, None, MEMBERS, frozenset())


def given(world: World, state: State, command: Command) -> State:
    """The state after a command; PlacetError where the engine refuses it."""
    return _STEPS[command.name](world, state, command, directory_of(state))


def directory_of(state: State) -> People:
    """Who is who in a state, and who stands in for whom."""
    window = (NOW, DELEGATED_UNTIL)
    standing_in = {
        (f"user:{delegator}", f"user:{delegate}"): window for delegator, delegate in state.delegated
    }
    people = People(now=state.now, standing_in=standing_in)
    for group in ("first", "second"):
        people.groups[f"group:{group}"] = [who for of, who in state.members if of == group]
    return people


def _wanted(world: World, digest: str) -> Wanted:
    return Wanted(
        permission="release.deploy",
        resource="release:7",
        scope="",
        digest=digest,
        arguments=ARGUMENTS[digest],
        starts_at=None if world.starts is None else NOW + world.starts * HOUR,
    )


def _actor(command: Command) -> Actor:
    return Actor(f"user:{command.person}")


def _verdict(command: Command) -> Verdict:
    said: Verdict = msgspec.convert(command.what, Verdict)
    return said


def _moved(state: State, done: Transition) -> State:
    assert done.grant is None or state.grant is None, "an approval has yielded twice"
    return state._replace(approval=done.approval, grant=done.grant or state.grant)


_Step = Callable[[World, State, Command, People], State]


def _review(world: World, state: State, command: Command, directory: People) -> State:
    shown = "d0" if command.name == "review stale" else state.approval.digest
    said = Said(_verdict(command), digest=shown)
    return _moved(state, lifecycle.review(state.approval, _actor(command), said, directory))


def _withdraw(world: World, state: State, command: Command, directory: People) -> State:
    after = lifecycle.withdraw(state.approval, _actor(command), state.now)
    return state._replace(approval=after)


def _revise(world: World, state: State, command: Command, directory: People) -> State:
    approval = state.approval
    if command.what == approval.digest:
        return state
    wanted = _wanted(world, command.what)
    after = revising.revise(approval, wanted, approval.policy, approval.policies, state.now)
    return state._replace(approval=after)


def _override(world: World, state: State, command: Command, directory: People) -> State:
    shown = "d0" if command.name == "override stale" else state.approval.digest
    if not overriding.may_override(state.approval, directory, f"user:{command.person}"):
        raise PlacetError("the service refuses who is not named")
    said = Said(_verdict(command), "urgent", digest=shown)
    return _moved(state, overriding.override(state.approval, _actor(command), said, directory))


def _take(world: World, state: State, command: Command, directory: People) -> State:
    if state.grant is None:
        raise PlacetError("the service finds no pass")
    digest = "d0" if command.name == "take other" else state.approval.digest
    after = grants.take(state.grant, f"user:{command.person}", digest, state.now)
    return state._replace(grant=after, taken=state.taken + 1)


def _revoke(world: World, state: State, command: Command, directory: People) -> State:
    if state.grant is None:
        raise PlacetError("the service finds no pass")
    return state._replace(grant=grants.revoke(state.grant, "user:root", state.now, ""))


def _cancel(world: World, state: State, command: Command, directory: People) -> State:
    after = lifecycle.cancel(
        state.approval, Actor("user:sam"), state.now, by_requester=True, reason=""
    )
    return state._replace(approval=after)


def _supersede(world: World, state: State, command: Command, directory: People) -> State:
    if transition.status_of(state.approval, state.now) != "pending":
        raise PlacetError("the service supersedes what is pending")
    after = lifecycle.supersede(state.approval, Actor("user:sam"), state.now)
    return state._replace(approval=after)


def _settle(world: World, state: State, command: Command, directory: People) -> State:
    return _moved(state, lifecycle.settle(state.approval, directory))


def _wait(world: World, state: State, command: Command, directory: People) -> State:
    return state._replace(hour=min(state.hour + 1, LAST_HOUR))


def _move(world: World, state: State, command: Command, directory: People) -> State:
    return state._replace(members=state.members ^ {(command.what, command.person)})


def _delegate(world: World, state: State, command: Command, directory: People) -> State:
    return state._replace(delegated=state.delegated ^ {(command.person, command.what)})


_STEPS: dict[str, _Step] = {
    "review": _review,
    "review stale": _review,
    "withdraw": _withdraw,
    "revise": _revise,
    "override": _override,
    "override stale": _override,
    "take": _take,
    "take other": _take,
    "revoke": _revoke,
    "cancel": _cancel,
    "supersede": _supersede,
    "settle": _settle,
    "wait": _wait,
    "move": _move,
    "delegate": _delegate,
}
