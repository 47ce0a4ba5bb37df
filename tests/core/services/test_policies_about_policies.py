"""A change of the rules is itself approved where a policy wants that (T42, T44)."""

import msgspec
import pytest

from placet import (
    SYSTEM,
    AccessDenied,
    ApprovalPolicy,
    ApprovalRequired,
    Assignment,
    InvalidState,
)
from placet.bundle import loads
from placet.model import parse_reviews
from placet.testing import PlacetUnderTest

CHANGES = ("core_approvalpolicy_edit", "core_approvalpolicy_delete")


@pytest.fixture
def guarded(placet: PlacetUnderTest) -> PlacetUnderTest:
    """root and eve administer; a change of a policy needs one yes of the other administrators."""
    with placet.acting(SYSTEM):
        placet.assignments.create(Assignment(id="eve", principal="user:eve", role="_account_admin"))
        placet.policies.create(
            ApprovalPolicy(
                id="constitution",
                applies_to=CHANGES,
                requirement=parse_reviews("1 from role:_account_admin"),
            )
        )
    return placet


def _looser(placet: PlacetUnderTest) -> ApprovalPolicy:
    policy: ApprovalPolicy = placet.policies.get("four-eyes", actor=SYSTEM)
    return msgspec.structs.replace(policy, allow_self_review=True, etag=0)


def test_nobody_changes_the_rules_alone(guarded: PlacetUnderTest) -> None:
    """T42, T44."""
    with pytest.raises(ApprovalRequired, match="propose the change"):
        guarded.policies.update(_looser(guarded), actor="user:root")
    assert not guarded.policies.get("four-eyes", actor=SYSTEM).allow_self_review


def test_once_it_is_approved_it_is_published_and_the_pass_is_used(
    guarded: PlacetUnderTest,
) -> None:
    asked = guarded.policies.propose(_looser(guarded), actor="user:root")
    guarded.approve(asked, by="user:eve")
    assert guarded.policies.update(_looser(guarded), actor="user:root").allow_self_review
    assert guarded.grants.list(actor=SYSTEM).items[0].status == "consumed"


def test_nobody_approves_their_own_change(guarded: PlacetUnderTest) -> None:
    """T44."""
    asked = guarded.policies.propose(_looser(guarded), actor="user:root")
    with pytest.raises(AccessDenied):
        guarded.approve(asked, by="user:root")


def test_what_was_approved_is_what_is_published(guarded: PlacetUnderTest) -> None:
    """T20, T44."""
    guarded.approve(guarded.policies.propose(_looser(guarded), actor="user:root"), by="user:eve")
    other = msgspec.structs.replace(_looser(guarded), allow_unattributed=True)
    with pytest.raises(ApprovalRequired):
        guarded.policies.update(other, actor="user:root")


def test_a_pass_of_somebody_else_publishes_nothing(guarded: PlacetUnderTest) -> None:
    guarded.approve(guarded.policies.propose(_looser(guarded), actor="user:root"), by="user:eve")
    with pytest.raises(ApprovalRequired):
        guarded.policies.update(_looser(guarded), actor="user:eve")


def test_a_change_that_waits_is_named(guarded: PlacetUnderTest) -> None:
    asked = guarded.policies.propose(_looser(guarded), actor="user:root")
    with pytest.raises(ApprovalRequired) as refused:
        guarded.policies.update(_looser(guarded), actor="user:root")
    assert (refused.value.approval, refused.value.status) == (asked.id, "pending")


def test_the_rule_about_rules_is_not_removed_alone(guarded: PlacetUnderTest) -> None:
    """T44."""
    with pytest.raises(ApprovalRequired):
        guarded.policies.delete("constitution", actor="user:root")
    guarded.approve(
        guarded.policies.propose_removal("constitution", actor="user:root"), by="user:eve"
    )
    guarded.policies.delete("constitution", actor="user:root")
    assert guarded.policies.list(actor=SYSTEM).total == 1


def test_a_bundle_is_no_way_around_it(guarded: PlacetUnderTest) -> None:
    """T44."""
    bundle = loads(
        """
[[approval_policies]]
id = "four-eyes"
applies_to = ["invoice.pay"]
reviews = ["1 from group:finance"]
allow_self_review = true
""",
        "toml",
    )
    with pytest.raises(ApprovalRequired):
        guarded.apply(bundle, actor="user:root")
    assert not guarded.policies.get("four-eyes", actor=SYSTEM).allow_self_review


def test_where_no_policy_wants_it_nothing_is_asked(placet: PlacetUnderTest) -> None:
    with pytest.raises(InvalidState, match="nothing to ask for"):
        placet.policies.propose(_looser(placet), actor="user:root")
    assert placet.policies.update(_looser(placet), actor="user:root").allow_self_review
