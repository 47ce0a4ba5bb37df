"""How answers are shown: in colour on a terminal, as plain text in a pipe, as JSON for machines.

Commands build lines, tables and trees; nothing here knows what they are about. Text that people
wrote (a justification, a comment) cannot move the cursor or forge a line: control characters are
shown as escapes.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

__all__ = [
    "Cell",
    "Line",
    "Node",
    "Part",
    "Table",
    "as_json",
    "json_asked",
    "json_wanted",
    "note",
    "plain",
    "safe",
    "show",
    "show_json",
    "write_rich",
]

Json = Any
_PLACE = "placet.json"


class Cell(NamedTuple):
    """A piece of text with a style of rich: "green", "bold red", or "" for none."""

    text: str
    style: str = ""


class Line(NamedTuple):
    """Pieces of text on one line."""

    cells: tuple[Cell, ...]

    @classmethod
    def of(cls, text: str, style: str = "") -> "Line":
        """A line of one piece."""
        return cls((Cell(text, style),))


class Node(NamedTuple):
    """A line with lines under it."""

    line: Line
    below: tuple["Node", ...] = ()


class Table(NamedTuple):
    """Rows under a heading; `empty` is said instead when there are none."""

    heading: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    empty: str


Part = Line | Node | Table


def json_wanted(context: click.Context, arguments: Sequence[str]) -> None:
    """Remember, for all commands under `context`, whether `--json` was on the command line."""
    context.meta[_PLACE] = "--json" in arguments


def json_asked(context: click.Context) -> bool:
    """Whether the command line asked for JSON."""
    return bool(context.meta.get(_PLACE))


def as_json() -> bool:
    """Whether the running command is to answer in JSON."""
    context = click.get_current_context(silent=True)
    return context is not None and json_asked(context)


def show(document: Json, parts: Iterable[Part]) -> None:
    """Write an answer to standard output: the document as JSON if asked for, else the parts."""
    if as_json():
        show_json(document)
        return
    if sys.stdout.isatty():
        write_rich(console(), parts)
        return
    for line in plain(parts):
        click.echo(line)


def show_json(document: Json) -> None:
    """Write one JSON document, indented, to standard output."""
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())


def note(text: str) -> None:
    """Say something about the answer on standard error; nothing where JSON was asked for."""
    if not as_json():
        click.echo(safe(text), err=True)


def console() -> "Console":
    """A rich console on standard output."""
    # Only here: rich takes longer to import than most commands take to run.
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False)


def write_rich(target: "Console", parts: Iterable[Part]) -> None:
    """Write the parts to a terminal."""
    from rich import box
    from rich.table import Table as RichTable

    for part in parts:
        if isinstance(part, Line):
            target.print(_rich(part), soft_wrap=True)
        elif isinstance(part, Node):
            target.print(_tree(part))
        elif not part.rows:
            target.print(part.empty, style="dim")
        else:
            table = RichTable(box=box.SIMPLE, pad_edge=False)
            for name in part.heading:
                table.add_column(name, overflow="fold")
            for row in part.rows:
                table.add_row(*(_rich(Line((cell,))) for cell in row))
            target.print(table)


def plain(parts: Iterable[Part]) -> Iterator[str]:
    r"""The parts as lines of text, without colour or box.

    >>> list(plain([Table(("ID", "STATUS"), [(Cell("7"), Cell("pending"))], "none")]))
    ['ID  STATUS', '7   pending']
    >>> list(plain([Line.of("a\x1b[2Jb")]))
    ['a\\x1b[2Jb']
    """
    for part in parts:
        if isinstance(part, Line):
            yield _text(part)
        elif isinstance(part, Node):
            yield from _indented(part, 0)
        elif not part.rows:
            yield part.empty
        else:
            texts = [part.heading, *(tuple(safe(cell.text) for cell in row) for row in part.rows)]
            widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
            for row in texts:
                padded = (text.ljust(width) for text, width in zip(row, widths, strict=True))
                yield "  ".join(padded).rstrip()


def safe(text: str) -> str:
    """The text with every character that a terminal would act on shown as an escape."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _text(line: Line) -> str:
    return "".join(safe(cell.text) for cell in line.cells)


def _indented(node: Node, depth: int) -> Iterator[str]:
    yield "  " * depth + _text(node.line)
    for child in node.below:
        yield from _indented(child, depth + 1)


def _rich(line: Line) -> Any:
    from rich.text import Text

    return Text.assemble(*((safe(cell.text), cell.style) for cell in line.cells))


def _tree(node: Node) -> "Tree":
    from rich.tree import Tree

    tree = Tree(_rich(node.line), guide_style="dim")
    for child in node.below:
        _grow(tree, child)
    return tree


def _grow(tree: "Tree", node: Node) -> None:
    branch = tree.add(_rich(node.line))
    for child in node.below:
        _grow(branch, child)
