"""Who gains and who loses by a change: nothing is left out, and nothing is made up."""

import random

from guarded_worlds import MOMENTS, Asked, World, allowed, edit, random_edit, random_world
from hypothesis import given, settings
from hypothesis import strategies as st
from protected_worlds import Told, answers, protected_edit, protected_world
from random_worlds import NOW, PRINCIPALS
from told_changes import about, named_for, probed, questions

from placet.access.changes import AccessChange, AccessChanges, access_changes
from placet.access.changes.standing import RANKS

SEEDS = st.integers(0, 2**32 - 1)


def _change(seed: int) -> tuple[World, World, AccessChanges]:
    rng = random.Random(seed)
    before = random_world(rng)
    facts = [fact for _ in range(rng.randint(1, 3)) for fact in random_edit(rng, before)]
    after = edit(before, facts)
    return before, after, access_changes(before.snapshot, after.snapshot, NOW)


def _protected_change(seed: int, *, closed: bool) -> tuple[World, World, AccessChanges]:
    rng = random.Random(seed)
    before = protected_world(rng)
    after = edit(before, protected_edit(rng, before))
    told = access_changes(before.snapshot, after.snapshot, NOW, closed=closed)
    return before, after, told


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_whoever_may_what_they_could_not_is_told_to_gain_it_and_the_other_way_round(
    seed: int,
) -> None:
    before, after, told = _change(seed)
    for principal in PRINCIPALS:
        for asked in questions(principal, MOMENTS):
            had, has = allowed(before.snapshot, asked), allowed(after.snapshot, asked)
            if had != has:
                assert (had, has) == (before.naive.check(*asked), after.naive.check(*asked))
                changes, world = (told.gains, after) if has else (told.losses, before)
                assert any(about(one, asked) and named_for(one, asked, world) for one in changes), (
                    asked
                )


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_whoever_is_told_to_gain_could_not_and_may_and_the_other_way_round(seed: int) -> None:
    """Wherever it is told, whenever; of a group, for who is in no other one."""
    before, after, told = _change(seed)
    for change in (*told.gains, *told.losses):
        if _deny_to_everyone(change):
            continue
        was, who = probed(before, change.principal)
        now, _ = probed(after, change.principal)
        expected = (False, True) if change.kind == "gain" else (True, False)
        for asked in questions(who, MOMENTS):
            if about(change, asked):
                answered = (was.naive.check(*asked), now.naive.check(*asked))
                assert answered == expected, (asked, change)


@given(SEEDS, st.booleans())
@settings(max_examples=80, deadline=None)
def test_so_it_is_with_policies_conditions_attributes_homes_and_levels(
    seed: int, closed: bool
) -> None:
    """Whoever gets a better answer to a question gains, whoever gets a worse one loses."""
    before, after, told = _protected_change(seed, closed=closed)
    for principal in PRINCIPALS:
        for one in answers(before, after, principal, closed=closed):
            better = RANKS[one.now] > RANKS[one.was]
            changes, world = (told.gains, after) if better else (told.losses, before)
            if one.now != one.was:
                assert any(_tells(change, one, world) for change in changes), one


@given(SEEDS)
@settings(max_examples=80, deadline=None)
def test_what_is_told_without_a_condition_is_so_whatever_is_asked(seed: int) -> None:
    """Where a resource lives, and at which levels a permission means anything, aside."""
    before, after, told = _protected_change(seed, closed=False)
    for change in (*told.gains, *told.losses):
        if _deny_to_everyone(change) or change.moved or change.principal == "owner":
            continue
        if change.condition or change.unless or change.denies:
            continue
        if any(asking.when for asking in change.policies):
            continue
        was, who = probed(before, change.principal)
        now, _ = probed(after, change.principal)
        for one in answers(was, now, who, closed=False):
            world, answer = (now, one.now) if change.kind == "gain" else (was, one.was)
            if about(change, _asked(one)) and one.means_something(world):
                assert RANKS[answer] >= RANKS[change.above], (one, change)


@given(SEEDS)
@settings(max_examples=50, deadline=None)
def test_where_nothing_changed_nothing_is_told(seed: int) -> None:
    world = protected_world(random.Random(seed))
    assert access_changes(world.snapshot, world.snapshot, NOW) == AccessChanges()


def test_the_worlds_tell_something() -> None:
    plain = [_change(seed)[2] for seed in range(60)]
    protected = [_protected_change(seed, closed=False)[2] for seed in range(60)]
    for told in (plain, protected):
        for changes in ([c for t in told for c in t.gains], [c for t in told for c in t.losses]):
            kinds = {change.principal.partition(":")[0] for change in changes}
            assert kinds >= {"user", "group", "everyone"}


def _asked(one: Told) -> Asked:
    type, _, id = one.resource.partition(":")
    return Asked(one.principal, one.permission, (type, id), one.scope, NOW)


def _tells(change: AccessChange, one: Told, world: World) -> bool:
    asked = _asked(one)
    return about(change, asked) and (
        named_for(change, asked, world) or (change.principal == "owner" and one.owned(world))
    )


def _deny_to_everyone(change: AccessChange) -> bool:
    """It is told as it is written, whoever holds what it denies."""
    return change.principal == "everyone" and bool(change.denied) and not change.roles
