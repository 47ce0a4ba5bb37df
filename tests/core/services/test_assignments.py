"""Assignments that repeat others, the last administrator, and searches of the index."""

import threading

import msgspec
import pytest
from office import SYSTEM, office

from placet import (
    AccessDenied,
    AlreadyExists,
    Assignment,
    Group,
    Invalid,
    InvalidState,
    NotFound,
    Permission,
    PlacetError,
    Role,
    User,
)
from placet.model import IncludedScope
from placet.services.base import Order
from placet.testing import PlacetUnderTest

EVERYWHERE = (IncludedScope("", include_child_scopes=True),)
HERE = (IncludedScope(""),)


def clerk(id: str, **fields: object) -> Assignment:
    return Assignment(id=id, principal="user:sam", role="clerk", **fields)  # type: ignore[arg-type]


def test_a_distinct_one_does_not_repeat_another(placet: PlacetUnderTest) -> None:
    with pytest.raises(AlreadyExists, match="'sam' gives user:sam the same role"):
        placet.assignments.create(clerk("again"), actor=SYSTEM, distinct=True)
    with pytest.raises(NotFound):
        placet.assignments.get("again", actor=SYSTEM)


def test_no_resource_group_is_the_one_that_selects_everything(placet: PlacetUnderTest) -> None:
    same = clerk("again", resource_group="_all_resources_including_child_scopes")
    with pytest.raises(AlreadyExists):
        placet.assignments.create(same, actor=SYSTEM, distinct=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "retail"},
        {"resource_group": "_all_account_level_resources"},
        {"effect": "deny"},
        {"condition": "true"},
    ],
)
def test_one_that_says_more_or_is_elsewhere_repeats_nothing(
    placet: PlacetUnderTest, fields: dict[str, object]
) -> None:
    made = placet.assignments.create(clerk("again", **fields), actor=SYSTEM, distinct=True)
    assert made.id == "again"


def test_a_limited_one_does_not_stand_in_the_way(placet: PlacetUnderTest) -> None:
    limited = Assignment(id="for_now", principal="user:eve", role="clerk", condition="true")
    placet.assignments.create(limited, actor=SYSTEM)
    plain = Assignment(id="for_good", principal="user:eve", role="clerk")
    assert placet.assignments.create(plain, actor=SYSTEM, distinct=True).id == "for_good"


def test_who_does_not_ask_for_it_may_repeat(placet: PlacetUnderTest) -> None:
    """Bundles and the native API: the same twice is harmless, and no reason to refuse a bundle."""
    assert placet.assignments.create(clerk("again"), actor=SYSTEM).id == "again"


def test_of_many_at_once_one_is_made() -> None:
    for number in range(40):
        if number % 20 == 0:
            placet = office()
        placet.users.create(User(id=f"new{number}"), actor=SYSTEM)
        start, outcomes = threading.Barrier(4), list[object]()

        def create(
            at: int,
            who: str = f"user:new{number}",
            placet: PlacetUnderTest = placet,
            start: threading.Barrier = start,
            outcomes: list[object] = outcomes,
        ) -> None:
            start.wait()
            noun = Assignment(id=f"{who[5:]}_{at}", principal=who, role="clerk")
            try:
                outcomes.append(placet.assignments.create(noun, actor=SYSTEM, distinct=True))
            except PlacetError as error:
                outcomes.append(error)

        threads = [threading.Thread(target=create, args=(at,)) for at in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 3


def always(noun: Assignment) -> bool:
    return True


def test_the_last_administrator_can_be_kept(placet: PlacetUnderTest) -> None:
    with pytest.raises(InvalidState, match="nobody would administer"):
        placet.assignments.delete("root", leaves_admin=always, actor=SYSTEM)
    assert placet.assignments.get("root", actor=SYSTEM).role == "_account_admin@/"


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({}, True),
        ({"resource_group": "_all_resources_including_child_scopes"}, True),
        ({"disabled": True}, False),
        ({"condition": "false"}, False),
        ({"resource_group": "_all_account_level_resources"}, False),
        ({"principal": "group:finance"}, True),
        ({"principal": "group:nobody"}, False),
        ({"principal": "user:gone"}, False),
    ],
)
def test_who_counts_as_another_administrator(fields: dict[str, object], counts: bool) -> None:
    placet = office(directory="closed")
    with placet.acting(SYSTEM):
        placet.groups.create(Group(id="nobody"))
        placet.users.create(User(id="gone", disabled=True))
        said: dict[str, object] = {"principal": "user:eve", **fields}
        placet.assignments.create(
            Assignment(id="second", role="_account_admin", **said)  # type: ignore[arg-type]
        )
        if counts:
            placet.assignments.delete("root", leaves_admin=always)
        else:
            with pytest.raises(InvalidState):
                placet.assignments.delete("root", leaves_admin=always)


def test_what_does_not_fit_is_not_found_by_a_deletion(placet: PlacetUnderTest) -> None:
    with pytest.raises(NotFound):
        placet.assignments.delete("sam", where=lambda noun: False, actor=SYSTEM)


def test_a_search_reaches_into_scopes_below(placet: PlacetUnderTest) -> None:
    placet.assignments.create(clerk("below", scope="retail/shop"), actor=SYSTEM)
    found = placet.assignments.search(EVERYWHERE, actor=SYSTEM).items
    assert [noun.id for noun in found] == ["below", "kim", "root", "sam"]
    found = placet.assignments.search(HERE, actor=SYSTEM).items
    assert [noun.id for noun in found] == ["kim", "root", "sam"]


def test_a_search_is_sorted_counted_and_cut(placet: PlacetUnderTest) -> None:
    page = placet.assignments.search(
        HERE,
        orders=(Order(lambda noun: noun.role), Order(lambda noun: noun.id, descending=True)),
        skip=1,
        limit=2,
        actor=SYSTEM,
    )
    assert ([noun.id for noun in page.items], page.total) == (["sam", "kim"], 3)


def test_a_search_for_a_principal_goes_through_groups(placet: PlacetUnderTest) -> None:
    noun = Assignment(id="team", principal="group:finance", role="clerk")
    placet.assignments.create(noun, actor=SYSTEM)
    found = placet.assignments.search(EVERYWHERE, held_by="user:dana", actor=SYSTEM).items
    assert [one.id for one in found] == ["team"]


def test_who_may_see_nothing_is_refused_a_search_and_counts_nothing(
    placet: PlacetUnderTest,
) -> None:
    with pytest.raises(AccessDenied):
        placet.assignments.search(HERE, actor="user:eve")
    assert not placet.assignments.tally(HERE, lambda noun: noun.role, actor="user:eve")


def test_a_search_shows_the_kinds_of_principals_that_the_caller_may_see(
    placet: PlacetUnderTest,
) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="people", permissions=("core_user_view",)))
        placet.assignments.create(Assignment(id="eve", principal="user:eve", role="people"))
        placet.assignments.create(Assignment(id="team", principal="group:finance", role="clerk"))
    found = placet.assignments.search(HERE, actor="user:eve").items
    assert "team" not in [noun.id for noun in found]
    with pytest.raises(AccessDenied, match="core_usergroup_view"):
        placet.assignments.search(HERE, kinds=("group",), actor="user:eve")


def test_a_tally_counts_by_sort(placet: PlacetUnderTest) -> None:
    counted = placet.assignments.tally(HERE, lambda noun: noun.role, actor=SYSTEM)
    assert counted == {"clerk@/": 2, "_account_admin@/": 1}


def test_what_keeps_an_assignment_from_being_stored_is_said_by_field() -> None:
    placet = office(directory="closed")
    wrong = Assignment(id="x", principal="user:no", role="no", resource_group="no")
    assert set(placet.assignments.faults(wrong, actor="user:eve")) == {
        "principal",
        "role",
        "resource_group",
    }
    level = Assignment(id="x", scope="retail", principal="user:eve", role="_account_admin")
    assert list(placet.assignments.faults(level, actor="user:eve")) == ["role"]
    assert not placet.assignments.faults(clerk("x"), actor="user:eve")


def test_a_change_is_read_and_written_in_one_commit(placet: PlacetUnderTest) -> None:
    def off(noun: Assignment) -> Assignment:
        return msgspec.structs.replace(noun, disabled=True)

    assert placet.assignments.change("sam", off, actor="user:root").disabled
    assert not placet.check("user:sam", "invoice.read")
    with pytest.raises(AccessDenied):
        placet.assignments.change("sam", off, actor="user:eve")
    with pytest.raises(NotFound):
        placet.assignments.change("nobody", off, actor="user:root")


def test_a_change_does_not_rename(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="renamed"):
        placet.roles.change(
            "clerk", lambda role: msgspec.structs.replace(role, id="other"), actor=SYSTEM
        )


def test_who_may_not_create_learns_nothing_of_what_is_there(placet: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied):
        placet.roles.create(Role(id="clerk"), actor="user:eve")


@pytest.mark.parametrize("fields", [{"allowed_scope_levels": ("project",)}, {"status": "inactive"}])
def test_a_role_does_not_newly_name_what_it_can_never_give(
    placet: PlacetUnderTest, fields: dict[str, object]
) -> None:
    placet.permissions.create(
        Permission(id="a.b", resource_type="a", action="b", **fields),  # type: ignore[arg-type]
        actor=SYSTEM,
    )
    role = Role(id="r", permissions=("a.b",), allowed_scope_levels=("account",))
    with pytest.raises(Invalid) as refused:
        placet.roles.create(role, actor=SYSTEM)
    assert [problem.path for problem in refused.value.problems] == ["permissions[0]"]


def test_a_role_may_keep_what_was_retired(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="r", permissions=("invoice.read",)))
        placet.permissions.update(
            Permission(id="invoice.read", resource_type="invoice", action="read", status="inactive")
        )
        changed = placet.roles.update(Role(id="r", name="R", permissions=("invoice.read",)))
    assert changed.name == "R"
