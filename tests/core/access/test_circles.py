"""Circles, deep ways and diamonds, were they stored: an index reads them to the right end.

The services refuse to write circles and what nests too deeply; an index that meets one all the same
neither hangs nor answers by where it began.
"""

from itertools import permutations

import pytest
from question_worlds import asked_of

from placet.access.advance import Fact, advance
from placet.access.snapshot import Snapshot
from placet.model import Assignment, Group, Membership, Noun, Permission, Role

READ = Permission.dotted("doc.read")
HELD = Assignment(id="a", principal="group:g2@/", role="r@/")


def snapshot_of(*nouns: Noun) -> Snapshot:
    return advance(Snapshot(), map(Fact, nouns))


def groups(*names: str) -> tuple[Group, ...]:
    return tuple(Group(id=name) for name in names)


def inside(member: str, group: str) -> Membership:
    return Membership(member=member, group=f"group:{group}@/")


CIRCLE = (
    READ, Role(id="r", permissions=("doc.read",)), HELD, *groups("g0", "g1", "g2"),
    inside("group:g0@/", "g1"), inside("group:g1@/", "g2"), inside("group:g2@/", "g0"),
    *(inside(f"user:u{number}", f"g{number}") for number in range(3)),
)  # fmt: skip


@pytest.mark.parametrize("order", [*permutations(("user:u0", "user:u1", "user:u2"))])
def test_in_a_circle_of_groups_everybody_has_what_any_of_them_has(
    order: tuple[str, ...],
) -> None:
    """Failure modes 15 and 24: whoever is asked about first spoils it for nobody."""
    placet = asked_of(snapshot_of(*CIRCLE))
    assert [placet.check(who, "doc.read", "doc:1") for who in order] == [True] * 3
    assert not placet.check("user:u3", "doc.read", "doc:1")
    page = placet.who_can("doc.read", "doc:1")
    assert page.principals == ("user:u0", "user:u1", "user:u2")


@pytest.mark.parametrize("first", ["r0", "r1", "r2"])
def test_in_a_circle_of_roles_each_gives_what_all_of_them_give(first: str) -> None:
    """Failure modes 15 and 24."""
    roles = [
        Role(id=f"r{number}", permissions=permissions, includes=(f"r{(number + 1) % 3}@/",))
        for number, permissions in enumerate(((), ("doc.read",), ()))
    ]
    roles.sort(key=lambda role: role.id != first)
    given = snapshot_of(READ, *roles).role_perms
    assert {given.get(f"r{number}@/") for number in range(3)} == {frozenset({"doc.read"})}


def test_a_way_of_any_depth_is_followed_to_its_end_by_checks_and_lists() -> None:
    """Failure modes 25 and 26: reading has no limit that could turn into an answer."""
    deep = 2000
    names = [f"d{number}" for number in range(deep)]
    nested = [inside(f"group:d{number}@/", f"d{number + 1}") for number in range(deep - 1)]
    held = Assignment(id="a", principal=f"group:d{deep - 1}@/", role="r@/")
    snapshot = snapshot_of(
        READ, Role(id="r", permissions=("doc.read",)), held, *groups(*names), *nested,
        inside("user:u0", "d0"),
    )  # fmt: skip
    placet = asked_of(snapshot)
    assert placet.check("user:u0", "doc.read", "doc:1")
    assert placet.who_can("doc.read", "doc:1").principals == ("user:u0",)
    assert placet.what_can("user:u0", "doc:1") == ("doc.read",)


def test_diamonds_cost_no_time_and_double_no_reason() -> None:
    """Failure mode 29: 2 to the 40th ways lead to the one assignment."""
    layers = 40
    names = [f"l{layer}{side}" for layer in range(layers) for side in "ab"]
    nested = [
        inside(f"group:l{layer}{low}@/", f"l{layer + 1}{high}")
        for layer in range(layers - 1)
        for low in "ab"
        for high in "ab"
    ]
    held = Assignment(id="a", principal=f"group:l{layers - 1}a@/", role="r@/")
    snapshot = snapshot_of(
        READ, Role(id="r", permissions=("doc.read",)), held, *groups(*names), *nested,
        inside("user:u0", "l0a"), inside("user:u0", "l0b"),
    )  # fmt: skip
    placet = asked_of(snapshot)
    (reason,) = placet.decide("user:u0", "doc.read", "doc:1").reasons
    assert reason.assignment == "a"
    assert placet.who_can("doc.read", "doc:1").principals == ("user:u0",)


def test_what_is_no_group_passes_nothing_on() -> None:
    """Failure mode 27: an edge of the wrong kind, were it stored, leads nowhere."""
    root = Assignment(id="a", principal="user:root", role="r@/")
    wrong = [Membership(group=to, member="user:u0") for to in ("user:root", "everyone")]
    snapshot = snapshot_of(READ, Role(id="r", permissions=("doc.read",)), root, *wrong)
    placet = asked_of(snapshot)
    assert placet.check("user:root", "doc.read", "doc:1")
    assert not placet.check("user:u0", "doc.read", "doc:1")
    assert placet.who_can("doc.read", "doc:1").principals == ("user:root",)
