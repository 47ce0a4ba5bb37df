"""What counts as holding something, and what the refusal says."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from lesser_admins import guarded_office
from office import SYSTEM

from placet import (
    AccessDenied,
    Actor,
    ApprovalPolicy,
    Assignment,
    Group,
    Invalid,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.model import AccessYield, ResourceSelector, parse_reviews
from placet.testing import PlacetUnderTest

LEE, PAT, BEA, ZOE = "user:lee", "user:pat", "user:bea", "user:zoe"


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with guarded_office() as opened:
        yield opened


def holds(placet: PlacetUnderTest, role: str, **fields: object) -> None:
    """Give lee a role, which is all that lee holds beside administration."""
    given = {"id": f"lee-{role}", "principal": LEE, "role": role, **fields}
    placet.assignments.create(Assignment(**given), actor=SYSTEM)  # type: ignore[arg-type]  # as given


def gives(placet: PlacetUnderTest, who: object = LEE, **fields: object) -> None:
    """Give eve what a clerk has."""
    given = {"id": "given", "principal": "user:eve", "role": "clerk", **fields}
    placet.assignments.create(Assignment(**given), actor=who)  # type: ignore[arg-type]  # as given


def test_the_refusal_says_who_what_where_for_whom_and_the_next_step(
    placet: PlacetUnderTest,
) -> None:
    placet.groups.create(Group(id="ops"), actor=SYSTEM)
    with pytest.raises(AccessDenied) as refused:
        gives(placet, principal="group:ops", scope="retail")
    error = refused.value
    assert error.message == (
        "user:lee may not give group:ops invoice.pay on invoice in retail (assignment 'given'): "
        "user:lee does not hold it there as widely; ask somebody who does, or hold core_authz_bind"
    )
    assert (error.permission, error.resource, error.scope) == ("invoice.pay", "invoice", "retail")


def test_single_resources_are_named(placet: PlacetUnderTest) -> None:
    one = ResourceGroup(id="one", resources=(ResourceSelector("invoice", ("7",)),))
    placet.resource_groups.create(one, actor=SYSTEM)
    with pytest.raises(AccessDenied) as refused:
        gives(placet, resource_group="one")
    assert refused.value.resource == "invoice:7"


def test_a_refusal_can_become_an_access_request(placet: PlacetUnderTest) -> None:
    """What the error names is what lee asks for; once lee holds it, lee may give it on."""
    elevation = ApprovalPolicy(
        id="elevation", applies_to=("invoice.pay", "invoice.read"), needed="when_denied",
        requesters=(LEE,), requirement=parse_reviews("1 from group:finance"),
        yields=AccessYield(role="clerk", seconds=3600),
    )  # fmt: skip
    placet.policies.delete("four-eyes", actor=SYSTEM)
    placet.policies.create(elevation, actor=SYSTEM)
    until = placet.clock.now() + timedelta(minutes=5)
    with pytest.raises(AccessDenied) as refused:
        gives(placet, expires_at=until)
    error = refused.value
    asked = placet.request(error.permission, error.resource, scope=error.scope, actor=LEE)
    placet.approve(asked, by="user:dana")
    gives(placet, expires_at=until)
    assert placet.check("user:eve", "invoice.pay", "invoice:7")


def test_what_a_role_means_by_a_prefix_is_all_of_it(placet: PlacetUnderTest) -> None:
    """Failure mode 10: `invoice.*` is not covered by the pair that lee holds."""
    placet.roles.create(Role(id="payer", permissions=("invoice.pay",)), actor=SYSTEM)
    holds(placet, "payer")
    with pytest.raises(AccessDenied, match=r"invoice\.read"):
        gives(placet)
    gives(placet, role="payer")


@pytest.mark.parametrize("pattern", ["*", ".*", "invoice.*.typo", "inv*"])
def test_a_pattern_that_is_none_is_refused_whoever_writes_it(
    placet: PlacetUnderTest, pattern: str
) -> None:
    """Failure mode 8: it fails instead of widening."""
    with pytest.raises(Invalid):
        placet.roles.create(Role(id="x", permissions=(pattern,)), actor=ZOE)


def test_what_is_held_in_one_scope_is_not_given_in_another(placet: PlacetUnderTest) -> None:
    """Failure modes 36 and 37."""
    holds(placet, "clerk", scope="retail")
    for scope in ("", "wholesale"):
        with pytest.raises(AccessDenied):
            gives(placet, scope=scope)
    gives(placet, scope="retail/checkout")


def test_what_does_not_reach_below_is_not_given_below(placet: PlacetUnderTest) -> None:
    """Failure mode 37, the other way round."""
    holds(placet, "clerk", resource_group="_all_account_level_resources")
    with pytest.raises(AccessDenied):
        gives(placet)
    gives(placet, resource_group="_all_account_level_resources")


@pytest.mark.parametrize("right", ["binder", "escalator"])
def test_a_right_counts_where_it_is_held(placet: PlacetUnderTest, right: str) -> None:
    """Failure mode 36."""
    holds(placet, right, scope="retail")
    with pytest.raises(AccessDenied):
        gives(placet)
    gives(placet, scope="retail")


def test_the_right_to_give_a_role_can_be_for_listed_roles(placet: PlacetUnderTest) -> None:
    listed = ResourceGroup(id="listed", resources=(ResourceSelector("ROLE", ("clerk",)),))
    placet.resource_groups.create(listed, actor=SYSTEM)
    holds(placet, "binder", resource_group="listed")
    with pytest.raises(AccessDenied):
        gives(placet, role="_account_admin")
    gives(placet)


def test_a_role_of_the_same_id_elsewhere_is_not_the_listed_one(placet: PlacetUnderTest) -> None:
    listed = ResourceGroup(id="listed", resources=(ResourceSelector("ROLE", ("clerk",)),))
    placet.resource_groups.create(listed, actor=SYSTEM)
    holds(placet, "binder", resource_group="listed")
    placet.roles.create(Role(id="clerk", scope="retail", permissions=("invoice.pay",)), actor=LEE)
    with pytest.raises(AccessDenied):
        gives(placet, scope="retail", role="clerk@/retail")


def test_nobody_makes_themselves_an_administrator(placet: PlacetUnderTest) -> None:
    """Failure mode 34: who manages users lifts neither itself nor a friend."""
    for principal in (LEE, "user:eve"):
        with pytest.raises(AccessDenied):
            gives(placet, role="_account_admin", principal=principal)


def test_a_lesser_administrator_may_give_all_of_its_own(placet: PlacetUnderTest) -> None:
    gives(placet, role="admin")


def test_what_lasts_an_hour_is_not_given_for_longer(placet: PlacetUnderTest) -> None:
    until = placet.clock.now() + timedelta(hours=1)
    holds(placet, "clerk", expires_at=until)
    for expires_at in (None, until + timedelta(seconds=1)):
        with pytest.raises(AccessDenied):
            gives(placet, expires_at=expires_at)
    gives(placet, expires_at=until)


def test_what_is_held_later_is_not_given_now(placet: PlacetUnderTest) -> None:
    holds(placet, "clerk", not_before=placet.clock.now() + timedelta(hours=1))
    with pytest.raises(AccessDenied):
        gives(placet)


def test_what_the_giver_is_denied_is_not_given(placet: PlacetUnderTest) -> None:
    holds(placet, "clerk")
    placet.assignments.create(
        Assignment(id="no", principal=LEE, role="clerk", scope="retail", effect="deny"),
        actor=SYSTEM,
    )
    for scope in ("", "retail", "retail/checkout"):
        with pytest.raises(AccessDenied):
            gives(placet, scope=scope)
    gives(placet, scope="wholesale")


@pytest.mark.parametrize("held", ["resource.properties.team == 'ops'", "context.office"])
def test_a_condition_is_implied_by_the_same_text_only(placet: PlacetUnderTest, held: str) -> None:
    holds(placet, "clerk", condition=held)
    for condition in (None, f"({held})"):
        with pytest.raises(AccessDenied):
            gives(placet, condition=condition)
    gives(placet, condition=held)


def test_a_condition_about_oneself_says_nothing_about_others(placet: PlacetUnderTest) -> None:
    about = "subject.properties.level == 'senior'"
    holds(placet, "clerk", condition=about)
    with pytest.raises(AccessDenied):
        gives(placet, condition=about)


def test_resources_may_add_up(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        for name, ids in (("a", ("1",)), ("b", ("2",)), ("ab", ("1", "2")), ("abc", ("1", "3"))):
            selector = ResourceSelector("invoice", ids)
            placet.resource_groups.create(ResourceGroup(id=name, resources=(selector,)))
    holds(placet, "clerk", resource_group="a")
    holds(placet, "clerk", resource_group="b", id="second")
    with pytest.raises(AccessDenied):
        gives(placet, resource_group="abc")
    gives(placet, resource_group="ab")


def test_resource_groups_are_compared_by_what_is_in_them(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        for name in ("one", "same"):
            selector = ResourceSelector("invoice")
            placet.resource_groups.create(ResourceGroup(id=name, resources=(selector,)))
    holds(placet, "clerk", resource_group="one")
    gives(placet, resource_group="same")


def test_a_program_that_acts_for_somebody_gives_what_both_hold(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.service_accounts.create(ServiceAccount(id="bot"))
        for role in ("admin", "clerk"):
            placet.assignments.create(
                Assignment(id=f"bot-{role}", principal="service_account:bot", role=role)
            )
    with pytest.raises(AccessDenied):
        gives(placet, Actor("service_account:bot", on_behalf_of=LEE))
    with pytest.raises(AccessDenied):
        gives(placet, Actor(LEE, on_behalf_of="service_account:bot"))
    gives(placet, Actor("service_account:bot", on_behalf_of=PAT))


def test_who_is_disabled_holds_nothing(placet: PlacetUnderTest) -> None:
    placet.users.update(User(id="zoe", disabled=True), actor=SYSTEM)
    with pytest.raises(AccessDenied):
        gives(placet, ZOE)


def test_an_approval_mints_what_its_reviewer_does_not_hold(placet: PlacetUnderTest) -> None:
    """Its policy was guarded when it was published."""
    policy = ApprovalPolicy(
        id="elevation", applies_to=("invoice.read",), needed="when_denied",
        requesters=("user:eve",), requirement=parse_reviews("1 from user:dana"),
        yields=AccessYield(role="clerk", seconds=60),
    )  # fmt: skip
    placet.policies.create(policy, actor=PAT)
    assert not placet.check("user:dana", "invoice.read", "invoice:7")
    placet.approve(placet.request("invoice.read", "invoice:7", actor="user:eve"), by="user:dana")
    assert placet.check("user:eve", "invoice.read", "invoice:7")


def test_a_policy_yields_for_as_long_as_it_stands(placet: PlacetUnderTest) -> None:
    """So what the publisher holds for an hour is not enough."""
    holds(placet, "clerk", expires_at=placet.clock.now() + timedelta(hours=1))
    policy = ApprovalPolicy(
        id="elevation", applies_to=("invoice.read",), needed="when_denied",
        requesters=("user:eve",), requirement=parse_reviews("1 from user:dana"),
        yields=AccessYield(role="clerk", seconds=60),
    )  # fmt: skip
    with pytest.raises(AccessDenied):
        placet.policies.create(policy, actor=LEE)


BUNDLE = """
account = "default"
bundle = "team"
[[groups]]
id = "ops"
members = ["user:eve"]
[[roles]]
id = "reader"
permissions = ["invoice.read"]
[[assignments]]
id = "ops-read"
to = ["group:ops"]
role = "reader"
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "team.toml"
    path.write_text(BUNDLE)
    return path


def test_a_bundle_gives_no_more_than_who_applies_it(placet: PlacetUnderTest, bundle: Path) -> None:
    """All of it or nothing, and the item is named: failure mode 34, import."""
    before = placet.store.head(placet.account)
    with pytest.raises(AccessDenied, match=r"group:ops invoice.read .* \(assignment 'ops-read'\)"):
        placet.apply(bundle, actor=LEE)
    assert placet.store.head(placet.account) == before


def test_a_difference_is_refused_like_its_application(
    placet: PlacetUnderTest, bundle: Path
) -> None:
    with pytest.raises(AccessDenied, match="ops-read"):
        placet.diff(bundle, actor=LEE)


@pytest.mark.parametrize("who", [PAT, BEA, ZOE, "user:root", SYSTEM])
def test_a_bundle_is_applied_by_who_may_give_what_is_in_it(
    placet: PlacetUnderTest, bundle: Path, who: object
) -> None:
    placet.apply(bundle, actor=who)  # type: ignore[arg-type]  # one of several
    assert placet.check("user:eve", "invoice.read", "invoice:7")


def test_a_bundle_is_compared_as_a_whole(placet: PlacetUnderTest, bundle: Path) -> None:
    """The other way of what eve has already is no gain, whatever the steps are."""
    with placet.acting(SYSTEM):
        placet.groups.create(Group(id="ops"))
        placet.groups.add_members("ops", ["user:eve"])
        placet.assignments.create(Assignment(id="crew", principal="group:ops", role="clerk"))
    placet.apply(bundle, actor=LEE)


def test_the_administrators_role_holds_both_rights(placet: PlacetUnderTest) -> None:
    for right in ("core_authz_bind", "core_authz_escalate"):
        assert placet.check("user:root", right, "ROLE:clerk")


def test_a_user_in_a_closed_directory_is_new_and_holds_nothing() -> None:
    with guarded_office(directory="closed") as placet:
        placet.assignments.create(
            Assignment(id="all", principal="everyone", role="clerk", effect="allow",
                       condition="subject.id == resource.id"),
            actor=SYSTEM,
        )  # fmt: skip
        placet.users.create(User(id="new"), actor=LEE)


def test_a_denied_user_may_be_deleted_from_a_closed_directory() -> None:
    """Nobody is freed who is gone."""
    with guarded_office(directory="closed") as placet:
        denied = Assignment(id="no", principal="user:eve", role="clerk", effect="deny")
        placet.assignments.create(denied, actor=SYSTEM)
        placet.users.delete("eve", cascade=True, actor=LEE)
