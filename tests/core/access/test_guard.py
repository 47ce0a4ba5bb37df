"""The widening guard keeps its promise in any account, for any change, whoever makes it."""

import random

from conditioned_worlds import (
    answered,
    conditioned_edit,
    conditioned_world,
    newly_allowed,
)
from guarded_worlds import (
    NOW,
    World,
    actor_holds,
    allowed,
    edges,
    edit,
    gained,
    random_edit,
    random_world,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_worlds import PRINCIPALS

from placet import SYSTEM, Actor
from placet.access.advance import Fact
from placet.access.guard import may_widen, widening
from placet.model import Assignment, Permission, Role, User

ACTOR = Actor("user:u0")
SEEDS = st.integers(0, 2**32 - 1)


def _change(seed: int) -> tuple[random.Random, World, list[Fact]]:
    rng = random.Random(seed)
    world = random_world(rng)
    if rng.random() < 0.8:
        world = actor_holds(world, rng, ACTOR.principal)
    return rng, world, random_edit(rng, world)


def _may(actor: Actor, before: World, facts: list[Fact]) -> bool:
    after = edit(before, facts)
    return may_widen(actor, before.snapshot, after.snapshot, edges(before, facts), NOW)


@given(SEEDS)
@settings(max_examples=400, deadline=None)
def test_nobody_gains_by_a_change_what_its_actor_did_not_hold(seed: int) -> None:
    """Failure modes 8, 10 and 34, at any moment from now on."""
    _, before, facts = _change(seed)
    if _may(ACTOR, before, facts):
        for asked in gained(before, edit(before, facts)):
            own = asked._replace(principal=ACTOR.principal)
            assert allowed(before.snapshot, own), (asked, facts)
            assert before.naive.check(*own)


def test_the_law_is_not_kept_by_refusing_everything() -> None:
    passed = 0
    for seed in range(400):
        _, before, facts = _change(seed)
        if _may(ACTOR, before, facts) and any(gained(before, edit(before, facts))):
            passed += 1
    assert passed > 3


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_what_is_refused_is_named_with_its_permission_scope_and_right(seed: int) -> None:
    _, before, facts = _change(seed)
    after = edit(before, facts)
    found = widening(ACTOR, before.snapshot, after.snapshot, edges(before, facts), NOW)
    if found is not None:
        assert found.permission in after.snapshot.permissions
        assert found.right in ("core_authz_bind", "core_authz_escalate")
        assert found.permission in found.text
        assert found.text.startswith(ACTOR.principal)


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_taking_allows_away_always_passes(seed: int) -> None:
    rng = random.Random(seed)
    before = random_world(rng)
    allows = [
        Fact(noun, gone=True)
        for noun in before.naive.of(Assignment)
        if isinstance(noun, Assignment) and noun.effect == "allow"
    ]
    some = rng.sample(allows, rng.randint(0, len(allows)))
    assert _may(Actor("user:nobody"), before, some)


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_the_system_may_change_anything(seed: int) -> None:
    _, before, facts = _change(seed)
    assert _may(SYSTEM, before, facts)


def test_an_actor_that_only_equals_the_system_is_not_it() -> None:
    one = Fact(Assignment(id="a", principal="user:u1", role="much@/"))
    before = actor_holds(random_world(random.Random(1), 0), random.Random(1), "user:u2")
    assert not _may(Actor("system"), before, [one])


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_who_holds_more_may_give_no_less(seed: int) -> None:
    _, before, facts = _change(seed)
    # Who is let back in gains what is held: with more held, that is more.
    own = any(isinstance(one.noun, User) and one.noun.ref == ACTOR.principal for one in facts)
    if not own and _may(ACTOR, before, facts):
        more = Role(id="more", permissions=("doc.*", "job.run"))
        held = Assignment(id="more", principal=ACTOR.principal, role="more@/")
        richer = edit(before, [Fact(more), Fact(held)])
        assert _may(ACTOR, richer, facts)


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_who_may_escalate_may_change_anything(seed: int) -> None:
    _, before, facts = _change(seed)
    right = Permission(id="core_authz_escalate", resource_type="ROLE", action="escalate")
    role = Role(id="top", permissions=("core_authz_escalate",))
    held = Assignment(id="top", principal="user:root", role="top@/")
    assert _may(Actor("user:root"), edit(before, [Fact(right), Fact(role), Fact(held)]), facts)


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_whom_a_program_acts_for_has_to_hold_it_too(seed: int) -> None:
    rng, before, facts = _change(seed)
    other = Actor(rng.choice(PRINCIPALS), on_behalf_of=ACTOR.principal)
    if _may(other, before, facts):
        assert _may(ACTOR, before, facts)
        assert _may(Actor(other.principal), before, facts)


@given(SEEDS)
@example(10829)  # an entry goes under which everyone holds something on a condition on who it is
@settings(max_examples=300, deadline=None)
def test_nor_does_anybody_by_conditions_attributes_and_homes(seed: int) -> None:
    """A resource that moves was held in its old home; there it was the same thing."""
    rng = random.Random(seed)
    before = actor_holds(conditioned_world(rng), rng, ACTOR.principal)
    facts = conditioned_edit(rng, before)
    if not _may(ACTOR, before, facts):
        return
    for case in newly_allowed(before, edit(before, facts)):
        own = case._replace(principal=ACTOR.principal)
        stored = before.snapshot.resources.get(":".join(case.resource))
        if stored is not None and stored.scope not in (None, case.scope):
            own = own._replace(scope=stored.scope)
        everyones = answered(before.snapshot, case._replace(principal="user:anybody"))
        assert everyones or answered(before.snapshot, own), (case, facts)
