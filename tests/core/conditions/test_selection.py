"""Which part of the facts a path names, and what Python values may stand there."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from placet.conditions import FALSE, TRUE, Error, Missing, Outcome, compile


def ask(text: str, **context: object) -> Outcome:
    return compile(text).evaluate({"context": context})


def failure(text: str, **context: object) -> str:
    outcome = ask(text, **context)
    assert isinstance(outcome, Error)
    return outcome.text


def test_a_dot_and_brackets_name_the_same_key() -> None:
    assert ask("context.a.b == context['a']['b']", a={"b": 1}) is TRUE


def test_brackets_name_keys_that_a_dot_cannot() -> None:
    assert ask("context['cost-centre'] == 7", **{"cost-centre": 7}) is TRUE


def test_a_key_may_be_a_reserved_word_of_cel() -> None:
    assert ask("context.package == 7", package=7) is TRUE


def test_a_key_may_come_from_the_facts() -> None:
    assert ask("context.owners[context.team] == 'ana'", owners={"x": "ana"}, team="x") is TRUE


def test_parentheses_do_not_end_a_path() -> None:
    assert ask("((context).a).b == 1", a={"b": 1}) is TRUE


def test_long_paths_are_followed_to_the_end() -> None:
    assert ask("context.a.b.c.d.e == 1", a={"b": {"c": {"d": {"e": 1}}}}) is TRUE


def test_lists_and_tuples_count_from_zero() -> None:
    assert ask("context.l[0] == 'a' && context.l[1] == 'b'", l=("a", "b")) is TRUE


def test_a_double_without_a_fraction_is_an_index() -> None:
    assert ask("context.l[1.0] == 'b'", l=["a", "b"]) is TRUE


@pytest.mark.parametrize("index", ["2", "-1", "1e300"])
def test_an_index_beyond_a_list_is_an_error(index: str) -> None:
    assert "beyond the ends of the list context.l" in failure(f"context.l[{index}] == 1", l=[1, 2])


@pytest.mark.parametrize("index", ["'a'", "true", "0.5", "null", "context.nan"])
def test_an_index_of_another_type_is_an_error(index: str) -> None:
    assert "whose index is an int" in failure(f"context.l[{index}] == 1", l=[1], nan=float("nan"))


def test_a_list_has_no_keys() -> None:
    assert "whose index is an int" in failure("context.l.first == 1", l=[1])


@pytest.mark.parametrize("key", ["1", "true", "1.0", "null", "[]"])
def test_the_keys_of_a_map_are_strings(key: str) -> None:
    assert "the keys of context.m are strings" in failure(f"context.m[{key}] == 1", m={"1": 1})


@pytest.mark.parametrize("value", [None, 1, "text", True, 1.5, timedelta(1)])
def test_nothing_can_be_selected_from_a_single_value(value: object) -> None:
    assert "nothing can be selected" in failure("context.v.x == 1", v=value)


def test_a_key_that_holds_null_is_there() -> None:
    assert ask("context.v == null && has(context.v)", v=None) is TRUE


def test_any_mapping_is_a_map() -> None:
    frozen: Mapping[str, object] = MappingProxyType({"a": 1})
    assert ask("context.m.a == 1 && 'a' in context.m && size(context.m) == 1", m=frozen) is TRUE


def test_a_text_enum_is_a_string() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert ask("context.c == 'red' && context.c in ['red']", c=Colour.RED) is TRUE


@pytest.mark.parametrize("value", [Decimal(1), b"a", {1, 2}, object(), 2**63, -(2**63) - 1])
def test_a_value_without_a_type_in_the_language_is_an_error_where_it_is_used(value: object) -> None:
    assert failure("context.v == 1", v=value)
    assert failure("context.v", v=value)
    assert ask("context.v == 1 || context.w", v=value, w=True) is TRUE


def test_a_datetime_without_a_time_zone_is_an_error() -> None:
    moment = datetime(2026, 1, 1)  # noqa: DTZ001  # what the test is about
    assert "no time zone" in failure("context.t == context.t", t=moment)


def test_moments_are_compared_as_moments_whatever_their_zone() -> None:
    there = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert ask("context.a == context.b", a=there, b=datetime(2026, 1, 1, tzinfo=UTC)) is TRUE


def test_the_repeated_hour_of_autumn_keeps_its_order() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 40, tzinfo=berlin)
    second = datetime(2026, 10, 25, 2, 20, fold=1, tzinfo=berlin)
    assert ask("context.a < context.b", a=first, b=second) is TRUE
    assert ask("context.a == context.b", a=first, b=first.replace(fold=1)) is FALSE


def test_facts_too_deep_to_compare_are_an_error_not_a_crash() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert "too deeply" in failure("context.a == context.b", a=deep, b=[deep])
    while deep:  # taken apart by hand, as tearing it down would also recurse
        deep = deep.pop()  # type: ignore[assignment]


def test_only_what_is_used_is_looked_at() -> None:
    assert ask("context.a == 1", a=1, b=object()) is TRUE


def test_an_absent_root_is_missing() -> None:
    assert compile("subject.id == 'a'").evaluate({}) == Missing(("subject",))
    assert compile("now == now").evaluate({}) == Missing(("now",))
