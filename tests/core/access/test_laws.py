"""Laws that relate two accounts: what more rules, other names and another order of loading change.

No law says what the right answer is; each says how two answers must go together.
"""

import os
import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from question_worlds import CONTEXT, EXTRA, asked_of, everybody, random_nouns
from random_worlds import PERMISSIONS, RESOURCES, SCOPES
from renamed_worlds import Renaming

from placet.access.advance import Fact, advance
from placet.access.loading import load
from placet.access.snapshot import Snapshot
from placet.model import Assignment, Effect, Noun
from placet.storage.nouns import key_of
from placet.testing import PlacetUnderTest

WORLDS = st.integers(0, 10**9)
often = settings(max_examples=300 if os.environ.get("SOAK") else 30, deadline=None)
RANK = {"denied": 0, "approval_required": 1, "allowed": 2}


class Asked(NamedTuple):
    """One question; what it says of the circumstances is the same for all."""

    principal: str
    permission: str
    resource: str
    scope: str | None


def index_of(nouns: Iterable[Noun]) -> Snapshot:
    parts = (([(key_of(noun).id, b"")], [noun]) for noun in nouns)
    return load(Snapshot(), parts, revision=1, authority=1)


def questions(snapshot: Snapshot, rng: random.Random, count: int = 150) -> Iterator[Asked]:
    who = everybody(snapshot)
    for _ in range(count):
        permission = rng.choice(PERMISSIONS)
        wanted = permission.rpartition(".")[0]
        names = [f"{type_}:{id}" for type_, id in (*RESOURCES, *EXTRA) if type_ == wanted]
        yield Asked(rng.choice(who), permission, rng.choice(names), rng.choice((None, *SCOPES)))


def outcomes(placet: PlacetUnderTest, asked: Iterable[Asked]) -> list[str]:
    """What `decide` says; `check` has to say the same."""
    found: list[str] = []
    for one in asked:
        who, permission, on, scope = one
        outcome = placet.decide(who, permission, on, scope=scope, context=CONTEXT).outcome
        allowed = placet.check(who, permission, on, scope=scope, context=CONTEXT)
        assert allowed == (outcome == "allowed"), one
        found.append(outcome)
    return found


def with_more(nouns: list[Noun], rng: random.Random, effect: Effect) -> list[Noun]:
    """The same account with some of its assignments again, for others, elsewhere, as `effect`."""
    known = [noun for noun in nouns if isinstance(noun, Assignment)]
    more = [
        msgspec.structs.replace(
            rng.choice(known),
            id=f"more{number}",
            principal=rng.choice(known).principal,
            role=rng.choice(known).role,
            scope=rng.choice(SCOPES),
            condition=rng.choice(known).condition,
            effect=effect,
        )
        for number in range(rng.randint(1, 12))
    ]
    return [*nouns, *more]


def before_and_after(seed: int, effect: Effect) -> Iterator[tuple[Asked, str, str]]:
    rng = random.Random(seed)
    nouns = random_nouns(seed)
    before, after = index_of(nouns), index_of(with_more(nouns, rng, effect))
    asked = list(questions(before, rng))
    was, now = outcomes(asked_of(before), asked), outcomes(asked_of(after), asked)
    yield from zip(asked, was, now, strict=True)


@often
@given(seed=WORLDS)
def test_an_allow_that_is_added_takes_nothing_from_anybody(seed: int) -> None:
    for asked, was, now in before_and_after(seed, "allow"):
        assert RANK[now] >= RANK[was], asked


@often
@given(seed=WORLDS)
def test_a_deny_that_is_added_gives_nothing_to_anybody(seed: int) -> None:
    for asked, was, now in before_and_after(seed, "deny"):
        assert RANK[now] <= RANK[was], asked


def test_the_worlds_of_these_laws_tell_something() -> None:
    """Both ways something changes, and what is needed beside yes and no comes up as well."""
    effects: tuple[Effect, ...] = ("allow", "deny")
    for effect in effects:
        seen = [pair[1:] for seed in range(30) for pair in before_and_after(seed, effect)]
        changed = sum(was != now for was, now in seen)
        assert 0.01 < changed / len(seen) < 0.5
        assert {was for was, _ in seen} == set(RANK)


@often
@given(seed=WORLDS)
def test_other_names_change_no_answer(seed: int) -> None:
    """Principals, roles, groups, scopes and resources alike: none is looked into for a meaning."""
    rng = random.Random(seed)
    nouns = random_nouns(seed)
    other = Renaming(seed)
    here, there = index_of(nouns), index_of(map(other.noun, nouns))
    asked = list(questions(here, rng))
    renamed = [
        Asked(other.ref(who), permission, other.resource(on), other.scope(scope))
        for who, permission, on, scope in asked
    ]
    assert outcomes(asked_of(here), asked) == outcomes(asked_of(there), renamed)


@often
@given(seed=WORLDS)
def test_the_order_of_loading_changes_no_answer_and_no_explanation(seed: int) -> None:
    """Failure mode 32: at once or piece by piece, the last rule wins as little as the first."""
    rng = random.Random(seed)
    nouns = random_nouns(seed)
    first = index_of(nouns)
    rng.shuffle(nouns)
    at_once = index_of(nouns)
    rng.shuffle(nouns)
    by_steps = Snapshot()
    for noun in nouns:
        by_steps = advance(by_steps, [Fact(noun)], revision=1, authority=1)
    engines = [asked_of(snapshot) for snapshot in (first, at_once, by_steps)]
    for who, permission, on, scope in questions(first, rng, 60):
        said = [
            placet.explain(who, permission, on, scope=scope, context=CONTEXT) for placet in engines
        ]
        assert said[0] == said[1] == said[2]
