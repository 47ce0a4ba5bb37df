"""What has to hold of each step of an approval, and in each state, by the oracle."""

from collections.abc import Callable

import msgspec
from approval_commands import ARGUMENTS, DECIDE, OVERRIDE, USE, Command, directory_of
from approval_oracle import HOUR, State, World, barred, may_review, over, sits_for, verdict
from approval_worlds import NOW

from placet.approvals import evaluate, grants
from placet.model import Grant

__all__ = ["check_refusal", "check_state", "check_step"]

_AROUND = frozenset({"wait", "move", "delegate"})
_PASSES = frozenset({"take", "take other", "revoke"})


def check_refusal(world: World, state: State, command: Command) -> None:
    """Nothing is refused to who may."""
    if command.name == "review":
        assert not may_review(world, state, command.person)
    elif command.name == "take":
        assert not _usable(world, state, command)
    elif command.name in ("cancel", "revise", "supersede"):
        assert over(state)
    elif command.name == "override":
        assert over(state) or command.person in {"gil", *barred(world)}
    elif command.name == "withdraw":
        assert over(state) or not _said(state, command.person)
    elif command.name == "revoke":
        assert state.grant is None or not _alive(state, state.grant)
    else:
        assert command.name in ("review stale", "override stale", "take other"), command


def check_step(world: World, before: State, command: Command, after: State) -> None:
    was, now = before.approval, after.approval
    if command.name in _AROUND:
        assert (now, after.grant, after.taken) == (was, before.grant, before.taken)
        return
    if command.name in _PASSES:
        assert now == was
        _check_pass(world, before, command, after)
        return
    if over(before):
        # Terminal is final; a deadline that has passed may be written down.
        assert after.grant == before.grant
        assert now.reviews == was.reviews
        written = was.status == "pending" and command.name == "settle"
        assert (now.status, now.digest) == ("expired" if written else was.status, was.digest)
        assert written or now == was
        return
    _CHECKS[command.name](world, before, command, after)
    minted = now.status == "approved"
    assert (after.grant is not None) is minted
    if minted:
        _check_minted(world, after)


def _check_reviewed(world: World, before: State, command: Command, after: State) -> None:
    assert command.name == "review", "what was not shown was reviewed"
    assert may_review(world, before, command.person)
    who = f"user:{command.person}"
    others = [said for said in before.approval.reviews if said.reviewer != who]
    assert [said for said in after.approval.reviews if said.reviewer != who] == others
    (mine,) = (said for said in after.approval.reviews if said.reviewer == who)
    assert (mine.verdict, mine.digest) == (command.what, before.approval.digest)
    assert mine.withdrawn_at is None
    if mine not in before.approval.reviews:
        assert mine.at == before.now
        assert mine.seat.removeprefix("user:") in sits_for(world, before, command.person)
        _check_decided(world, after)


def _check_settled(world: World, before: State, command: Command, after: State) -> None:
    assert after.approval.reviews == before.approval.reviews
    _check_decided(world, after)


def _check_decided(world: World, after: State) -> None:
    """Resolved in the step that decides it, and not before (T03)."""
    status = {"satisfied": "approved"}.get(verdict(world, after), verdict(world, after))
    assert after.approval.status == status


def _check_overridden(world: World, before: State, command: Command, after: State) -> None:
    assert command.name == "override", "what was not shown was overridden"
    assert command.person == "finn"
    assert command.person not in barred(world)
    resolution = after.approval.resolution
    assert resolution is not None
    assert (resolution.kind, resolution.by) == ("override", "user:finn")
    said_yes = command.what == "approve"
    assert after.approval.status == ("approved" if said_yes else "rejected")


def _check_withdrawn(world: World, before: State, command: Command, after: State) -> None:
    who = f"user:{command.person}"
    pairs = zip(before.approval.reviews, after.approval.reviews, strict=True)
    changed = [(was, now) for was, now in pairs if was != now]
    ((was, now),) = changed
    assert (was.reviewer, was.withdrawn_at, was.digest) == (who, None, before.approval.digest)
    assert now == msgspec.structs.replace(was, withdrawn_at=before.now)
    assert after.approval.status == "pending"


def _check_revised(world: World, before: State, command: Command, after: State) -> None:
    was, now = before.approval, after.approval
    assert (now.status, now.digest) == ("pending", command.what)
    if now is was:
        return
    assert (now.revision, now.revised_at) == (was.revision + 1, before.now)
    assert now.decide_by == before.now + DECIDE * HOUR
    for old, new in zip(was.reviews, now.reviews, strict=True):
        stood = old.digest == was.digest and old.withdrawn_at is None
        same_amount = ARGUMENTS[was.digest]["amount"] == ARGUMENTS[now.digest]["amount"]
        if stood and same_amount:
            assert new.digest == now.digest
            assert new.carried_from
        else:
            assert new == old


def _check_cancelled(world: World, before: State, command: Command, after: State) -> None:
    ends = {"cancel": "cancelled", "supersede": "superseded"}
    assert after.approval.status == ends[command.name]
    assert after.approval.reviews == before.approval.reviews


_CHECKS: dict[str, Callable[[World, State, Command, State], None]] = {
    "review": _check_reviewed,
    "review stale": _check_reviewed,
    "withdraw": _check_withdrawn,
    "revise": _check_revised,
    "override": _check_overridden,
    "override stale": _check_overridden,
    "settle": _check_settled,
    "cancel": _check_cancelled,
    "supersede": _check_cancelled,
}


def _check_minted(world: World, state: State) -> None:
    """One pass, for the subject and the digest, that lasts no longer than it may."""
    approval, grant = state.approval, state.grant
    assert grant is not None
    assert approval.resolution is not None
    assert (grant.kind, grant.approval, approval.grant) == ("pass", approval.id, grant.id)
    assert grant.principal == f"user:{world.subject}"
    assert grant.digest == approval.digest
    wanted = state.now if world.starts is None else NOW + world.starts * HOUR
    assert grant.starts_at == max(state.now, wanted)
    hours = OVERRIDE if approval.resolution.kind == "override" else USE
    assert grant.ends_at == grant.starts_at + hours * HOUR


def _check_pass(world: World, before: State, command: Command, after: State) -> None:
    assert before.grant is not None
    assert after.grant is not None
    if command.name == "revoke":
        assert _alive(before, before.grant)
        assert after.grant.status == "revoked"
    else:
        assert command.name == "take", "a pass was taken for something else"
        assert _usable(world, before, command)
        assert after.grant.status == "consumed"
        assert after.taken == 1


def _usable(world: World, state: State, command: Command) -> bool:
    grant = state.grant
    return (
        grant is not None
        and _alive(state, grant)
        and grant.starts_at <= state.now
        and state.taken == 0
        and command.person == world.subject
    )


def _alive(state: State, grant: Grant) -> bool:
    assert grant.ends_at is not None
    return grant.status == "active" and state.now < grant.ends_at


def _said(state: State, person: str) -> bool:
    """Whether somebody has said something about what is asked for now."""
    return any(
        (said.reviewer, said.digest, said.withdrawn_at)
        == (f"user:{person}", state.approval.digest, None)
        for said in state.approval.reviews
    )


def check_state(world: World, state: State) -> None:
    """The tree says what the oracle says, and nobody sits twice."""
    result = evaluate.evaluate(state.approval, directory_of(state))
    assert result.status == verdict(world, state)
    sitting = [person for leaf in result.leaves() for person in leaf.reviewers]
    assert len(set(sitting)) == len(sitting), "somebody fills two seats"
    assert not {person.removeprefix("user:") for person in sitting} & barred(world)
    grant = state.grant
    if grant is not None:
        assert (grant.status == "consumed") is (state.taken == 1)
        outlived = grant.status == "active" and not _alive(state, grant)
        assert (grants.grant_status(grant, state.now) == "ended") is outlived
