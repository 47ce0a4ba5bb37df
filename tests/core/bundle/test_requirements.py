"""Stages, reviews and tables are three ways to write one requirement tree."""

from collections.abc import Callable

import pytest

from placet import SYSTEM, Placet
from placet.bundle import Bundle
from placet.model import (
    AccessYield,
    AllOf,
    AnyOf,
    ApprovalPolicy,
    AtLeast,
    ConditionHolds,
    InOrder,
    Quorum,
    Requirement,
    Reviews,
)

Written = Callable[[str], ApprovalPolicy]
OWNER = Reviews(count=1, source="owner")
SAM = Reviews(count=1, source="user:sam")


@pytest.fixture
def written(acme: Placet, toml: Callable[[str], Bundle]) -> Written:
    def policy(keys: str) -> ApprovalPolicy:
        head = 'permissions = ["a.b"]\n[[roles]]\nid = "r"\npermissions = ["a.b"]\n'
        head += '[[groups]]\nid = "qa"\nmembers = ["user:ana"]\n'
        head += '[[approval_policies]]\nid = "p"\napplies_to = ["a.b"]\n'
        acme.apply(toml(head + keys), actor=SYSTEM)
        return acme.policies.get("p", actor=SYSTEM)

    return policy


TREES: list[tuple[str, Requirement]] = [
    ('reviews = ["1 from owner"]', OWNER),
    ('reviews = ["1 from owner", "1 from user:sam"]', AllOf(of=(OWNER, SAM))),
    ('requirement = {reviews = "1 from owner"}', OWNER),
    ('requirement = {reviews = ["1 from owner"]}', OWNER),
    ('requirement = {reviews = ["1 from owner", "1 from user:sam"]}', AllOf(of=(OWNER, SAM))),
    ('requirement = {all_of = ["1 from owner", "1 from user:sam"]}', AllOf(of=(OWNER, SAM))),
    ('requirement = {any_of = [{reviews = "1 from owner"}]}', AnyOf(of=(OWNER,))),
    (
        'requirement = {at_least = 2, of = ["1 from owner", "1 from user:sam"]}',
        AtLeast(count=2, of=(OWNER, SAM)),
    ),
    ('requirement = {condition = "true"}', ConditionHolds(when="true")),
    (
        'stages = [{name = "one", reviews = ["1 from owner"]}, '
        '{name = "two", reviews = ["1 from owner", "1 from user:sam"]}]',
        InOrder(
            of=(
                Reviews(name="one", count=1, source="owner"),
                AllOf(name="two", of=(OWNER, SAM)),
            )
        ),
    ),
    (
        'requirement = {in_order = [{name = "one", reviews = ["1 from owner"]}, '
        '{name = "two", all_of = ["1 from owner", "1 from user:sam"]}]}',
        InOrder(
            of=(
                Reviews(name="one", count=1, source="owner"),
                AllOf(name="two", of=(OWNER, SAM)),
            )
        ),
    ),
]


@pytest.mark.parametrize(("keys", "tree"), TREES)
def test_what_is_written_is_this_tree(written: Written, keys: str, tree: Requirement) -> None:
    assert written(keys).requirement == tree


def test_sources_are_stored_exact(written: Written) -> None:
    policy = written('reviews = ["1 from group:qa", "1 from role:r"]\noverride_by = ["group:qa"]')

    assert policy.requirement == AllOf(
        of=(Reviews(count=1, source="group:qa@/"), Reviews(count=1, source="role:r@/"))
    )
    assert policy.override_by == ("group:qa@/",)


def test_durations_are_stored_in_seconds(written: Written) -> None:
    policy = written('reviews = ["1 from owner"]\ndecide_within = "2d"\nuse_within = "90s"')

    assert (policy.decide_within, policy.use_within) == (172_800, 90)


def test_a_policy_may_yield_a_role_for_a_time(written: Written) -> None:
    policy = written('reviews = ["1 from owner"]\nyields = {role = "r", for = "4h"}')

    assert policy.yields == AccessYield("r@/", 14_400)


def test_so_many_rejections_may_reject(written: Written) -> None:
    policy = written('reviews = ["1 from owner"]\nreject_when = {quorum = 2}')

    assert policy.reject_when == Quorum(2)


def test_a_gate_may_have_a_policy_of_its_own(acme: Placet, toml: Callable[[str], Bundle]) -> None:
    text = """
        [[gates]]
        id = "it's"
        scope = "retail"
        reviews = ["1 from user:dana"]
        use_within = "1h"
        when = "resource.type == 'GATE'"
    """
    acme.apply(toml(text), actor=SYSTEM)
    gate = acme.gates.get("it's", scope="retail", actor=SYSTEM)
    policy = acme.policies.get("gate.it's", scope="retail", actor=SYSTEM)

    assert gate.policy == policy.ref == "gate.it's@/retail"
    assert policy.applies_to == ("core_gate_take",)
    assert policy.when == r"resource.id == 'it\'s' && (resource.type == 'GATE')"
    assert policy.use_within == 3600


def test_a_resource_group_selects_everything_unless_it_names_resources(
    acme: Placet, toml: Callable[[str], Bundle]
) -> None:
    text = '[[resource_groups]]\nid = "all"\n[[resource_groups]]\nid = "some"\nresources = []'
    acme.apply(toml(text), actor=SYSTEM)

    assert acme.resource_groups.get("all", actor=SYSTEM).all
    assert not acme.resource_groups.get("some", actor=SYSTEM).all


def test_a_permission_without_a_dot_says_its_type_and_action(
    acme: Placet, toml: Callable[[str], Bundle]
) -> None:
    acme.apply(
        toml('permissions = [{id = "deploy", resource_type = "release", action = "deploy"}]'),
        actor=SYSTEM,
    )

    assert acme.permissions.get("deploy", actor=SYSTEM).resource_type == "release"
