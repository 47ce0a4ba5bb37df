"""When a condition is missing something, when it is an error, and when neither matters."""

import pytest

from placet.conditions import FALSE, TRUE, Decided, Error, Missing, Outcome, compile


def ask(text: str) -> Outcome:
    return compile(text).evaluate({"context": {"yes": True, "no": False, "m": {}, "l": [{}]}})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("context.a", ("context.a",)),
        ("context.a == 1", ("context.a",)),
        ("1 == context.a", ("context.a",)),
        ("context.a.b.c == 1", ("context.a",)),
        ("context.m.b.c == 1", ("context.m.b",)),
        ("context['a b'] == 1", ("context['a b']",)),
        ("context.m[context.a] == 1", ("context.a",)),
        ("context.l[0].a == 1", ("context.l[0].a",)),
        ("!context.a", ("context.a",)),
        ("context.a ? true : true", ("context.a",)),
        ("context.yes ? context.a : true", ("context.a",)),
        ("size(context.a) == 1", ("context.a",)),
        ("context.a.startsWith('x')", ("context.a",)),
        ("timestamp(context.a) == timestamp(context.b)", ("context.a", "context.b")),
        ("1 in [1, context.a, context.b]", ("context.a", "context.b")),
        ("context.a in context.b", ("context.a", "context.b")),
        ("context.a < context.b", ("context.a", "context.b")),
        ("context.a == context.a", ("context.a",)),
        ("context.a && context.b", ("context.a", "context.b")),
        ("context.a || context.b || context.a", ("context.a", "context.b")),
        ("has(context.a.b)", ("context.a",)),
    ],
)
def test_an_absent_key_that_decides_is_missing(text: str, names: tuple[str, ...]) -> None:
    assert ask(text) == Missing(names)


@pytest.mark.parametrize("undecided", ["context.a", "(1 < 'a')", "1", "context.l[7]"])
def test_a_decided_side_absorbs_an_undecided_one(undecided: str) -> None:
    assert ask(f"{undecided} && context.no") is FALSE
    assert ask(f"context.no && {undecided}") is FALSE
    assert ask(f"{undecided} || context.yes") is TRUE
    assert ask(f"context.yes || {undecided}") is TRUE
    assert ask(f"context.yes && {undecided} && context.no") is FALSE


@pytest.mark.parametrize("undecided", ["context.a", "(1 < 'a')", "1", "context.l[7]"])
def test_an_undecided_side_stays_where_the_other_does_not_decide(undecided: str) -> None:
    """Failure mode 41."""
    assert not isinstance(ask(f"{undecided} && context.yes"), Decided)
    assert not isinstance(ask(f"context.yes && {undecided}"), Decided)
    assert not isinstance(ask(f"{undecided} || context.no"), Decided)
    assert not isinstance(ask(f"context.no || {undecided}"), Decided)


def test_the_branch_not_taken_does_not_count() -> None:
    assert ask("context.yes ? true : context.a") is TRUE
    assert ask("context.no ? 1 < 'a' : false") is FALSE


def test_has_answers_for_its_last_step_alone() -> None:
    assert ask("has(context.a)") is FALSE
    assert ask("has(context.a) && context.a == 1") is FALSE
    assert ask("has(context.m.a)") is FALSE


def test_missing_wins_over_an_error_beside_it() -> None:
    assert ask("1 < 'a' && context.a") == Missing(("context.a",))
    assert ask("(1 < 'a') == context.a") == Missing(("context.a",))
    assert ask("context.a == (1 < 'a')") == Missing(("context.a",))


def test_of_two_errors_the_first_is_told() -> None:
    outcome = ask("1 < 'a' && !1")
    assert isinstance(outcome, Error)
    assert "'<'" in outcome.text


def test_an_absent_element_of_a_list_is_an_error() -> None:
    assert isinstance(ask("context.l[7] == 1"), Error)


@pytest.mark.parametrize("outcome", [TRUE, FALSE, Missing(("a",)), Error("a")])
def test_no_outcome_can_be_taken_for_a_yes(outcome: Outcome) -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(outcome)


def test_a_condition_keeps_its_text_and_no_answers() -> None:
    condition = compile("context.a == 1")
    assert condition.text == "context.a == 1"
    assert condition.evaluate({"context": {"a": 1}}) is TRUE
    assert condition.evaluate({"context": {"a": 2}}) is FALSE
    assert condition.evaluate({"context": {}}) == Missing(("context.a",))


def test_conditions_of_one_text_are_equal() -> None:
    assert compile("context.a") == compile("context.a")
    assert compile("context.a") != compile("context.b")
