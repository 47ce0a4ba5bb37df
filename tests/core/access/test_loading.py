"""A snapshot that is loaded at once is the one that the same facts come to, one after the other."""

import random
from typing import Any

import msgspec
import pytest
from random_worlds import NOW, random_changes, random_noun

from placet.access.advance import Fact, advance, of_catalogue
from placet.access.loading import load
from placet.access.match import Placed
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.access.table import Table
from placet.catalogue import CORE_CATALOGUE
from placet.errors import Corrupt
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Delegation,
    Membership,
    Noun,
    Permission,
    Resource,
    Reviews,
    Role,
    ServiceAccount,
    User,
)
from placet.storage.nouns import key_of

BASE = of_catalogue(CORE_CATALOGUE)
HOLDERS = ("by_principal", "by_role", "by_resource_group")
"""Tables of assignments that are held in another form when they are many."""
SEEDS = range(20)


def _loaded(nouns: list[Noun]) -> Snapshot:
    """From rows in an order of their own, a few at a time, one kind after the other."""
    kinds: dict[type[Noun], list[Noun]] = {}
    for noun in nouns:
        kinds.setdefault(type(noun), []).append(noun)
    parts = [held[at : at + 7] for held in kinds.values() for at in range(0, len(held), 7)]
    rows = [([(key_of(noun).id, b"") for noun in part], part) for part in parts]
    return load(BASE, rows, revision=9, authority=8)


def _advanced(nouns: list[Noun]) -> Snapshot:
    return advance(BASE, map(Fact, nouns), revision=9, authority=8)


def _kept(facts: list[Fact]) -> list[Noun]:
    """What is stored after these facts, in an order that has nothing to do with theirs."""
    found: dict[object, Noun] = {}
    for fact in facts:
        found.pop(key_of(fact.noun), None)
        if not fact.gone:
            found[key_of(fact.noun)] = fact.noun
    return random.Random(1).sample(list(found.values()), len(found))


def _shown(snapshot: Snapshot) -> dict[str, Any]:
    """Everything in a snapshot, in a form that two equal ones share."""
    tables = (
        "permissions users groups service_accounts roles role_perms resources homes "
        "resource_groups selectors policies builtin_policies policies_for delegations parents "
        "members assignments"
    )
    shown: dict[str, Any] = {"numbers": (snapshot.revision, snapshot.authority)}
    for name in tables.split():
        table: Table[str, Any] = getattr(snapshot, name)
        shown[name] = {
            key: sorted(value) if isinstance(value, tuple) else value
            for key, value in table.items()
        }
        assert len(table) == len(shown[name])
    for name in HOLDERS:
        held: Table[str, Any] = getattr(snapshot, name)
        shown[name] = {key: _by_key(part) for key, part in held.items()}
    return shown


def _by_key(held: Any) -> dict[str, Placed]:
    found = {placed.key: placed for placed in every(held)}
    assert len(found) == sum(1 for _ in every(held))
    return found


def _crowd() -> list[Noun]:
    """So many of everything that nothing is kept as a few; and of every kind."""
    rng = random.Random(2)
    assignments = [
        Assignment(
            id=f"a|{number}%",
            scope=rng.choice(("", "o1", "o1/p1")),
            principal=rng.choice(("user:one", "group:g@/", f"user:u{number % 90}")),
            role=rng.choice(("r1@/", "r2@/")),
            resource_group=rng.choice((None, "rg@/")),
            disabled=rng.random() < 0.1,
        )
        for number in range(1500)
    ]
    long = Assignment(id="x" * 250, scope="o1", principal="user:one", role="r1@/")
    members = [Membership(group=f"group:g{at}@/", member="user:one") for at in range(60)]
    return [
        *assignments,
        long,
        *members,
        *(Membership(group="group:g0@/", member=f"user:u{at}") for at in range(60)),
        Permission.dotted("doc.read"),
        Role(id="r1", permissions=("doc.*",)),
        Role(id="r2", includes=("r1@/",)),
        ServiceAccount(id="ci"),
        Resource(type="doc", id="1", scope="o1"),
        Resource(type="doc", id="2"),
        ApprovalPolicy(
            id="p", applies_to=("doc.read",), requirement=Reviews(count=1, source="user:sam")
        ),
        Delegation(
            id="d",
            delegator="user:u1",
            delegate="user:u2",
            starts_at=NOW,
            ends_at=NOW.replace(year=NOW.year + 1),
        ),
        msgspec.structs.replace(CORE_CATALOGUE.resource_groups[0], description="another"),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_account_is_loaded_as_its_facts_lead_to_it(seed: int) -> None:
    nouns = _kept(list(random_changes(random.Random(seed), 200)))
    assert _shown(_loaded(nouns)) == _shown(_advanced(nouns))


def test_a_crowded_account_is_loaded_as_its_facts_lead_to_it() -> None:
    nouns = _crowd()
    assert _shown(_loaded(nouns)) == _shown(_advanced(nouns))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_changes_after_a_load_changes_as_ever(seed: int) -> None:
    """Also in tables that nobody had asked for until then."""
    rng = random.Random(seed)
    facts = [*random_changes(rng, 100), *map(Fact, _crowd())]
    nouns = _kept(facts)
    facts = [Fact(random_noun(rng), gone=rng.random() < 0.4) for _ in range(80)]
    facts += [Fact(noun, gone=True) for noun in rng.sample(nouns, 300)]
    loaded, advanced = _loaded(nouns), _advanced(nouns)
    for at in range(0, len(facts), 20):
        loaded = advance(loaded, facts[at : at + 20])
        advanced = advance(advanced, facts[at : at + 20])
    assert _shown(loaded) == _shown(advanced)


def test_accounts_on_one_catalogue_have_nothing_of_each_other() -> None:
    before = _shown(BASE)
    _advanced(_crowd())
    _loaded(_crowd())
    assert _shown(BASE) == before
    assert _shown(_loaded([])) == _shown(_advanced([]))


def test_an_assignment_under_the_id_of_another_is_refused() -> None:
    """Removed by its own id it would stay."""
    noun = Assignment(id="a", principal="user:sam", role="r@/")
    with pytest.raises(Corrupt, match=r"assignment '\|b' holds another one, 'a' of scope ''"):
        load(Snapshot(), [([("|b", b"")], [noun])], revision=1, authority=1)


def test_who_owns_and_who_manages_is_known_after_a_cold_start_and_a_change() -> None:
    owned = Resource(type="invoice", id="1", attributes={"owner": "dana"})
    managed = User(id="sam", attributes={"manager": "user:dana"})
    parts: list[tuple[list[tuple[str, bytes]], list[Noun]]] = [
        ([("invoice|1", b"")], [owned]),
        ([("sam", b"")], [managed]),
    ]
    cold = load(Snapshot(), parts, revision=1, authority=1)
    assert cold.owned_by.get("dana") == ("invoice:1",)
    assert cold.reports.get("user:dana") == ("user:sam",)
    other = msgspec.structs.replace(owned, attributes={"owner": "finn"})
    after = advance(cold, [Fact(other), Fact(managed, gone=True)])
    assert (after.owned_by.get("dana"), after.owned_by.get("finn")) == (None, ("invoice:1",))
    assert after.reports.get("user:dana") is None
