"""The index gives the answers of a naive loop, after any sequence of changes."""

import os
import random

import pytest
from access_oracle import NaiveWorld
from random_worlds import NOW, random_changes, random_question

from placet.access.advance import Fact, advance
from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.snapshot import Snapshot
from placet.model import Assignment, Permission, Role
from placet.refs import ResourceRef

TELLING = range(40)
"""In each of these worlds something is allowed; of very many, a few allow nothing."""
SEEDS = range(400) if os.environ.get("SOAK") else TELLING


def _ask(snapshot: Snapshot, question: tuple[str, str, tuple[str, str], str]) -> bool:
    principal, permission, resource, scope = question
    registered = snapshot.permissions.get(permission)
    assert registered is not None
    asked = Question(principal, registered, ResourceRef(*resource), scope)
    return Inquiry(snapshot, asked, NOW).allowed()


@pytest.mark.parametrize("seed", SEEDS)
def test_after_every_change_the_index_agrees_with_the_naive_loop(seed: int) -> None:
    rng = random.Random(seed)
    world, snapshot = NaiveWorld(), Snapshot()
    changes = list(random_changes(rng, 120))
    allowed = 0
    for number, fact in enumerate(changes):
        if fact.gone:
            world.drop(fact.noun)
        else:
            world.put(fact.noun)
        snapshot = advance(snapshot, [fact])
        if number < 5:
            continue
        for _ in range(5):
            question = random_question(rng)
            expected = world.check(*question, NOW)
            assert _ask(snapshot, question) == expected, question
            allowed += expected
    if seed in TELLING:
        assert allowed, "a world in which nothing is ever allowed shows nothing"


@pytest.mark.parametrize("seed", range(10))
def test_one_step_or_many_lead_to_the_same_answers(seed: int) -> None:
    changes = list(random_changes(random.Random(seed), 150))
    at_once = advance(Snapshot(), changes)
    one_by_one = Snapshot()
    for fact in changes:
        one_by_one = advance(one_by_one, [fact])
    rng = random.Random(seed)
    for _ in range(200):
        question = random_question(rng)
        assert _ask(at_once, question) == _ask(one_by_one, question)


@pytest.mark.parametrize("seed", range(10))
def test_facts_that_come_twice_change_nothing(seed: int) -> None:
    changes = list(random_changes(random.Random(seed), 100))
    once = advance(Snapshot(), changes)
    twice = advance(once, changes)
    rng = random.Random(seed)
    for _ in range(200):
        question = random_question(rng)
        assert _ask(once, question) == _ask(twice, question)


def test_a_step_leaves_the_snapshot_before_it_as_it_was() -> None:
    rng = random.Random(7)
    changes = list(random_changes(rng, 200))
    before = advance(Snapshot(), changes[:100])
    questions = [random_question(rng) for _ in range(200)]
    answers = [_ask(before, question) for question in questions]
    advance(before, changes[100:])
    assert [_ask(before, question) for question in questions] == answers


def test_a_role_that_goes_with_a_change_of_the_registry_gives_nothing() -> None:
    permission, role = Permission.dotted("doc.read"), Role(id="r", permissions=("doc.read",))
    held = Assignment(id="a", principal="user:u0", role="r@/")
    before = advance(Snapshot(), map(Fact, (permission, role, held)))
    other = Fact(Permission.dotted("doc.write"))
    after = advance(before, [other, Fact(role, gone=True)])
    question = ("user:u0", "doc.read", ("doc", "1"), "")
    assert _ask(before, question)
    assert not _ask(after, question)
