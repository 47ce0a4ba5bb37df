"""Conditions mean what Google's own CEL runtime says they mean.

Hypothesis writes expressions of the subset and facts for them; the answer here and there has to be
the same: true, false, or neither (a missing attribute, an error, a value that is no bool). What the
subset leaves out on purpose is listed in docs/conditions.md and not written here.
"""

import os
import platform
import sys
import sysconfig
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from placet.conditions import FALSE, TRUE, compile

HAS_WHEEL = (
    sys.implementation.name == "cpython"
    and sys.version_info < (3, 15)
    and not sysconfig.get_config_var("Py_GIL_DISABLED")
    and (sys.platform != "linux" or platform.libc_ver()[0] == "glibc")
    and (sys.platform != "darwin" or platform.machine() == "arm64")
)
if HAS_WHEEL:
    from cel_expr_python import cel  # type: ignore[import-untyped]
else:
    cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python has no wheel here")

EXAMPLES = 20_000 if os.environ.get("SOAK") == "1" else 500
# The same examples on every run, and new ones in a soak.
QUIETLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 500,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
ENVIRONMENT = cel.NewEnv(
    variables={
        "subject": cel.Type.DYN,
        "resource": cel.Type.DYN,
        "action": cel.Type.DYN,
        "context": cel.Type.DYN,
        "now": cel.Type.TIMESTAMP,
    }
)

# Few letters, so that texts, keys and paths meet; some of more than one byte or UTF-16 unit.
LETTERS = "abé\U0001f600"
INTS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63 - 512]),
)
DOUBLES = st.one_of(
    st.sampled_from([-1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 2.0**53, 2.0**63, -(2.0**63), 1e300]),
    st.floats(allow_nan=True, allow_infinity=True),
)
TEXTS = st.text(LETTERS, max_size=3)
TIMESTAMPS = st.sampled_from(
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T01:00:00+01:00",
        "2026-01-01t00:00:00.000001z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59.9-00:01",
        "2025-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01",
    ]
)
DURATIONS = st.one_of(
    st.sampled_from(["0", "1h", "60m", "1.5h", "1h30m", "-1m", ".5s", "500ms", "+1us", "5.s"]),
    st.sampled_from(["-0", "1.000001s", "87660000h", "87660001h", "", "1d", "1", " 1h", "1h -1m"]),
    st.text("0123.hmsu-", max_size=6),
)
SCALARS = st.one_of(INTS, DOUBLES, TEXTS, st.booleans(), st.none())
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = st.sampled_from(["a", "b", "l", "é"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
# Keys of known types, so that most expressions have a value, and others that hold anything.
CONTEXT = {
    "n": st.one_of(INTS, DOUBLES),
    "i": st.integers(0, 2),
    "s": TEXTS,
    "list": st.lists(SCALARS, max_size=3),
    "map": st.dictionaries(KEYS, SCALARS, max_size=3),
    "t": TIMESTAMPS,
    "d": DURATIONS,
    "flag": st.booleans(),
    "any": VALUES,
}
FACTS = st.fixed_dictionaries(
    {
        "subject": st.builds(
            lambda properties: {"type": "user", "id": "a", "properties": properties},
            st.dictionaries(KEYS, VALUES, max_size=2),
        ),
        "resource": st.just({"type": "invoice", "id": "b", "properties": {}}),
        "action": st.just({"name": "pay", "properties": {"a": True, "l": ["a", 1]}}),
        "context": st.fixed_dictionaries(CONTEXT),
        "now": st.sampled_from([MIDNIGHT, MIDNIGHT + timedelta(microseconds=1)]),
    }
)


def quoted(text: str) -> str:
    return "'" + "".join(f"\\U{ord(letter):08x}" for letter in text) + "'"


def double(value: float) -> str:
    return repr(value) if value == value and abs(value) != float("inf") else "1e999"


def joined(*parts: str | SearchStrategy[str]) -> SearchStrategy[str]:
    texts = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*texts).map("".join)


INDEX = st.one_of(KEYS.map(quoted), st.sampled_from(["0", "1", "-1", "1.0", "context.i", "true"]))
STEP = st.one_of(st.sampled_from([".a", ".b", ".l"]), joined("[", INDEX, "]"))
PATH = st.one_of(
    joined(st.sampled_from(["context.any", "subject.properties", "action.properties"]), STEP),
    joined(st.sampled_from(["context.list", "context.map", "subject.properties.l"]), STEP),
    st.sampled_from(["context.any", "subject.id", "resource.properties", "context.absent"]),
)
NUMBER = st.one_of(INTS.map(str), DOUBLES.map(double), st.sampled_from(["context.n", "context.i"]))
TEXT = st.one_of(
    TEXTS.map(quoted), TEXTS.map(lambda text: f'r"{text}"'), st.sampled_from(["context.s"] * 2)
)
TIME = st.sampled_from(
    ["now", "timestamp(context.t)", "timestamp('2026-01-01T00:00:00Z')", "timestamp(now)"]
)
LENGTH = st.sampled_from(["duration(context.d)", "duration('1h')", "duration('-1.5m')"])
OTHER = st.sampled_from(["null", "context.flag", "context.list", "context.map", "[]", "true"])
ATOM = st.one_of(NUMBER, TEXT, PATH, OTHER, TIME, LENGTH)
LISTED = joined("[", st.lists(ATOM, max_size=3).map(", ".join), "]")
SIZED = joined("size(", st.one_of(TEXT, LISTED, PATH, OTHER), ")")
SIGN = st.sampled_from([" == ", " != ", " < ", " <= ", " > ", " >= "])
# Where an int and a double are close enough for rounding to show.
EDGES = st.sampled_from(
    ["9007199254740993", "9007199254740992.0", "9223372036854775807", "9223372036854775808.0"]
)
RELATION = st.one_of(
    joined(EDGES, SIGN, EDGES),
    joined(st.one_of(NUMBER, SIZED, PATH), SIGN, st.one_of(NUMBER, SIZED)),
    joined(st.one_of(TEXT, PATH), SIGN, TEXT),
    joined(TIME, SIGN, TIME),
    joined(LENGTH, SIGN, LENGTH),
    joined(ATOM, SIGN, ATOM),
    joined(st.one_of(LISTED, PATH), st.sampled_from([" == ", " != "]), st.one_of(LISTED, PATH)),
    joined(ATOM, " in ", LISTED),
    joined(ATOM, " in ", st.sampled_from(["context.list", "context.map", "context.any"])),
)
METHOD = st.sampled_from([".startsWith(", ".endsWith(", ".contains("])
LEAF = st.one_of(
    RELATION.map(lambda text: f"({text})"),
    joined("has(", st.sampled_from(["context.map", "context.any", "context.absent"]), ".a)"),
    joined(TEXT, METHOD, st.one_of(TEXT, PATH), ")"),
    st.sampled_from(["true", "false", "context.flag", "context.absent", "context.any"]),
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        joined("!", inner),
        # Without parentheses: precedence has to agree as well.
        joined(inner, " && ", inner),
        joined(inner, " || ", inner),
        joined("(", inner, " || ", inner, ")"),
        joined("(", inner, " ? ", inner, " : ", inner, ")"),
        joined("(", inner, " ? ", ATOM, " : ", ATOM, ")", SIGN, ATOM),
    ),
    max_leaves=6,
)


def here(text: str, facts: dict[str, Any]) -> str:
    outcome = compile(text).evaluate(facts)
    return "true" if outcome is TRUE else "false" if outcome is FALSE else "neither"


def there(text: str, facts: dict[str, Any]) -> str:
    # Unchecked, as types are checked at run time here; an error is a value there, and truthy.
    value = ENVIRONMENT.compile(text, disable_check=True).eval(data=facts)
    if value.type() != cel.Type.BOOL:
        return "neither"
    return "true" if value.value() is True else "false"


@QUIETLY
@given(text=CONDITION, facts=FACTS)
def test_an_expression_has_the_value_it_has_in_google_s_runtime(
    text: str, facts: dict[str, Any]
) -> None:
    assert here(text, facts) == there(text, facts)


@QUIETLY
@given(left=VALUES, right=VALUES, sign=st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in"]))
def test_two_values_relate_as_in_google_s_runtime(left: object, right: object, sign: str) -> None:
    facts: dict[str, Any] = {"context": {"x": left, "y": right}}
    text = f"context.x {sign} context.y"
    assert here(text, facts) == there(text, facts)
