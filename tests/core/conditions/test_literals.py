"""How values are written in a condition: numbers, strings with CEL's escapes, lists, comments."""

import pytest

from placet.conditions import TRUE, compile


def means(literal: str, value: object) -> bool:
    return compile(f"{literal} == context.value").evaluate({"context": {"value": value}}) is TRUE


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("0", 0),
        ("007", 7),
        ("-1", -1),
        ("- 1", -1),
        ("0x1F", 31),
        ("-0x8000000000000000", -(2**63)),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-2.5e-1", -0.25),
        ("1e3", 1000.0),
        ("1E+2", 100.0),
        ("1e400", float("inf")),
    ],
)
def test_a_number_is_written(literal: str, value: float) -> None:
    assert means(literal, value)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'it is'", "it is"),
        ('"it\'s"', "it's"),
        (r"'a\nb\t\r\a\b\f\v'", "a\nb\t\r\a\b\f\v"),
        (r"'\\ \' \" \? \`'", "\\ ' \" ? `"),
        (r"'\x41\X42\u0043\U00000044\105'", "ABCDE"),
        (r"'\u00e9\377'", "éÿ"),
        (r"r'a\n\d'", r"a\n\d"),
        (r'R"\"', "\\"),
        ("'''it's\n\"so\"'''", 'it\'s\n"so"'),
        ('"""a"b"""', 'a"b'),
        ("r'''a\\\nb'''", "a\\\nb"),
        ("'''a\r\nb'''", "a\nb"),
        ("''", ""),
        ("''''''", ""),
        ("'// no comment'", "// no comment"),
    ],
)
def test_a_string_is_written(literal: str, value: str) -> None:
    assert means(literal, value)


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("[]", []),
        ("[1, 'a', [true]]", [1, "a", [True]]),
        ("[1, 2,]", [1, 2]),
        ("[context.value[0]]", [5]),
    ],
)
def test_a_constant_or_a_list_is_written(literal: str, value: object) -> None:
    assert means(literal, value)


def test_blanks_lines_and_comments_do_not_matter() -> None:
    text = "\ttrue // the first line\r\n  &&\f// and\n true//"
    assert compile(text).evaluate({}) is TRUE
