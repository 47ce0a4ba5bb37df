"""A snapshot and the log behind it are the live index: wherever one begins, all end up alike."""

import os
import random
from collections.abc import Iterator, Mapping

import msgspec
import pytest
from committing import commit
from question_worlds import CONTEXT, EXTRA, everybody, more_facts
from random_worlds import NOW, PERMISSIONS, RESOURCES, SCOPES, random_changes

from placet.access.advance import Fact, of_catalogue
from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.access.table import Table
from placet.catalogue import CORE_CATALOGUE, merged
from placet.model import Record
from placet.refs import ResourceRef
from placet.services import index as index_module
from placet.services.index import AccountIndex
from placet.testing import PlacetUnderTest, engine

SEEDS = range(150) if os.environ.get("SOAK") else range(12)
PLACED = {"by_principal", "by_role", "by_resource_group"}
UNORDERED = {"members", "parents", "policies_for"}


def _changes(rng: random.Random) -> list[Fact]:
    """Changes of everything that decides; some of it goes again."""
    more = [*more_facts(rng)]
    gone = [Fact(fact.noun, gone=True) for fact in more if rng.random() < 0.3]
    return [*random_changes(rng, 60), *more, *random_changes(rng, 30), *gone]


def _commits(rng: random.Random, facts: list[Fact]) -> Iterator[list[Fact]]:
    """Facts in commits of one to four, of which none names the same thing twice."""
    while facts:
        size = rng.randint(1, 4)
        part: dict[str, Fact] = {}
        for fact in facts[:size]:
            part.setdefault(repr(type(fact.noun)) + _name(fact), fact)
        yield [*part.values()]
        facts = facts[size:]


def _name(fact: Fact) -> str:
    noun = fact.noun
    names = ("id", "scope", "type", "group", "member")
    return "|".join(str(getattr(noun, name, "")) for name in names)


def _index(placet: PlacetUnderTest) -> AccountIndex:
    return AccountIndex(placet.store, "default", of_catalogue(merged(CORE_CATALOGUE)))


def _tables(snapshot: Snapshot) -> Mapping[str, object]:
    """Everything in a snapshot but what is kept compiled, in a form that compares."""
    return {
        name.lstrip("_"): _plain(name.lstrip("_"), getattr(snapshot, name.lstrip("_")))
        for name in Snapshot.__struct_fields__
        if name != "views"
    }


def _plain(name: str, value: object) -> object:
    if not isinstance(value, Table):
        return value
    if name in PLACED:  # few stand in a tuple, many in a table, in any order
        return {key: {one.key: one for one in every(held)} for key, held in value.items()}
    if name in UNORDERED:
        return {key: frozenset(listed) for key, listed in value.items()}
    return {key: _unversioned(one) for key, one in value.items()}


def _unversioned(noun: object) -> object:
    """Without the version, which no decision rests on: the log does not carry it."""
    return msgspec.structs.replace(noun, etag=0) if isinstance(noun, Record) else noun


def _answers(snapshot: Snapshot) -> Mapping[tuple[str, ...], str]:
    """The outcome of every question that can be asked of so small a world."""
    return {
        (principal, name, str(resource), scope): decide(
            Inquiry(
                snapshot,
                Question(principal, permission, resource, scope, context=CONTEXT),
                NOW,
            )
        ).outcome
        for principal in everybody(snapshot)
        for name in PERMISSIONS
        if (permission := snapshot.permissions.get(name)) is not None
        for resource in (ResourceRef(*named) for named in (*RESOURCES, *EXTRA))
        if resource.type == permission.resource_type
        for scope in SCOPES
    }


def _live_and_kept(seed: int) -> tuple[PlacetUnderTest, list[tuple[AccountIndex, int]]]:
    """An engine that has seen a random story, and indexes that were loaded on the way."""
    rng = random.Random(seed)
    placet = engine(now=NOW)
    commits = [*_commits(rng, _changes(rng))]
    starts = {0, *rng.sample(range(len(commits)), 5)}
    kept = []
    for number, facts in enumerate(commits):
        if number in starts:
            index = _index(placet)
            _answers(index.current())  # what is kept compiled comes along
            kept.append((index, placet.store.head("default").seq))
        commit(placet, *facts)
    return placet, kept


def test_an_index_of_any_revision_that_follows_the_log_is_the_one_loaded_at_the_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcomes: set[str] = set()
    for seed in SEEDS:
        placet, kept = _live_and_kept(seed)
        live = placet.questions.view.tenant.index.current()
        loaded = _index(placet).current()
        tables, answers = _tables(loaded), _answers(loaded)
        assert loaded.revision == placet.store.head("default").seq
        assert _tables(live) == tables, f"seed {seed}"
        assert _answers(live) == answers, f"seed {seed}"
        for number, (index, revision) in enumerate(kept):
            assert index.current().revision == revision
            monkeypatch.setattr(index_module, "_BATCH", (1, 2, 7, 1000)[number % 4])
            followed = index.latest()
            assert _tables(followed) == tables, f"seed {seed}, from revision {revision}"
            assert _answers(followed) == answers, f"seed {seed}, from revision {revision}"
        outcomes.update(answers.values())
    assert outcomes == {"allowed", "approval_required", "denied"}


def test_a_snapshot_that_lacks_one_step_is_told_apart() -> None:
    """What compares all tables is no proof if it would not see a difference."""
    placet = engine(now=NOW)
    index = _index(placet)
    for facts in _commits(random.Random(1), _changes(random.Random(1))):
        before = index.latest()
        commit(placet, *facts)
        assert _tables(before) != _tables(index.latest())
