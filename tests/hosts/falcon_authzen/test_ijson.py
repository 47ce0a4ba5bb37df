"""The short way to a body, for what is written without a blank, reads what the long way reads.

A blank behind a text leads the long way round, and changes nothing in what it means.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from placet.errors import Invalid
from placet_falcon.authzen.ijson import read_ijson

NAMES = some.sampled_from(("a", "b", "\\u0061", "ä", '\\"', "\\ud800", "\\ud83d\\ude00"))
NUMBERS = some.sampled_from(
    (
        "0", "-0", "-0.0", "1.0", "1e5", "1E5", "1e999", "1e-999", "0.1", "3.141592653589793",
        "9007199254740991", "9007199254740992", "999999999999999", "12345678901234567890", "01",
        "NaN", "Infinity", "-",
    )
)  # fmt: skip
STRINGS = NAMES.map(lambda name: f'"{name}"')
LEAVES = NUMBERS | STRINGS | some.sampled_from(("null", "true", "false", "nul", ""))
TEXTS = some.recursive(
    LEAVES,
    lambda inner: (
        some.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | some.lists(some.tuples(STRINGS, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)


def outcome(body: bytes) -> Any:
    """The value with the types in it, or that there is none."""
    try:
        return repr(read_ijson(body))
    except Invalid:
        return Invalid


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_both_ways_mean_the_same(text: str) -> None:
    body = text.encode()
    assert outcome(body) == outcome(body + b" ")


@given(body=some.binary(max_size=20))
def test_both_ways_refuse_the_same_bytes(body: bytes) -> None:
    assert outcome(body) == outcome(body + b" ")


@pytest.mark.parametrize("blank", [b"", b" "])
@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":9007199254740992}',
        b'{"a":"\\ud800"}',
        b'{"a":1e999}',
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b'{"a":"\xed\xa0\x80"}',
    ],
)
def test_what_means_different_things_to_others_is_refused_on_both(
    body: bytes, blank: bytes
) -> None:
    assert outcome(body + blank) is Invalid


@pytest.mark.parametrize("blank", [b"", b" "])
def test_what_is_just_deep_enough_is_read_on_both(blank: bytes) -> None:
    assert outcome(b'{"a":' * 64 + b"1" + b"}" * 64 + blank) is not Invalid
