"""Authorization is in the service: every use case, reads included, asks who calls."""

from collections.abc import Callable

import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    Actor,
    Assignment,
    Group,
    Invalid,
    NotFound,
    Permission,
    PlacetError,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.model import ApprovalPolicy, Delegation, Gate, parse_reviews
from placet.testing import PlacetUnderTest

Call = Callable[[PlacetUnderTest, str], object]

ADMINISTRATION: dict[str, Call] = {
    "users.create": lambda p, who: p.users.create(User(id="new"), actor=who),
    "users.update": lambda p, who: p.users.update(User(id="sam", name="S"), actor=who),
    "users.get": lambda p, who: p.users.get("sam", actor=who),
    "users.list": lambda p, who: p.users.list(actor=who),
    "users.delete": lambda p, who: p.users.delete("kim", cascade=True, actor=who),
    "groups.create": lambda p, who: p.groups.create(Group(id="new"), actor=who),
    "groups.get": lambda p, who: p.groups.get("finance", actor=who),
    "groups.list": lambda p, who: p.groups.list(actor=who),
    "groups.members": lambda p, who: p.groups.members("finance", actor=who),
    "groups.add_members": lambda p, who: p.groups.add_members("finance", ["user:eve"], actor=who),
    "groups.remove_members": lambda p, who: p.groups.remove_members(
        "finance", ["user:dana"], actor=who
    ),
    "service_accounts.create": lambda p, who: p.service_accounts.create(
        ServiceAccount(id="ci"), actor=who
    ),
    "roles.create": lambda p, who: p.roles.create(Role(id="new"), actor=who),
    "roles.update": lambda p, who: p.roles.update(
        Role(id="clerk", permissions=("invoice.read",)), actor=who
    ),
    "roles.get": lambda p, who: p.roles.get("clerk", actor=who),
    "roles.list": lambda p, who: p.roles.list(actor=who),
    "roles.delete": lambda p, who: p.roles.delete("clerk", cascade=True, actor=who),
    "permissions.create": lambda p, who: p.permissions.create(
        Permission.dotted("invoice.void"), actor=who
    ),
    "permissions.list": lambda p, who: p.permissions.list(actor=who),
    "resources.create": lambda p, who: p.resources.create(
        Resource(type="invoice", id="7"), actor=who
    ),
    "resource_groups.create": lambda p, who: p.resource_groups.create(
        ResourceGroup(id="new"), actor=who
    ),
    "assignments.create": lambda p, who: p.assignments.create(
        Assignment(id="new", principal="user:eve", role="clerk"), actor=who
    ),
    "assignments.get": lambda p, who: p.assignments.get("sam", actor=who),
    "assignments.list": lambda p, who: p.assignments.list(actor=who),
    "assignments.delete": lambda p, who: p.assignments.delete("sam", actor=who),
    "policies.create": lambda p, who: p.policies.create(
        ApprovalPolicy(
            id="new", applies_to=("invoice.read",), requirement=parse_reviews("1 from user:dana")
        ),
        actor=who,
    ),
    "policies.update": lambda p, who: p.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=("invoice.pay",),
            requirement=parse_reviews("1 from everyone"),
        ),
        actor=who,
    ),
    "policies.get": lambda p, who: p.policies.get("four-eyes", actor=who),
    "policies.versions": lambda p, who: p.policies.versions("four-eyes", actor=who),
    "policies.version": lambda p, who: p.policies.version("four-eyes", 1, actor=who),
    "policies.delete": lambda p, who: p.policies.delete("four-eyes", actor=who),
    "gates.create": lambda p, who: p.gates.create(Gate(id="g", policy="four-eyes"), actor=who),
    "gates.list": lambda p, who: p.gates.list(actor=who),
    "delegations.create": lambda p, who: p.delegations.create(
        Delegation(
            id="d",
            delegator="user:dana",
            delegate="user:finn",
            starts_at=p.clock.now(),
            ends_at=p.clock.now().replace(year=2027),
        ),
        actor=who,
    ),
    "credentials.issue": lambda p, who: p.credentials.issue("user:sam", actor=who),
    "credentials.list": lambda p, who: p.credentials.list(actor=who),
    "audit.list": lambda p, who: p.audit.list(actor=who),
    "audit.verify": lambda p, who: p.audit.verify(actor=who),
    "approvals.count": lambda p, who: p.approvals.count(actor=who),
}


@pytest.mark.parametrize("use_case", ADMINISTRATION)
def test_who_holds_nothing_is_refused_and_nothing_is_stored(
    placet: PlacetUnderTest, use_case: str
) -> None:
    """T42."""
    before = placet.store.head(placet.account)
    with pytest.raises(AccessDenied, match="user:eve lacks core_"):
        ADMINISTRATION[use_case](placet, "user:eve")
    assert placet.store.head(placet.account) == before


@pytest.mark.parametrize("use_case", ADMINISTRATION)
def test_the_account_admin_may(placet: PlacetUnderTest, use_case: str) -> None:
    ADMINISTRATION[use_case](placet, "user:root")


@pytest.mark.parametrize("use_case", ADMINISTRATION)
def test_nobody_is_assumed_where_no_actor_is_named(placet: PlacetUnderTest, use_case: str) -> None:
    with pytest.raises(Invalid, match="no actor"):
        ADMINISTRATION[use_case](placet, None)  # type: ignore[arg-type]  # what is refused


def test_no_text_can_name_the_system(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="not a principal"):
        placet.users.list(actor="system")


def test_who_is_disabled_may_nothing_any_more(placet: PlacetUnderTest) -> None:
    placet.users.update(User(id="root", disabled=True), actor=SYSTEM)
    with pytest.raises(AccessDenied):
        placet.users.list(actor="user:root")


def test_a_program_that_acts_for_somebody_may_only_what_both_may(
    placet: PlacetUnderTest,
) -> None:
    with pytest.raises(AccessDenied):
        placet.users.list(actor=Actor("user:root", on_behalf_of="user:eve"))
    with pytest.raises(AccessDenied):
        placet.users.list(actor=Actor("user:eve", on_behalf_of="user:root"))


def test_acting_holds_for_calls_within_and_ends_with_the_block(placet: PlacetUnderTest) -> None:
    with placet.acting("user:root"):
        assert placet.users.list().total == 6
        with placet.acting("user:eve"), pytest.raises(AccessDenied):
            placet.users.list()
        assert placet.users.list().total == 6
    with pytest.raises(Invalid, match="no actor"):
        placet.users.list()


def test_acting_in_one_account_says_nothing_in_another(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM), pytest.raises(Invalid, match="no actor"):
        placet.tenant("other").users.list()


UNKNOWN: dict[str, Call] = {
    "approvals.get": lambda p, who: p.approvals.get("0190", actor=who),
    "approvals.review": lambda p, who: p.review("0190", "approve", actor=who),
    "approvals.cancel": lambda p, who: p.approvals.cancel("0190", actor=who),
    "grants.get": lambda p, who: p.grants.get("0190", actor=who),
    "grants.revoke": lambda p, who: p.grants.revoke("0190", actor=who),
}


@pytest.mark.parametrize("use_case", UNKNOWN)
def test_what_does_not_exist_is_not_found_for_everybody(
    placet: PlacetUnderTest, use_case: str
) -> None:
    for who in ("user:eve", "user:root"):
        with pytest.raises(NotFound):
            UNKNOWN[use_case](placet, who)


def test_an_approval_of_others_cannot_be_told_from_one_that_does_not_exist(
    placet: PlacetUnderTest,
) -> None:
    """T50."""
    approval = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    absent = "0190c0de-0000-7000-8000-000000000000"
    said = []
    for id in (approval.id, absent):
        with pytest.raises(PlacetError) as refused:
            placet.approvals.get(id, actor="user:eve")
        said.append((type(refused.value), refused.value.message.replace(id, "ID")))
    assert said[0] == said[1]


def test_another_accounts_approval_is_not_found(placet: PlacetUnderTest) -> None:
    """T26, failure mode 35: the account is part of every key."""
    approval = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    with pytest.raises(NotFound):
        placet.tenant("other").approvals.get(approval.id, actor=SYSTEM)
