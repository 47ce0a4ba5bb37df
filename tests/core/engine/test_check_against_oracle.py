"""`check`, warm and cold, gives the answers of a naive loop after any change of the account.

What was compiled for one state of the account must never answer for another (failure modes 13 to
19): so every question is asked again and again while the account changes under it.
"""

import os
import random
from copy import copy

import pytest
from access_oracle import NaiveWorld
from committing import commit
from random_worlds import NOW, random_changes, random_question

from placet.access.views import Views
from placet.testing import PlacetUnderTest, engine

TELLING = range(12)
"""In each of these worlds something is allowed; of very many, a few allow nothing."""
SEEDS = range(200) if os.environ.get("SOAK") else TELLING
QUESTIONS = 60
STEPS = 90


def _ask(placet: PlacetUnderTest, question: tuple[str, str, tuple[str, str], str]) -> bool:
    principal, permission, (type, id), scope = question
    return placet.check(principal, permission, f"{type}:{id}", scope=scope)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_asked_all_the_time_is_always_answered_as_the_account_is(seed: int) -> None:
    rng = random.Random(seed)
    world, placet = NaiveWorld(), engine(now=NOW.isoformat())
    questions = [random_question(rng) for _ in range(QUESTIONS)]
    allowed = 0
    for number, fact in enumerate(random_changes(rng, STEPS)):
        if fact.gone:
            world.drop(fact.noun)
        else:
            world.put(fact.noun)
        commit(placet, fact)
        if number < 5:  # the permissions come first
            continue
        for question in questions:
            expected = world.check(*question, NOW)
            assert _ask(placet, question) == expected, question
            assert _ask(placet, question) == expected, question
            allowed += expected
    if seed in TELLING:
        assert allowed, "a world in which nothing is ever allowed shows nothing"


def test_an_older_snapshot_that_is_still_read_spoils_no_newer_one() -> None:
    """What a late reader compiles for the past stays in the past (failure mode 17)."""
    rng = random.Random(5)
    placet = engine(now=NOW.isoformat())
    index = placet.audit.view.tenant.index
    questions = [random_question(rng) for _ in range(QUESTIONS)]
    for number, fact in enumerate(random_changes(rng, STEPS)):
        before = index.current()
        commit(placet, fact)
        if number < 5:
            continue
        after = index.current()
        for question in questions:
            registered = before.permissions.get(question[1])
            assert registered is not None
            placet.questions.held(before, question[0], question[1], question[3])
            late = placet.questions.held(after, question[0], question[1], question[3])
            fresh = copy(after)
            fresh.views = Views()
            assert late == placet.questions.held(fresh, question[0], question[1], question[3])
