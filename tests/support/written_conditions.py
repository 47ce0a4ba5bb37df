"""Conditions of the subset and facts for them, written at random, for differential tests.

What the subset leaves out on purpose is listed in docs/conditions.md and not written here. The
dice are a `random.Random`: a seeded one is fast, and hypothesis has one that shrinks.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

__all__ = ["SIGNS", "Writer"]

T = TypeVar("T")

# Few letters, so that texts, keys and paths meet; some of more than one byte or UTF-16 unit.
LETTERS = "abé\U0001f600"
KEYS = ("a", "b", "l", "é")
EDGES = (2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63 - 512)
DOUBLES = (-1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 2.0**53, 2.0**63, -(2.0**63), 1e300)
ODD_DOUBLES = (float("nan"), float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308)
TIMESTAMPS = (
    "2026-01-01T00:00:00Z",
    "2026-01-01T01:00:00+01:00",
    "2026-01-01t00:00:00.000001z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.9-00:01",
    "2025-02-29T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01",
)
DURATIONS = (
    "0", "1h", "60m", "1.5h", "1h30m", "-1m", ".5s", "500ms", "+1us", "5.s",
    "-0", "1.000001s", "87660000h", "87660001h", "", "1d", "1", " 1h", "1h -1m",
)  # fmt: skip
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)
SIGNS = ("==", "!=", "<", "<=", ">", ">=")
# Where an int and a double are close enough for rounding to show.
CLOSE = (
    "9007199254740993", "9007199254740992.0", "9223372036854775807", "9223372036854775808.0"
)  # fmt: skip


def quoted(text: str) -> str:
    return "'" + "".join(f"\\U{ord(letter):08x}" for letter in text) + "'"


def double(value: float) -> str:
    return repr(value) if value == value and abs(value) != float("inf") else "1e999"


class Writer:
    """Writes whatever the dice say."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def facts(self) -> dict[str, Any]:
        """Facts with keys of known types, so that most conditions have a value, and any others."""
        return {
            "subject": {
                "type": "user",
                "id": "a",
                "properties": {key: self.value() for key in self._some(KEYS, 2)},
            },
            "resource": {"type": "invoice", "id": "b", "properties": {}},
            "action": {"name": "pay", "properties": {"a": True, "l": ["a", 1]}},
            "context": {
                "n": self._one_of(self._int, self._double),
                "i": self._dice.randint(0, 2),
                "s": self._text(),
                "list": self._several(self._scalar, 3),
                "map": {key: self._scalar() for key in self._some(KEYS, 3)},
                "t": self._dice.choice(TIMESTAMPS),
                "d": self._duration(),
                "flag": self._maybe(0.5),
                "any": self.value(),
            },
            "now": MIDNIGHT + timedelta(microseconds=self._dice.randint(0, 1)),
        }

    def value(self, depth: int = 2) -> object:
        """Any value that facts may hold."""
        if depth == 0 or self._maybe(0.6):
            return self._scalar()
        if self._maybe(0.5):
            return self._several(lambda: self.value(depth - 1), 3)
        return {key: self.value(depth - 1) for key in self._some(KEYS, 3)}

    def condition(self, depth: int = 3) -> str:
        """A condition, with operators in it up to a depth."""
        if depth == 0 or self._maybe(0.4):
            return self._leaf()
        inner = [self.condition(depth - 1) for _ in range(2)]
        return self._one_of(
            lambda: f"!{inner[0]}",
            # Without parentheses: precedence has to agree as well.
            lambda: f"{inner[0]} && {inner[1]}",
            lambda: f"{inner[0]} || {inner[1]}",
            lambda: f"({inner[0]} || {inner[1]})",
            lambda: f"({inner[0]} ? {inner[1]} : {self.condition(depth - 1)})",
            lambda: f"({inner[0]} ? {self._atom()} : {self._atom()}){self._sign()}{self._atom()}",
        )

    def _leaf(self) -> str:
        return self._one_of(
            lambda: f"({self._relation()})",
            lambda: f"({self._relation()})",
            lambda: f"({self._relation()})",
            lambda: f"has({self._pick('context.map', 'context.any', 'context.absent')}.a)",
            lambda: f"{self._string()}{self._method()}{self._one_of(self._string, self._path)})",
            lambda: self._pick("true", "false", "context.flag", "context.absent", "context.any"),
        )

    def _relation(self) -> str:
        one_of, sign = self._one_of, self._sign
        equal = self._pick(" == ", " != ")
        return one_of(
            lambda: self._pick(*CLOSE) + sign() + self._pick(*CLOSE),
            lambda: (
                one_of(self._number, self._sized, self._path)
                + sign()
                + one_of(self._number, self._sized)
            ),
            lambda: one_of(self._string, self._path) + sign() + self._string(),
            lambda: self._time() + sign() + self._time(),
            lambda: self._length() + sign() + self._length(),
            lambda: self._atom() + sign() + self._atom(),
            lambda: one_of(self._listed, self._path) + equal + one_of(self._listed, self._path),
            lambda: f"{self._atom()} in {self._listed()}",
            lambda: f"{self._atom()} in {self._pick('context.list', 'context.map', 'context.any')}",
        )

    def _atom(self) -> str:
        return self._one_of(
            self._number, self._string, self._path, self._other, self._time, self._length
        )

    def _number(self) -> str:
        return self._one_of(
            lambda: str(self._int()),
            lambda: double(self._double()),
            lambda: self._pick("context.n", "context.i"),
        )

    def _string(self) -> str:
        return self._one_of(
            lambda: quoted(self._text()), lambda: f'r"{self._text()}"', lambda: "context.s"
        )

    def _path(self) -> str:
        return self._one_of(
            lambda: (
                self._pick("context.any", "subject.properties", "action.properties") + self._step()
            ),
            lambda: (
                self._pick("context.list", "context.map", "subject.properties.l") + self._step()
            ),
            lambda: self._pick(
                "context.any", "subject.id", "resource.properties", "context.absent"
            ),
        )

    def _step(self) -> str:
        if self._maybe(0.5):
            return self._pick(".a", ".b", ".l")
        if self._maybe(0.5):
            return f"[{quoted(self._dice.choice(KEYS))}]"
        return f"[{self._pick('0', '1', '-1', '1.0', 'context.i', 'true')}]"

    def _other(self) -> str:
        return self._pick("null", "context.flag", "context.list", "context.map", "[]", "true")

    def _time(self) -> str:
        return self._pick(
            "now", "timestamp(context.t)", "timestamp('2026-01-01T00:00:00Z')", "timestamp(now)"
        )

    def _length(self) -> str:
        return self._pick("duration(context.d)", "duration('1h')", "duration('-1.5m')")

    def _listed(self) -> str:
        return f"[{', '.join(self._several(self._atom, 3))}]"

    def _sized(self) -> str:
        return f"size({self._one_of(self._string, self._listed, self._path, self._other)})"

    def _sign(self) -> str:
        return f" {self._dice.choice(SIGNS)} "

    def _method(self) -> str:
        return self._pick(".startsWith(", ".endsWith(", ".contains(")

    def _scalar(self) -> object:
        return self._one_of(
            self._int, self._double, self._text, lambda: self._maybe(0.5), lambda: None
        )

    def _int(self) -> int:
        return self._dice.randint(-3, 3) if self._maybe(0.7) else self._dice.choice(EDGES)

    def _double(self) -> float:
        if self._maybe(0.6):
            return self._dice.choice(DOUBLES)
        if self._maybe(0.5):
            return self._dice.choice(ODD_DOUBLES)
        return self._dice.uniform(-4.0, 4.0)

    def _text(self) -> str:
        return "".join(self._several(lambda: self._dice.choice(LETTERS), 3))

    def _duration(self) -> str:
        if self._maybe(0.6):
            return self._dice.choice(DURATIONS)
        return "".join(self._several(lambda: self._dice.choice("0123.hmsu-"), 6))

    def _maybe(self, chance: float) -> bool:
        return self._dice.random() < chance

    def _pick(self, *texts: str) -> str:
        return self._dice.choice(texts)

    def _one_of(self, *writes: Callable[[], T]) -> T:
        return self._dice.choice(writes)()

    def _several(self, write: Callable[[], T], most: int) -> list[T]:
        return [write() for _ in range(self._dice.randint(0, most))]

    def _some(self, values: Sequence[str], most: int) -> list[str]:
        return self._dice.sample(values, self._dice.randint(0, most))
