"""Several assignments under conditions: each is asked by itself, and none speaks for another."""

from itertools import permutations

import pytest

from placet.bundle import loads
from placet.testing import PlacetUnderTest, engine

BUNDLE = """
permissions = ["invoice.pay"]
users = [{id = "sam"}]
groups = [{id = "ops", members = ["user:sam"]}]
roles = [{id = "clerk", permissions = ["invoice.pay"]}]
"""
TRUE, FALSE = "resource.id == '7'", "resource.id == '8'"
MISSING, ERROR = "context.absent == 1", "resource.id.contains(1)"
PAY = ("user:sam", "invoice.pay", "invoice:7")


def under(*conditions: str, deny: str | None = None) -> PlacetUnderTest:
    """sam pays under each of these, by turns as sam, in a group and like everyone."""
    given = [
        f'[[assignments]]\nto = ["{who}"]\nrole = "clerk"\nid = "a{number}"\nwhen = "{condition}"\n'
        for number, (who, condition) in enumerate(
            zip(("user:sam", "group:ops", "everyone", "user:sam"), conditions, strict=False)
        )
    ]
    if deny is not None:
        given.append('[[assignments]]\nto = ["user:sam"]\nrole = "clerk"\neffect = "deny"\n'
                     f'id = "no"\nwhen = "{deny}"\n')  # fmt: skip
    return engine(loads(BUNDLE + "".join(given), "toml"))


@pytest.mark.parametrize("order", [*permutations((TRUE, FALSE, MISSING, ERROR))])
def test_one_that_holds_is_enough_wherever_it_stands(order: tuple[str, ...]) -> None:
    """Failure modes 33 and 41: what cannot be told beside it takes nothing away."""
    placet = under(*order)
    assert placet.check(*PAY)
    assert placet.which("user:sam", "invoice.pay").unlisted
    assert placet.who_can("invoice.pay", "invoice:7").principals == ("user:sam",)


@pytest.mark.parametrize("order", [*permutations((FALSE, MISSING, ERROR))])
def test_where_none_holds_the_answer_is_no_and_every_reason_is_told(order: tuple[str, ...]) -> None:
    """Failure mode 41: neither what is missing nor what failed is kept quiet."""
    placet = under(*order)
    assert not placet.check(*PAY)
    assert {miss.code for miss in placet.explain(*PAY).near_misses} == {
        "condition_false", "condition_missing", "condition_error"
    }  # fmt: skip


@pytest.mark.parametrize("undecided", [MISSING, ERROR])
def test_not_turns_what_is_undecided_into_no_yes(undecided: str) -> None:
    """Failure modes 26 and 41: `!` of what cannot be told cannot be told."""
    assert not under(f"!({undecided})").check(*PAY)


@pytest.mark.parametrize("deny", [TRUE, MISSING, ERROR, f"!({MISSING})", f"!({ERROR})"])
def test_a_deny_that_cannot_be_told_denies(deny: str) -> None:
    """Failure mode 41: the other way round, for the same reason."""
    assert not under(TRUE, deny=deny).check(*PAY)


def test_a_deny_that_is_false_denies_nothing() -> None:
    assert under(TRUE, deny=FALSE).check(*PAY)
