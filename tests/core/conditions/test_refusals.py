"""What is not in the language is refused when it is compiled: where it stands, what is right."""

import pytest

from placet.conditions import compile
from placet.errors import Invalid


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        # names
        ("ressource.id == 'a'", (1, 1), "no name 'ressource', did you mean 'resource'?"),
        ("user.id == 'a'", (1, 1), "there are subject, resource, action, context and now"),
        ("true && foo", (1, 9), "there is no name 'foo'"),
        ("subject.team == 'a'", (1, 9), "subject has type, id and properties"),
        ("resource['owner'] == 'a'", (1, 10), "write resource.properties for the rest"),
        ("action.id == 'a'", (1, 8), "action has name and properties"),
        ("has(subject.team)", (1, 13), "subject has type, id and properties"),
        (".subject.id == 'a'", (1, 1), "'.' stands where a value should be"),
        # operators
        ("1 + 1 == 2", (1, 3), "'+' is arithmetic"),
        ("now - now == now", (1, 5), "'-' is arithmetic"),
        ("2 * 1 == 2", (1, 3), "'*' is arithmetic"),
        ("2 / 1 == 2", (1, 3), "'/' is arithmetic"),
        ("2 % 1 == 2", (1, 3), "'%' is arithmetic"),
        ("+1 == 1", (1, 1), "'+' is arithmetic"),
        ("-context.a == 1", (1, 1), "'-' goes before a number alone"),
        ("--1 == 1", (1, 1), "'-' goes before a number alone"),
        ("context.a = 1", (1, 11), "'=' is no operator; write '=='"),
        ("true & true", (1, 6), "write '&&'"),
        ("true | true", (1, 6), "write '||'"),
        ("true and true", (1, 6), "'and' is no operator; write '&&'"),
        ("true or true", (1, 6), "write '||'"),
        ("not true", (1, 1), "'not' is no operator; write '!'"),
        ("true ? true", (1, 12), "it ends where ':' should be"),
        ("true ? true ? 1 : 2 : 3", (1, 13), "'?' stands where ':' should be"),
        # calls
        ("all(1)", (1, 1), "there is no function 'all'"),
        ("context.l.exists(x, x == 1)", (1, 11), "'exists' is a macro, and the language has none"),
        ("subject.id.matches('a.*')", (1, 12), "there are no regular expressions"),
        ("subject.id.startswith('a')", (1, 12), "did you mean 'startsWith'?"),
        ("subject.id.size() == 1", (1, 12), "write size(...) around the value"),
        ("contains(subject.id, 'a')", (1, 1), "write text.contains(part)"),
        ("int('1') == 1", (1, 1), "there is no function 'int'"),
        ("timestmp('a') == now", (1, 1), "did you mean 'timestamp'?"),
        ("size() == 1", (1, 1), "size() takes one argument, not 0"),
        ("size(1, 2) == 1", (1, 1), "size() takes one argument, not 2"),
        ("'a'.contains('a', 'b')", (1, 5), "contains() takes one argument, not 2"),
        ("has(subject)", (1, 5), "has() asks for a key after a dot"),
        ("has(context['a'])", (1, 5), "has() asks for a key after a dot"),
        ("has('a')", (1, 5), "has() asks for a key after a dot"),
        ("now < timestamp('tomorrow')", (1, 17), "such as '2026-01-31T12:00:00Z'"),
        ("now < timestamp(1)", (1, 17), "timestamp() takes a text"),
        ("context.d < duration('1d')", (1, 22), "such as '1h30m'"),
        # selections
        ("[1, 2][0] == 1", (1, 8), "a selection starts at a name"),
        ("(true ? subject : resource).id == 'a'", (1, 29), "a selection starts at a name"),
        ("'abc'[0] == 'a'", (1, 7), "a selection starts at a name"),
        ("context.in == 1", (1, 9), "write ['in'] for the key"),
        ("context.true == 1", (1, 9), "write ['true'] for the key"),
        ("context. == 1", (1, 10), "'==' stands where a name should be"),
        ("context.'a' == 1", (1, 9), "a string stands where a name should be"),
        ("context[] == 1", (1, 9), "']' stands where a value should be"),
        ("context[1 == 1", (1, 15), "it ends where ']' should be"),
        # literals
        ("9223372036854775808 == 1", (1, 1), "the int is out of range"),
        ("1 == -9223372036854775809", (1, 6), "the int is out of range"),
        ("0xFFFFFFFFFFFFFFFF == 1", (1, 1), "the int is out of range"),
        ("1u == 1", (1, 2), "unsigned ints are not in the language"),
        ("1_000 == 1", (1, 2), "a number runs into a name"),
        ("1. == 1", (1, 4), "'==' stands where a name should be"),
        ("b'a' == 1", (1, 1), "bytes are not in the language"),
        ("{'a': 1} == 1", (1, 1), "a map cannot be written in a condition"),
        ("[,] == 1", (1, 2), "',' stands where a value should be"),
        ("[1 2] == 1", (1, 4), "'2' stands where ',' should be"),
        ("'a == 1", (1, 1), "the string is not closed; end it with '"),
        ("'''a' == 1", (1, 1), "end it with '''"),
        ("'a\nb' == 1", (1, 3), "a string ends on its own line"),
        (r"'a\q' == 1", (1, 3), "begins no escape"),
        (r"'\400' == 1", (1, 2), "begins no escape"),
        (r"'\ud800' == 1", (1, 2), "is not a character"),
        (r"'\U00110000' == 1", (1, 2), "is not a character"),
        ("'\ud800' == 1", (1, 2), "half of a surrogate pair"),
        # the whole
        ("", (1, 1), "it ends where a value should be"),
        ("  // nothing", (1, 13), "it ends where a value should be"),
        ("true true", (1, 6), "'true' stands where an operator or the end should be"),
        ("true)", (1, 5), "')' stands where an operator or the end should be"),
        ("(true", (1, 6), "it ends where ')' should be"),
        ("()", (1, 2), "')' stands where a value should be"),
        ("true; false", (1, 5), "';' stands where"),
        ("true &&\n  !flag", (2, 4), "there is no name 'flag'"),
        ("true &&", (1, 8), "it ends where a value should be"),
        ("\u00a0true", (1, 1), "stands where a value should be"),
    ],
)
def test_is_refused(text: str, where: tuple[int, int], says: str) -> None:
    with pytest.raises(Invalid) as refusal:
        compile(text)
    line, column = where
    assert f"at line {line}, column {column}: " in refusal.value.message
    assert says in refusal.value.message


def test_a_refusal_carries_its_place_as_a_problem() -> None:
    with pytest.raises(Invalid) as refusal:
        compile("true &&\n  !flag")
    (problem,) = refusal.value.problems
    assert problem.path == "line 2, column 4"
    assert problem.message.startswith("there is no name 'flag'")


def test_a_condition_is_text() -> None:
    with pytest.raises(Invalid, match="a condition is text, not a bool"):
        compile(True)  # type: ignore[arg-type]
