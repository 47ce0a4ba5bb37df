"""The tree of a condition: frozen nodes, made by the parser and read by the compiler.

Every node knows where it stands in the text (`at`, an offset in characters) and how many levels
it spans (`depth`), because the parser limits both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

__all__ = [
    "Call",
    "Choice",
    "Compare",
    "Comparison",
    "Constant",
    "Has",
    "ListOf",
    "Logic",
    "Node",
    "Not",
    "Path",
    "Position",
    "Step",
    "locate",
]

Comparison = OneOf["==", "!=", "<", "<=", ">", ">=", "in"]
Scalar: TypeAlias = str | int | float | bool | datetime | timedelta | None


class Position(NamedTuple):
    """Where something stands in the text, counted from 1.

    >>> str(Position(1, 5))
    'line 1, column 5'
    """

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


def locate(text: str, at: int) -> Position:
    """The line and column of offset `at`.

    >>> locate("true &&\\n  false", 10)
    Position(line=2, column=3)
    """
    start = text.rfind("\n", 0, at) + 1
    return Position(text.count("\n", 0, at) + 1, at - start + 1)


@dataclass(frozen=True, slots=True)
class Node:
    """What every node has: the offset of its first character (an operator's own), its levels."""

    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A literal, or a timestamp or duration whose text is a literal."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """A list literal."""

    items: tuple[Node, ...]


Step: TypeAlias = str | int | Node


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A root name and the selections after it: a key, an index, or an expression that gives one.

    `dotted` says that the last of them was written after a dot.
    """

    root: str
    steps: tuple[Step, ...]
    dotted: bool


@dataclass(frozen=True, slots=True)
class Has(Node):
    """Whether the last step of `path`, always a key, is there."""

    path: Path
    key: str


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`!operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """A whole chain of `&&`, decided by the first false, or of `||`, decided by the first true."""

    decisive: bool
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """Two operands, both of which are needed."""

    operator: Comparison
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`test ? yes : no`."""

    test: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function, or a method whose receiver is the first argument."""

    name: str
    arguments: tuple[Node, ...]
