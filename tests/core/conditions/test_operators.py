"""What each operator and function gives, and between which types it has a meaning."""

from datetime import UTC, datetime, timedelta

import pytest

from placet.conditions import FALSE, TRUE, Error, compile

FACTS = {
    "subject": {
        "type": "user",
        "id": "sam",
        "properties": {
            "level": 3,
            "ratio": 2.5,
            "big": 2**53 + 1,
            "nan": float("nan"),
            "active": True,
            "team": "páy",
            "nothing": None,
            "groups": ["ops", "qa", 1],
            "pair": ("ops", 1.0),
            "limits": {"eur": 100},
            "same": {"eur": 100.0},
        },
    },
    "context": {"at": datetime(2026, 1, 2, tzinfo=UTC), "waited": timedelta(minutes=90)},
    "now": datetime(2026, 1, 1, tzinfo=UTC),
}
S = "subject.properties"


@pytest.mark.parametrize(
    "text",
    [
        # equality: any two values; types differ, so they are unequal, but for int and double
        "1 == 1.0",
        "1 != 'a'",
        "1 != true",
        "0 != false",
        "null == null",
        "null != false",
        "'' != null",
        "'a' == \"a\"",
        "[1, 'a'] == [1.0, 'a']",
        "[1] != [1, 1]",
        "[] == []",
        f"{S}.limits == {S}.same",
        f"{S}.limits != {S}.groups",
        f"{S}.nan != {S}.nan",
        f"{S}.pair == ['ops', 1]",
        "0.0 == -0.0",
        # an int meets a double as a double
        f"{S}.big == 9007199254740992.0",
        "9223372036854775807 == 9223372036854775808.0",
        # order: within one type, and between numbers
        "1 < 2",
        "2 <= 2.0",
        "2.5 > 2",
        f"{S}.level >= 3",
        "'B' < 'a'",
        "'' < 'a'",
        "'\\uffff' < '\\U00010000'",
        "false < true",
        f"!({S}.nan < 1) && !({S}.nan >= 1)",
        "-1 < 0",
        # membership: elements of a list by equality, keys of a map
        "'ops' in subject.properties.groups",
        "1.0 in subject.properties.groups",
        "!('dev' in subject.properties.groups)",
        "'eur' in subject.properties.limits",
        "!('usd' in subject.properties.limits)",
        "!(1 in subject.properties.limits)",
        "subject.id in ['sam', 'ana']",
        "!(subject.properties.level in ['sam', 'ana'])",
        "!([] in [[1]])",
        "!(1 in [])",
        f"!({S}.nan in [{S}.nan])",
        # logic
        "true && true && true",
        "false || false || true",
        "!!true",
        "!!0 == 0",
        "true ? true : false",
        "false ? false : true",
        # functions
        "size('páy') == 3",
        "size(subject.properties.groups) == 3",
        "size(subject.properties.limits) == 1",
        "size([]) == 0",
        "has(subject.properties.team)",
        "has(subject.properties.nothing)",
        "!has(subject.properties.colour)",
        "subject.id.startsWith('sa')",
        "subject.id.endsWith('am')",
        "subject.id.contains('a')",
        "'abc'.contains('')",
        "!'abc'.startsWith('b')",
        # times
        "timestamp('2026-01-01T00:00:00Z') == now",
        "now < context.at",
        "context.at > timestamp('2026-01-01T23:59:59.999Z')",
        "context.waited == duration('1h30m')",
        "context.waited < duration('2h')",
        "timestamp(now) == now",
        "duration(context.waited) == context.waited",
        "now != context.waited",
    ],
)
def test_holds(text: str) -> None:
    assert compile(text).evaluate(FACTS) is TRUE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 < 'a'", "'<' has no meaning between int and string"),
        ("null < null", "'<' has no meaning between null and null"),
        ("[1] <= [2]", "'<=' has no meaning between list and list"),
        ("true > 0", "'>' has no meaning between bool and int"),
        ("now >= context.waited", "'>=' has no meaning between timestamp and duration"),
        ("'a' in 'abc'", "'in' has no meaning between string and string"),
        ("1 in null", "'in' has no meaning between int and null"),
        ("null in subject.properties.limits", "'in' has no meaning between null and map"),
        ("!1", "'!' takes a bool; this one is of type int"),
        ("true && 1", "'&&' takes bools; one here is of type int"),
        ("'' || false", "'||' takes bools; one here is of type string"),
        ("null ? true : false", "'?' takes a bool before it; this one is of type null"),
        ("size(1) == 1", "size() takes a string, a list or a map; this one is of type int"),
        ("subject.id.contains(1)", "contains() takes two strings, and these are string and int"),
        ("subject.properties.level.startsWith('3')", "these are int and string"),
        ("timestamp(subject.properties.level) == now", "takes a string; this one is of type int"),
        ("duration(subject.id) == context.waited", "write it as '1h30m'"),
        ("has(subject.properties.level.unit)", "has() asks for a key of a map"),
        ("subject.id", "the condition is of type string; it has to be true or false"),
        ("1", "the condition is of type int"),
    ],
)
def test_has_no_meaning(text: str, says: str) -> None:
    outcome = compile(text).evaluate(FACTS)
    assert isinstance(outcome, Error)
    assert says in outcome.text


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("true || true && false", "true || (true && false)"),
        ("false && true || true", "(false && true) || true"),
        ("!true || true", "(!true) || true"),
        ("1 < 2 == true", "(1 < 2) == true"),
        ("1 in [1] == true", "(1 in [1]) == true"),
        ("false == 1 in [1]", "(false == 1) in [1]"),
        ("true ? false : true ? true : false", "true ? false : (true ? true : false)"),
        ("true ? true : false || false", "true ? true : (false || false)"),
        ("false || true ? false : true", "(false || true) ? false : true"),
        ("!true == false", "(!true) == false"),
    ],
)
def test_binds_as_in_cel(text: str, grouped: str) -> None:
    assert compile(text).evaluate({}) == compile(grouped).evaluate({})


def test_an_error_says_where_in_the_condition_it_happened() -> None:
    outcome = compile("true &&\n  1 < 'a'").evaluate({})
    assert outcome == Error("at line 2, column 5: '<' has no meaning between int and string")


def test_no_value_is_true_but_true() -> None:
    for value in (1, "yes", [1], {"a": 1}, 1.0):
        assert compile("context.flag").evaluate({"context": {"flag": value}}) is not TRUE
    assert compile("context.flag").evaluate({"context": {"flag": True}}) is TRUE
    assert compile("context.flag").evaluate({"context": {"flag": False}}) is FALSE


@pytest.mark.parametrize("address", ["::ffff:10.0.0.1", "010.0.0.1", "10.0.0.1 ", "0a000001"])
def test_an_address_is_a_text_like_any_other(address: str) -> None:
    """Failure mode 5: there are no ranges, and no second way to write the same."""
    said = {"context": {"ip": address}}
    assert compile("context.ip == '10.0.0.1'").evaluate(said) is FALSE
    assert compile("context.ip in ['10.0.0.1', '10.0.0.2']").evaluate(said) is FALSE
