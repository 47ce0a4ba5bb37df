"""What reviewers fill in is looked at on every path (T52)."""

from typing import Any

import pytest
from approval_worlds import People, asked, say

from placet.approvals.lifecycle import Said, settle
from placet.approvals.overriding import override
from placet.errors import Invalid
from placet.model import Actor, Approval, Input, Rule, Verdict, input_problems

PEOPLE = People(qa="ana bo")
WANTED = (
    Input(name="window", required=True, allowed=("day", "night")),
    Input(name="hosts", kind="texts", allowed=("a", "b")),
    Input(name="risk", kind="integer"),
    Input(name="share", kind="number"),
    Input(name="drain", kind="boolean"),
)


def _asked() -> Approval:
    return asked("1 from group:qa", inputs=WANTED)


GOOD: dict[str, Any] = {"window": "day", "hosts": ["a"], "risk": 3, "share": 0.5, "drain": True}


def test_what_is_filled_in_is_kept_with_the_review() -> None:
    done = say(_asked(), "ana", PEOPLE, inputs=GOOD)
    assert done.approval.status == "approved"
    assert done.approval.reviews[0].inputs == GOOD


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window": "noon"}, "one of 'day', 'night'"),
        ({"window": ""}, "one of"),
        ({"window": 7}, "fill in text"),
        ({"hosts": "a"}, "a list of texts"),
        ({"hosts": ["a", "c"]}, "its members are some of"),
        ({"risk": 1.5}, "an integer"),
        ({"risk": True}, "an integer"),
        ({"share": "1"}, "a number"),
        ({"drain": 1}, "true or false"),
        ({"other": 1}, "is not asked for"),
    ],
)
@pytest.mark.parametrize("verdict", ["approve", "reject", "abstain"])
def test_what_is_wrong_is_refused_whatever_the_verdict(
    change: dict[str, Any], said: str, verdict: Verdict
) -> None:
    """T52."""
    with pytest.raises(Invalid, match=said):
        say(_asked(), "ana", PEOPLE, verdict, inputs={**GOOD, **change})


def test_nobody_approves_without_what_is_required() -> None:
    """T52."""
    with pytest.raises(Invalid, match=r"inputs\.window: is missing"):
        say(_asked(), "ana", PEOPLE)


def test_a_no_needs_nothing_filled_in() -> None:
    assert say(_asked(), "ana", PEOPLE, "reject").approval.status == "rejected"


def test_an_override_fills_in_the_same() -> None:
    """T52."""
    with pytest.raises(Invalid, match=r"inputs\.window"):
        override(_asked(), Actor("user:boss"), Said("approve", "now"), PEOPLE)


def test_a_rule_that_does_not_fill_in_what_is_required_is_refused() -> None:
    """T52."""
    rule = Rule(name="r", verdict="approve", when="true")
    with pytest.raises(Invalid, match=r"rules\[0\]\.inputs\.window"):
        asked("1 from group:qa", inputs=WANTED, rules=(rule,)).policy.validate()


def test_a_rule_fills_it_in() -> None:
    rule = Rule(name="r", verdict="approve", when="true", inputs={"window": "night"})
    pending = asked("1 from group:qa", inputs=WANTED, rules=(rule,))
    pending.policy.validate()
    assert settle(pending, PEOPLE).approval.reviews[0].inputs == {"window": "night"}


def test_true_is_not_one() -> None:
    wanted = [Input(name="n", kind="number", allowed=(1,))]
    assert input_problems(wanted, {"n": 1}, approving=True) == ()
    assert input_problems(wanted, {"n": True}, approving=True)


@pytest.mark.parametrize(
    "wanted",
    [
        (Input(name=""),),
        (Input(name="a"), Input(name="a")),
        (Input(name="a", kind="integer", allowed=("1",)),),
        (Input(name="a", kind="texts", allowed=(["x"],)),),
        tuple(Input(name=f"n{number}") for number in range(17)),
    ],
)
def test_inputs_that_cannot_be_meant_are_refused(wanted: tuple[Input, ...]) -> None:
    with pytest.raises(Invalid, match="inputs"):
        asked("1 from group:qa", inputs=wanted).policy.validate()
