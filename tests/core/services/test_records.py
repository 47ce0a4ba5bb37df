"""Create, get, list, update, delete: what every administered noun has."""

from datetime import timedelta

import pytest
from office import SYSTEM

from placet import (
    AlreadyExists,
    Assignment,
    Conflict,
    Group,
    Invalid,
    InvalidState,
    NotFound,
    Permission,
    Resource,
    Role,
    User,
)
from placet.testing import PlacetUnderTest


def test_a_record_comes_back_as_it_was_stored(placet: PlacetUnderTest) -> None:
    made = placet.users.create(User(id="new", name="New", email="new@example.com"), actor=SYSTEM)
    assert placet.users.get("new", actor=SYSTEM) == made
    assert made.created_at == made.updated_at == placet.clock.now()
    assert made.created_by == "system"


def test_an_update_keeps_who_made_it_and_when(placet: PlacetUnderTest) -> None:
    born = placet.clock.now()
    placet.clock.advance("1h")
    changed = placet.users.update(User(id="sam", name="Samuel"), actor="user:root")
    assert (changed.created_at, changed.created_by) == (born, "system")
    assert changed.updated_at == placet.clock.now()


def test_a_second_one_of_the_same_id_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(AlreadyExists, match="'sam'"):
        placet.users.create(User(id="sam"), actor=SYSTEM)


def test_ids_that_differ_in_case_are_different(placet: PlacetUnderTest) -> None:
    """Failure mode 1."""
    placet.users.create(User(id="Sam"), actor=SYSTEM)
    assert not placet.check("user:Sam", "invoice.read", "invoice:7")


@pytest.mark.parametrize("id", ["", " sam", "sam ", "a\nb", "x" * 257, "\ud800", "\x00"])
def test_an_id_that_could_be_mistaken_is_refused(placet: PlacetUnderTest, id: str) -> None:
    """Failure mode 2."""
    with pytest.raises(Invalid):
        placet.users.create(User(id=id), actor=SYSTEM)


def test_an_update_with_an_old_etag_is_a_conflict(placet: PlacetUnderTest) -> None:
    seen = placet.users.get("sam", actor=SYSTEM)
    placet.users.update(User(id="sam", name="first"), actor=SYSTEM)
    with pytest.raises(Conflict, match="read it again"):
        placet.users.update(User(id="sam", name="second", etag=seen.etag), actor=SYSTEM)
    assert placet.users.get("sam", actor=SYSTEM).name == "first"


def test_a_list_is_filtered_sorted_counted_and_cut(placet: PlacetUnderTest) -> None:
    page = placet.users.list(search="N", sort="name", descending=True, limit=1, actor=SYSTEM)
    assert (page.total, [user.id for user in page.items]) == (2, ["finn"])


def test_a_list_is_of_exactly_its_scope(placet: PlacetUnderTest) -> None:
    placet.at("retail").roles.create(Role(id="local"), actor=SYSTEM)
    own = [role.id for role in placet.roles.list(scope="retail", actor=SYSTEM).items]
    assert own == ["local"]
    assert "local" not in [role.id for role in placet.roles.list(actor=SYSTEM).items]


def test_built_in_roles_are_listed_where_they_can_be_used(placet: PlacetUnderTest) -> None:
    assert "_account_admin" in [role.id for role in placet.roles.list(actor=SYSTEM).items]


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_built_in_role_cannot_be_touched(placet: PlacetUnderTest, verb: str) -> None:
    calls = {
        "update": lambda: placet.roles.update(Role(id="_account_admin"), actor=SYSTEM),
        "delete": lambda: placet.roles.delete("_account_admin", actor=SYSTEM),
    }
    with pytest.raises(InvalidState, match="built in"):
        calls[verb]()


def test_a_managed_record_cannot_be_made_by_hand(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="only code makes those"):
        placet.roles.create(Role(id="mine", managed=True), actor=SYSTEM)


def test_a_role_in_use_is_deleted_only_with_cascade(placet: PlacetUnderTest) -> None:
    with pytest.raises(InvalidState, match="2 assignments"):
        placet.roles.delete("clerk", actor=SYSTEM)
    placet.roles.delete("clerk", cascade=True, actor=SYSTEM)
    with pytest.raises(NotFound):
        placet.assignments.get("sam", actor=SYSTEM)


def test_who_comes_back_under_an_old_id_inherits_nothing(placet: PlacetUnderTest) -> None:
    """Failure mode 38."""
    issued = placet.credentials.issue("user:dana", actor=SYSTEM)
    placet.users.delete("dana", cascade=True, actor=SYSTEM)
    placet.users.create(User(id="dana"), actor=SYSTEM)
    assert placet.groups.members("finance", actor=SYSTEM).items == ("user:finn",)
    with pytest.raises(NotFound):
        placet.credentials.get(issued.credential.id, actor=SYSTEM)


def test_an_unregistered_permission_names_the_nearest_one(placet: PlacetUnderTest) -> None:
    """Failure mode 46: neither given nor answered about."""
    with pytest.raises(Invalid, match=r"did you mean 'invoice\.pay'"):
        placet.roles.create(Role(id="r", permissions=("invoice.pya",)), actor=SYSTEM)
    with pytest.raises(Invalid, match=r"did you mean 'invoice\.pay'"):
        placet.check("user:sam", "invoice.pya", "invoice:7")


def test_a_pattern_that_means_nothing_is_refused(placet: PlacetUnderTest) -> None:
    """Failure mode 8: a malformed grant must not widen, nor quietly do nothing."""
    for pattern in ("invoce.*", "*", "invoice.*.x", "in*"):
        with pytest.raises(Invalid):
            placet.roles.create(Role(id="r", permissions=(pattern,)), actor=SYSTEM)


def test_a_role_cannot_include_itself_by_way_of_others(placet: PlacetUnderTest) -> None:
    """Failure mode 24."""
    placet.roles.create(Role(id="a", includes=("clerk",)), actor=SYSTEM)
    with pytest.raises(Invalid, match="include itself"):
        placet.roles.update(Role(id="clerk", includes=("a",)), actor=SYSTEM)


def test_the_nearest_owner_going_up_is_meant(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.groups.create(Group(id="finance", scope="retail"))
        placet.groups.add_members("finance", ["user:eve"], scope="retail")
        placet.assignments.create(
            Assignment(id="g", scope="retail/shop", principal="group:finance", role="clerk")
        )
    assert placet.check("user:eve", "invoice.read", "invoice:7", scope="retail/shop")
    assert not placet.check("user:dana", "invoice.read", "invoice:7", scope="retail/shop")
    stored = placet.assignments.get("g", scope="retail/shop", actor=SYSTEM)
    assert stored.principal == "group:finance@/retail"


def test_a_group_cannot_contain_itself_by_way_of_others(placet: PlacetUnderTest) -> None:
    """Failure modes 24 and 28: inside the write."""
    with placet.acting(SYSTEM):
        placet.groups.create(Group(id="inner"))
        placet.groups.add_members("finance", ["group:inner"])
        with pytest.raises(Invalid, match="contain itself"):
            placet.groups.add_members("inner", ["group:finance"])
        with pytest.raises(Invalid, match="contain itself"):
            placet.groups.add_members("inner", ["group:inner"])


def test_groups_nest_sixteen_deep_and_no_deeper(placet: PlacetUnderTest) -> None:
    """Failure modes 25, 26: an overrun is an error where it is written, never a wrong answer."""
    with placet.acting(SYSTEM):
        for number in range(17):
            placet.groups.create(Group(id=f"n{number}"))
        for number in range(15):
            placet.groups.add_members(f"n{number + 1}", [f"group:n{number}"])
        with pytest.raises(Invalid, match="deeper than 16"):
            placet.groups.add_members("n16", ["group:n15"])


def test_the_deepest_member_is_in_every_list_that_check_agrees_with(
    placet: PlacetUnderTest,
) -> None:
    """Failure mode 25."""
    with placet.acting(SYSTEM):
        for number in range(16):
            placet.groups.create(Group(id=f"n{number}"))
        for number in range(15):
            placet.groups.add_members(f"n{number + 1}", [f"group:n{number}"])
        placet.groups.add_members("n0", ["user:eve"])
        placet.assignments.create(Assignment(id="deep", principal="group:n15", role="clerk"))
        placet.resources.create(Resource(type="invoice", id="7"))
    assert placet.check("user:eve", "invoice.read", "invoice:7")
    assert "user:eve" in placet.who_can("invoice.read", "invoice:7").principals
    assert "invoice.read" in placet.what_can("user:eve", "invoice:7")
    assert placet.which("user:eve", "invoice.read").resources == ("invoice:7",)


@pytest.mark.parametrize("member", ["everyone", "role:clerk", "clerk", "group:no"])
def test_what_is_no_member_is_not_put_into_a_group(placet: PlacetUnderTest, member: str) -> None:
    """Failure mode 27."""
    with pytest.raises(Invalid):
        placet.groups.add_members("finance", [member], actor=SYSTEM)


@pytest.mark.parametrize(
    "edge",
    [
        {"principal": "role:clerk"},
        {"principal": "clerk"},
        {"role": "group:finance"},
        {"role": "user:sam"},
        {"resource_group": "clerk"},
    ],
)
def test_an_assignment_is_of_a_role_to_somebody(
    placet: PlacetUnderTest, edge: dict[str, str]
) -> None:
    """Failure mode 27."""
    fields = {"id": "x", "principal": "user:eve", "role": "clerk", **edge}
    with pytest.raises(Invalid):
        placet.assignments.create(Assignment(**fields), actor=SYSTEM)  # type: ignore[arg-type]  # parametrized


def test_what_a_group_loses_its_members_lose(placet: PlacetUnderTest) -> None:
    """Failure mode 39: nothing of it is copied to them, at joining or later."""
    ask = ("user:dana", "invoice.read", "invoice:7")
    with placet.acting(SYSTEM):
        placet.assignments.create(Assignment(id="crew", principal="group:finance", role="clerk"))
        placet.groups.add_members("finance", ["user:eve"])
        assert placet.check(*ask)
        assert placet.check("user:eve", *ask[1:])
        placet.assignments.delete("crew")
    assert not placet.check(*ask)
    assert not placet.check("user:eve", *ask[1:])


def test_an_assignment_that_is_over_is_not_deleted(placet: PlacetUnderTest) -> None:
    """Failure mode 23: it ends by the clock, and nobody takes that for a deletion."""
    until = placet.clock.now() + timedelta(hours=1)
    with placet.acting(SYSTEM):
        placet.assignments.create(
            Assignment(id="hour", principal="user:eve", role="clerk", expires_at=until)
        )
        assert placet.check("user:eve", "invoice.read", "invoice:7")
        placet.clock.advance("1h")
        assert not placet.check("user:eve", "invoice.read", "invoice:7")
        placet.sweep()
        kinds = [event.kind for event in placet.audit.list(limit=1000).items]
        assert placet.assignments.get("hour").expires_at == until
    assert kinds[-1] == "assignment.created"


def test_a_role_is_assigned_only_at_its_levels(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="cannot be assigned at organization level"):
        placet.assignments.create(
            Assignment(id="x", scope="retail", principal="user:eve", role="_account_admin"),
            actor=SYSTEM,
        )


def test_a_permission_is_used_only_at_its_levels(placet: PlacetUnderTest) -> None:
    """Failure mode 37."""
    with placet.acting(SYSTEM):
        placet.permissions.create(
            Permission(
                id="account.close",
                resource_type="account",
                action="close",
                allowed_scope_levels=("account",),
            )
        )
        placet.roles.create(Role(id="closer", permissions=("account.close",)))
        placet.assignments.create(Assignment(id="c", principal="user:eve", role="closer"))
    assert placet.check("user:eve", "account.close")
    assert not placet.check("user:eve", "account.close", scope="retail")


@pytest.mark.parametrize("status", ["experimental", "staging", "inactive"])
def test_a_permission_that_is_not_in_use_grants_nothing(
    placet: PlacetUnderTest, status: str
) -> None:
    """Failure mode 46: one vendor answers "permitted" here."""
    retired = Permission(
        id="invoice.read",
        resource_type="invoice",
        action="read",
        status=status,  # type: ignore[arg-type]  # parametrized
    )
    placet.permissions.update(retired, actor=SYSTEM)
    assert not placet.check("user:sam", "invoice.read", "invoice:7")


def test_a_resource_that_lives_elsewhere_is_denied(placet: PlacetUnderTest) -> None:
    """Failure mode 35, within an account: naming another scope opens nothing."""
    with placet.acting(SYSTEM):
        placet.resources.create(Resource(type="invoice", id="7", scope="retail"))
        placet.assignments.create(
            Assignment(id="x", scope="sandbox", principal="user:eve", role="clerk")
        )
    assert not placet.check("user:eve", "invoice.read", "invoice:7", scope="sandbox")
    assert placet.check("user:eve", "invoice.read", "invoice:8", scope="sandbox")
    why = placet.explain("user:eve", "invoice.read", "invoice:7", scope="sandbox")
    assert why.reasons[0].code == "resource_elsewhere"
