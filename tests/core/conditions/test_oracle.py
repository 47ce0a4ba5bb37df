"""Conditions mean what Google's own CEL runtime says they mean.

Expressions of the subset are written at random, with facts for them; the answer here and there has
to be the same: true, false, or neither (a missing attribute, an error, a value that is no bool).
Seeded dice make many of them, always the same, and hypothesis fewer, which it shrinks.
"""

import os
import platform
import random
import sys
import sysconfig
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_conditions import SIGNS, Writer

from placet.conditions import FALSE, TRUE, Missing, Outcome, compile

HAS_WHEEL = (
    sys.implementation.name == "cpython"
    and sys.version_info < (3, 15)
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
    and (sys.platform != "linux" or platform.libc_ver()[0] == "glibc")
    and (sys.platform != "darwin" or platform.machine() == "arm64")
)
if HAS_WHEEL:
    from cel_expr_python import cel  # type: ignore[import-untyped]  # it has no types
else:
    cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python has no wheel here")

SOAK = os.environ.get("SOAK") == "1"
SEEDS = range(10) if SOAK else range(1)
COMPARED, SETS = 20_000, 5
"""So many different pairs of an expression and facts for each seed, so many to an expression."""
# The same examples on every run, and new ones in a soak.
shrinking = settings(
    max_examples=5_000 if SOAK else 200, deadline=None, derandomize=not SOAK, database=None
)
DICE = st.randoms(use_true_random=False)
ENVIRONMENT = cel.NewEnv(
    variables={
        "subject": cel.Type.DYN,
        "resource": cel.Type.DYN,
        "action": cel.Type.DYN,
        "context": cel.Type.DYN,
        "now": cel.Type.TIMESTAMP,
    }
)


class Pair:
    """One expression, compiled here and there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._here = compile(text)
        # Unchecked, as types are checked at run time here.
        self._there = ENVIRONMENT.compile(text, disable_check=True)

    def agree(self, facts: dict[str, Any]) -> Outcome:
        """The outcome here, once it is the one there."""
        outcome = self._here.evaluate(facts)
        here = True if outcome is TRUE else False if outcome is FALSE else None
        # An error is a value there, and truthy.
        value = self._there.eval(data=facts)
        there = value.value() is True if value.type() == cel.Type.BOOL else None
        assert here is there, f"{self._text} is {here} here and {there} there, given {facts}"
        return outcome


def _kind(outcome: Outcome) -> str:
    if outcome is TRUE or outcome is FALSE:
        return "true" if outcome is TRUE else "false"
    return "missing" if isinstance(outcome, Missing) else "error"


def _different(write: Callable[[], str]) -> Iterator[str]:
    """What is written, each text once, without end."""
    seen: set[str] = set()
    while True:
        text = write()
        if text not in seen:
            seen.add(text)
            yield text


@pytest.mark.parametrize("seed", SEEDS)
def test_an_expression_has_the_value_it_has_in_google_s_runtime(seed: int) -> None:
    """20,000 different pairs of an expression and facts, a tenth at least of each outcome."""
    dice = random.Random(seed)
    writer = Writer(dice)
    # Facts take longer to write than to read: a few hundred are dealt out again and again.
    pool = {repr(facts): facts for facts in (writer.facts() for _ in range(500))}
    names = sorted(pool)
    compared: set[tuple[str, str]] = set()
    outcomes: Counter[str] = Counter()
    for text in _different(writer.condition):
        pair = Pair(text)
        for name in dice.sample(names, SETS):
            outcomes[_kind(pair.agree(pool[name]))] += 1
            compared.add((text, name))
        if len(compared) >= COMPARED:
            break
    assert len(compared) == outcomes.total()
    for kind in ("true", "false", "missing", "error"):
        assert outcomes[kind] >= COMPARED / 10, outcomes


@pytest.mark.parametrize("seed", SEEDS)
def test_two_values_relate_as_in_google_s_runtime(seed: int) -> None:
    """5,000 pairs of values under every operator, a tenth at least of each outcome."""
    writer = Writer(random.Random(seed))
    relations = [Pair(f"context.x {sign} context.y") for sign in (*SIGNS, "in")]
    outcomes: Counter[str] = Counter()
    for _ in range(5_000):
        facts = {"context": {"x": writer.value(), "y": writer.value()}}
        outcomes.update(_kind(relation.agree(facts)) for relation in relations)
    for kind in ("true", "false", "error"):
        assert outcomes[kind] >= outcomes.total() / 10, outcomes


@shrinking
@given(dice=DICE)
def test_so_has_one_that_hypothesis_makes_as_small_as_it_can(dice: random.Random) -> None:
    writer = Writer(dice)
    Pair(writer.condition()).agree(writer.facts())


@shrinking
@given(dice=DICE, sign=st.sampled_from([*SIGNS, "in"]))
def test_so_do_two_that_hypothesis_makes_as_small_as_it_can(dice: random.Random, sign: str) -> None:
    writer = Writer(dice)
    values = {"x": writer.value(), "y": writer.value()}
    Pair(f"context.x {sign} context.y").agree({"context": values})
