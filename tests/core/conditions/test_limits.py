"""The hard limits on a condition: 4 KiB of text, 32 levels, 500 nodes."""

import pytest

from placet.conditions import MAX_BYTES, MAX_DEPTH, MAX_NODES, TRUE, compile
from placet.errors import Invalid


def test_the_limits_are_those_of_the_design() -> None:
    assert (MAX_BYTES, MAX_DEPTH, MAX_NODES) == (4096, 32, 500)


def test_a_text_of_4_kib_compiles_and_one_byte_more_does_not() -> None:
    assert compile("true".ljust(MAX_BYTES)).evaluate({}) is TRUE
    with pytest.raises(Invalid, match="it is 4097 bytes long; 4096 is the most"):
        compile("true".ljust(MAX_BYTES + 1))


def test_the_size_is_counted_in_bytes() -> None:
    with pytest.raises(Invalid, match="bytes long"):
        compile("'" + "é" * (MAX_BYTES // 2) + "' == ''")


@pytest.mark.parametrize(
    ("opening", "inner", "closing", "levels"),
    [
        ("(", "true", ")", MAX_DEPTH - 1),
        ("!(", "true", ")", MAX_DEPTH - 1),
        ("", "true", " == true", MAX_DEPTH - 1),
        ("true ? true : ", "true", "", MAX_DEPTH - 1),
        ("size([", "1", "]) == 1", (MAX_DEPTH - 2) // 3),
    ],
)
def test_nesting_ends_at_32_levels(opening: str, inner: str, closing: str, levels: int) -> None:
    compile(opening * levels + inner + closing * levels)
    with pytest.raises(Invalid, match="nests more than 32 levels deep"):
        compile(opening * (levels + 1) + inner + closing * (levels + 1))


@pytest.mark.parametrize("text", ["(" * 4000, "[" * 4000, "!" * 4000, "context[" * 500])
def test_nesting_without_end_is_refused_in_time(text: str) -> None:
    with pytest.raises(Invalid):
        compile(text)


def test_a_long_chain_is_one_level() -> None:
    assert compile(" && ".join(["true"] * 400)).evaluate({}) is TRUE
    assert compile(" || ".join(["true"] * 400)).evaluate({}) is TRUE


def test_nodes_end_at_500() -> None:
    # A list is a node, an entry another, `in` and its left side two more.
    compile("1 in [" + ",".join(["1"] * (MAX_NODES - 3)) + "]")
    with pytest.raises(Invalid, match="it has more than 500 parts"):
        compile("1 in [" + ",".join(["1"] * (MAX_NODES - 2)) + "]")


def test_every_step_of_a_path_counts() -> None:
    with pytest.raises(Invalid, match="it has more than 500 parts"):
        compile("context" + ".a" * MAX_NODES)


def test_missing_parts_are_named_in_linear_time() -> None:
    text = "context.a == " + "(context.b == " * 25 + "context.c" + ")" * 25
    names = getattr(compile(text).evaluate({"context": {}}), "names", ())
    assert names == ("context.a", "context.b", "context.c")
