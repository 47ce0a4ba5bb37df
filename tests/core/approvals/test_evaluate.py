"""The result tree: what an approval's requirement says to its reviews."""

import msgspec
import pytest
from approval_worlds import NOW, People, asked, policy, say

from placet.approvals.compose import compose
from placet.approvals.evaluate import evaluate
from placet.approvals.lifecycle import Wanted, open_approval, settle
from placet.approvals.ways import ways
from placet.errors import Invalid
from placet.model import (
    Actor,
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    InOrder,
    Quorum,
    Requirement,
    Review,
    Reviews,
)

QA = Reviews(count=1, source="group:qa")
OPS = Reviews(count=1, source="group:ops")
PEOPLE = People(qa="ana bo", ops="cy ana")


def _status(requirement: Requirement, *approvers: str, people: People = PEOPLE) -> str:
    approval = asked(requirement)
    reviews = tuple(
        Review(reviewer=f"user:{name}", verdict="approve", digest="d1", at=NOW)
        for name in approvers
    )
    return evaluate(msgspec.structs.replace(approval, reviews=reviews), people).status


@pytest.mark.parametrize(
    ("requirement", "approvers", "status"),
    [
        (QA, (), "pending"),
        (QA, ("bo",), "satisfied"),
        (QA, ("cy",), "pending"),
        (Reviews(count=2, source="group:qa"), ("bo",), "pending"),
        (Reviews(count=2, source="group:qa"), ("bo", "ana"), "satisfied"),
        (Reviews(count=2, source="group:qa"), ("bo", "bo"), "pending"),
        (AllOf(of=(QA, OPS)), ("ana",), "pending"),
        (AllOf(of=(QA, OPS)), ("ana", "bo"), "satisfied"),
        (AllOf(of=(QA, OPS)), ("ana", "cy"), "satisfied"),
        (AnyOf(of=(QA, OPS)), ("cy",), "satisfied"),
        (AnyOf(of=(QA, OPS)), (), "pending"),
        (AtLeast(count=2, of=(QA, OPS, Reviews(count=1, source="group:sec"))), ("bo", "cy"),
         "satisfied"),
        (AtLeast(count=2, of=(QA, OPS, Reviews(count=1, source="group:sec"))), ("bo",), "pending"),
        (InOrder(of=(QA, OPS)), ("bo", "cy"), "satisfied"),
        (InOrder(of=(QA, OPS)), ("cy",), "pending"),
        (AllOf(of=(QA, ConditionHolds(when="context.urgent"))), ("bo",), "satisfied"),
        (AllOf(of=(QA, ConditionHolds(when="!context.urgent"))), ("bo",), "pending"),
        (AllOf(of=(QA, ConditionHolds(when="context.absent"))), ("bo",), "error"),
        (AnyOf(of=(QA, ConditionHolds(when="context.absent"))), ("bo",), "satisfied"),
    ],
)  # fmt: skip
def test_a_tree_and_who_approved_give_a_status(
    requirement: Requirement, approvers: tuple[str, ...], status: str
) -> None:
    """T34."""
    assert _status(requirement, *approvers) == status


def test_the_same_leaf_twice_wants_two_people() -> None:
    assert _status(AllOf(of=(QA, QA)), "bo") == "pending"
    assert _status(AllOf(of=(QA, QA)), "bo", "ana") == "satisfied"


def test_a_source_that_cannot_be_told_never_counts() -> None:
    """T45: a rule that fails must not open anything."""
    broken = People(broken=frozenset({"group:qa"}), qa="bo", ops="cy")
    assert _status(QA, "bo", people=broken) == "error"
    assert _status(AllOf(of=(QA, OPS)), "bo", "cy", people=broken) == "error"


def test_a_no_counts_although_another_source_cannot_be_told() -> None:
    broken = People(broken=frozenset({"group:qa"}), ops="cy")
    done = say(asked(AllOf(of=(QA, OPS))), "cy", broken, "reject")
    assert done.approval.status == "rejected"


def test_an_empty_group_means_nobody() -> None:
    """T30."""
    assert _status(QA, "bo", people=People(qa="")) == "pending"


@pytest.mark.parametrize("count", [0, -1])
def test_a_count_below_one_is_refused(count: int) -> None:
    """T29: a missing or zero count must not mean "approved"."""
    with pytest.raises(Invalid, match="the least is 1"):
        policy(Reviews(count=count, source="group:qa")).validate()


@pytest.mark.parametrize("empty", [AllOf(of=()), AnyOf(of=()), InOrder(of=())])
def test_an_empty_branch_is_refused(empty: Requirement) -> None:
    """T29."""
    with pytest.raises(Invalid, match="satisfied by nobody"):
        policy(empty).validate()


def test_who_loses_the_role_stops_counting() -> None:
    """T37."""
    approval = say(asked(Reviews(count=2, source="group:qa")), "bo", PEOPLE).approval
    assert evaluate(approval, PEOPLE).have == 1
    assert evaluate(approval, People(qa="ana")).have == 0


def test_a_review_of_another_digest_does_not_count() -> None:
    """T20, T23: an approval of revision N does not open revision N+1."""
    approval = say(asked(Reviews(count=2, source="group:qa")), "bo", PEOPLE).approval
    revised = msgspec.structs.replace(approval, digest="d2")
    assert evaluate(revised, PEOPLE).have == 0


def test_a_pending_tree_says_what_is_missing_and_where() -> None:
    tree = InOrder(of=(msgspec.structs.replace(QA, name="quality"), OPS))
    result = evaluate(asked(tree), PEOPLE)
    assert result.why == "stage 'quality': has 0 of 1 from group:qa"
    assert [leaf.open for leaf in result.leaves()] == [True, False]


@pytest.mark.parametrize(
    ("rule", "against", "status"),
    [
        ("any", 1, "rejected"),
        (Quorum(2), 1, "pending"),
        (Quorum(2), 2, "rejected"),
        ("unreachable", 1, "pending"),
        ("unreachable", 2, "rejected"),
    ],
)
def test_the_reject_rule_says_when_it_is_over(rule: object, against: int, status: str) -> None:
    people = People(qa="ana bo cy")
    approval = asked(Reviews(count=2, source="group:qa"), reject_when=rule)
    for name in ("ana", "bo")[:against]:
        approval = say(approval, name, people, "reject").approval
    assert evaluate(approval, people).status == status


def test_a_tree_with_too_many_ways_is_refused() -> None:
    leaves = tuple(Reviews(count=1, source=f"group:g{number}") for number in range(14))
    with pytest.raises(Invalid, match="more than 256 ways"):
        ways(AtLeast(count=7, of=leaves))


def test_policies_that_together_have_too_many_ways_open_nothing() -> None:
    """Each is good by itself; an approval that can never be told to be met must not wait."""
    leaves = tuple(Reviews(count=1, source=f"group:g{number}") for number in range(17))
    both = compose([policy(AnyOf(of=leaves)), policy(AnyOf(of=leaves))])
    wanted = Wanted(permission="release.deploy", resource="release:7", scope="", digest="d1")
    opened = open_approval(wanted, both, (), Actor("user:sam"), NOW)
    with pytest.raises(Invalid, match="more than 256 ways"):
        settle(opened, People())


def test_several_policies_add_up() -> None:
    """T13, T43: a lower scope only tightens."""
    both = compose(
        [
            policy(QA, decide_within=60, allow_self_review=True),
            policy(OPS, decide_within=30, also_exclude=("contributors",)),
        ]
    )
    assert isinstance(both.requirement, AllOf)
    assert (both.decide_within, both.allow_self_review) == (30, False)
    assert both.also_exclude == ("contributors",)


def test_no_policy_means_that_nothing_can_be_requested() -> None:
    with pytest.raises(Invalid, match="no approval policy applies"):
        compose([])
