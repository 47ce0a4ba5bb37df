"""While one writes, many read: every answer is that of the revision that it names, or spans.

The writer administers by the public API and keeps, for each revision, the world that the documents
make. The readers keep what they were answered, and in the end a naive loop answers it all again
(failure modes 13 to 19). Some thousands of answers by default, ten times as many with `SOAK=1`.
"""

import os
import random
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from access_oracle import NaiveWorld
from committing import administer, stored_world
from random_worlds import NOW, PERMISSIONS, random_changes, random_question

from placet import SYSTEM, Permission, Placet, at_least
from placet.testing import ManualClock

CHANGES = 1500 if os.environ.get("SOAK") else 100
ANSWERS_A_CHANGE = 40
"""How many answers the writer lets come between two changes, at the least: more than there are
readers, of whom each may be at one that it was asked before the change."""
READERS = 8
PATIENCE_S = 120.0
KEYS = ("k" * 32,)

Question = tuple[str, str, tuple[str, str], str]


class Answer(NamedTuple):
    """What a reader was told, and between which revisions; they are one where the answer says."""

    question: Question
    allowed: bool
    first: int
    last: int


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A turn of the usual 5 ms is longer than a change: hardly any answer would meet one."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


class _Story:
    """What happens to the account: its worlds by revision, and the tokens that were given out."""

    def __init__(self, placet: Placet) -> None:
        self.worlds: dict[int, NaiveWorld] = {}
        self.over = threading.Event()
        self.answered = threading.Semaphore(0)
        self._placet = placet
        for permission in PERMISSIONS:
            placet.permissions.create(Permission.dotted(permission), actor=SYSTEM)
        self._note()

    def write(self, rng: random.Random) -> None:
        """Change the account, again and again, each time after some more answers."""
        self._let_read()
        left = CHANGES
        while left:
            for fact in random_changes(rng, left):
                if left and administer(self._placet, fact):
                    left -= 1
                    self._note()
                    self._let_read()

    def _let_read(self) -> None:
        # Answers that came before do not count, so that each revision is read by somebody.
        self.answered = threading.Semaphore(0)
        for _ in range(ANSWERS_A_CHANGE):
            assert self.answered.acquire(timeout=PATIENCE_S), "nobody reads any more"

    def _note(self) -> None:
        store = self._placet.store
        self.worlds[store.head("default").seq] = stored_world(store)
        self.token = self._placet.token()


def _read(placet: Placet, story: _Story, seed: int) -> list[Answer]:
    """Ask in turn by every way, until the story is over."""
    rng = random.Random(seed)
    questions = [random_question(rng) for _ in range(12)]
    ways = (_decided, _explained, _checked, _decided_no_older)
    answers: list[Answer] = []
    while not story.over.is_set():
        answers.append(ways[len(answers) % len(ways)](placet, story, rng.choice(questions)))
        story.answered.release()
    return answers


def _decided(placet: Placet, story: _Story, question: Question) -> Answer:
    principal, permission, (type_, id), scope = question
    told = placet.decide(principal, permission, f"{type_}:{id}", scope=scope)
    return Answer(question, told.allowed, told.revision, told.revision)


def _explained(placet: Placet, story: _Story, question: Question) -> Answer:
    principal, permission, (type_, id), scope = question
    told = placet.explain(principal, permission, f"{type_}:{id}", scope=scope)
    return Answer(question, told.outcome == "allowed", told.revision, told.revision)


def _decided_no_older(placet: Placet, story: _Story, question: Question) -> Answer:
    principal, permission, (type_, id), scope = question
    token = story.token
    told = placet.decide(
        principal, permission, f"{type_}:{id}", scope=scope, consistency=at_least(token)
    )
    assert told.revision >= int(token.split(".")[1])
    return Answer(question, told.allowed, told.revision, told.revision)


def _checked(placet: Placet, story: _Story, question: Question) -> Answer:
    """A yes or no names no revision: it is of one between those before and after it."""
    principal, permission, (type_, id), scope = question
    index = placet.questions.view.tenant.index
    first = index.current().revision
    allowed = placet.check(principal, permission, f"{type_}:{id}", scope=scope)
    return Answer(question, allowed, first, index.current().revision)


def _told(story: _Story, readers: list[Placet], rng: random.Random) -> list[list[Answer]]:
    """What each of the readers was told while the story went on."""
    with ThreadPoolExecutor(len(readers)) as pool:
        asked = [pool.submit(_read, placet, story, seed) for seed, placet in enumerate(readers)]
        try:
            story.write(rng)
        finally:
            story.over.set()
        return [each.result(timeout=PATIENCE_S) for each in asked]


def _compare(story: _Story, told: list[list[Answer]]) -> None:
    """Hold every answer against the naive loop over the world, or worlds, that it may be of."""
    worlds = story.worlds

    @cache
    def expected(question: Question, revision: int) -> bool:
        return worlds[revision].check(*question, NOW)

    for answers in told:
        seen = 0
        for question, allowed, first, last in answers:
            assert seen <= first <= last, "nobody goes back"
            seen = last
            between = [revision for revision in worlds if first <= revision <= last]
            assert {first, last} <= {*between}, "no half of a commit is ever seen"
            assert any(expected(question, at) == allowed for at in between), (question, first, last)
    every = [answer for answers in told for answer in answers]
    assert len(every) >= CHANGES * ANSWERS_A_CHANGE
    assert {answer.allowed for answer in every} == {True, False}


def _open(url: str) -> Placet:
    return Placet.open(url, clock=ManualClock(NOW), secret_keys=KEYS)


@pytest.mark.parametrize("seed", range(2))
def test_eight_readers_of_one_engine(seed: int) -> None:
    with _open("memory://") as placet:
        story = _Story(placet)
        told = _told(story, [placet] * READERS, random.Random(seed))
        _compare(story, told)
        seen = {answer.last for answers in told for answer in answers}
        assert seen == {*story.worlds}, "each revision was read by somebody"


def test_four_readers_of_the_writing_engine_and_four_of_one_that_follows(tmp_path: Path) -> None:
    # What is looked at is not durability: no sync.
    url = f"sqlite:///{tmp_path / 'app.db'}?synchronous=off"
    with _open(url) as writing, _open(url) as following:
        story = _Story(writing)
        readers = [writing, following] * (READERS // 2)
        told = _told(story, readers, random.Random(7))
        _compare(story, told)
        followed = {answer.last for answers in told[1::2] for answer in answers}
        assert len(followed) > len(story.worlds) // 4, "the second engine has gone along"
