"""Rules that review: seen like any review, by a service principal; a no of theirs is final."""

from datetime import timedelta

import pytest
from approval_worlds import NOW, People, asked, policy, say

from placet.approvals.compose import compose
from placet.approvals.evaluate import evaluate
from placet.approvals.lifecycle import Said, Wanted, open_approval, review, settle
from placet.errors import AccessDenied, Invalid
from placet.model import Actor, Approval, InOrder, Requirement, Reviews, Rule, Window

QA = Reviews(name="quality", count=1, source="group:qa")
OPS = Reviews(name="operations", count=1, source="group:ops")
PEOPLE = People(qa="ana", ops="bo", oncall="sam")
URGENT = Rule(name="urgent", verdict="approve", when="context.urgent")
NEVER = Rule(name="never", verdict="reject", when="context.urgent", comment="not when urgent")


def _asked(requirement: Requirement, *rules: Rule) -> Approval:
    return asked(requirement, rules=rules)


def test_a_rule_approves_and_is_seen_to_have() -> None:
    done = settle(_asked(QA, URGENT), PEOPLE)
    assert done.approval.status == "approved"
    (review,) = done.approval.reviews
    assert (review.reviewer, review.rule, review.verdict) == (
        "service:rule.urgent", "urgent", "approve",
    )  # fmt: skip
    assert done.approval.resolution is not None
    assert (done.approval.resolution.kind, done.approval.resolution.by) == (
        "rule", "service:rule.urgent",
    )  # fmt: skip
    assert done.happened == ("approval.reviewed_by_rule", "approval.approved")


def test_a_rule_that_does_not_hold_says_nothing() -> None:
    calm = Rule(name="calm", verdict="approve", when="!context.urgent")
    assert settle(_asked(QA, calm), PEOPLE).approval.reviews == ()


def test_a_rule_is_one_reviewer() -> None:
    two = Reviews(count=2, source="group:qa")
    assert evaluate(settle(_asked(two, URGENT), PEOPLE).approval, PEOPLE).have == 1


def test_a_rule_counts_for_the_stages_that_it_names() -> None:
    quality = Rule(name="q", verdict="approve", when="context.urgent", stages=("quality",))
    pending = settle(_asked(InOrder(of=(QA, OPS)), quality), PEOPLE).approval
    assert pending.status == "pending"
    assert say(pending, "bo", PEOPLE).approval.status == "approved"


def test_of_rules_that_contradict_each_other_the_no_wins() -> None:
    """Whatever their order."""
    for rules in ((URGENT, NEVER), (NEVER, URGENT)):
        done = settle(_asked(QA, *rules), PEOPLE)
        assert done.approval.status == "rejected"
        assert done.approval.resolution is not None
        assert done.approval.resolution.reason == "not when urgent"


def test_a_no_of_a_rule_is_final_whatever_it_takes_to_reject() -> None:
    pending = asked(QA, rules=(NEVER,), reject_when="unreachable")
    assert settle(pending, PEOPLE).approval.status == "rejected"


def test_while_it_cannot_be_told_whether_a_rule_rejects_none_approves() -> None:
    """T45."""
    unsure = Rule(name="unsure", verdict="reject", when="context.absent == 1")
    assert settle(_asked(QA, URGENT, unsure), PEOPLE).approval.reviews == ()


def test_a_rule_that_cannot_be_told_does_not_approve() -> None:
    """T45, T46: nothing that never reports passes."""
    broken = Rule(name="broken", verdict="approve", when="context.absent == 1")
    assert settle(_asked(QA, broken), PEOPLE).approval.status == "pending"


def test_a_rule_speaks_in_its_windows_only() -> None:
    night = Window(start="22:00", end="06:00", zone="UTC")
    rule = Rule(name="night", verdict="approve", during=(night,))
    assert settle(_asked(QA, rule), PEOPLE).approval.status == "pending"
    later = PEOPLE.at(NOW + timedelta(hours=14))
    assert settle(_asked(QA, rule), later).approval.status == "approved"


def test_a_rule_may_be_for_those_who_are_on_call() -> None:
    oncall = Rule(name="oncall", verdict="approve", subjects=("group:oncall",))
    assert settle(_asked(QA, oncall), PEOPLE).approval.status == "approved"
    assert settle(asked(QA, by="user:kim", rules=(oncall,)), PEOPLE).approval.status == "pending"


def test_what_a_rule_has_said_is_said_once() -> None:
    two = Reviews(count=2, source="group:qa")
    once = settle(_asked(two, URGENT), PEOPLE).approval
    assert settle(once, PEOPLE).happened == ()


def test_a_rule_of_one_policy_fills_no_seat_of_another() -> None:
    """T43: what a lower scope allows by itself does not loosen what a higher one wants."""
    strict = policy(Reviews(count=1, source="group:ops"))
    loose = policy(QA, rules=(URGENT,))
    frozen = compose([loose, strict])
    wanted = Wanted(permission="release.deploy", resource="release:7", scope="", digest="d1")
    opened = open_approval(wanted, frozen, (), Actor("user:sam"), NOW)
    tree = evaluate(settle(opened, PEOPLE).approval, PEOPLE)
    assert [child.status for child in tree.of] == ["satisfied", "pending"]


def test_no_reviewer_passes_for_a_rule() -> None:
    """T35: the mark is the engine's; the name alone is nobody's."""
    with pytest.raises(AccessDenied):
        review(_asked(QA, NEVER), Actor("service:rule.urgent"), Said("approve"), PEOPLE)


@pytest.mark.parametrize(
    "rule",
    [
        Rule(name="a", verdict="approve"),
        Rule(name="", verdict="approve", when="true"),
        Rule(name="a", verdict="approve", when=" "),
        Rule(name="a", verdict="approve", when="true", stages=("nowhere",)),
        Rule(name="a", verdict="approve", subjects=("nobody",)),
        Rule(name="a", verdict="approve", during=(Window(start="9"),)),
        Rule(name="a", verdict="approve", when="true", inputs={"unknown": 1}),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: Rule) -> None:
    with pytest.raises(Invalid, match="rules"):
        policy(QA, rules=(rule,)).validate()
