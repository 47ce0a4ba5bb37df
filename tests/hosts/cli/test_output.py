"""One answer, three ways of showing it: on a terminal, in a pipe, for a machine."""

from collections.abc import Callable
from io import StringIO

import msgspec
from click.testing import Result
from rich.console import Console

from placet_cli.output import Cell, Line, Node, Part, Table, plain, write_rich

TABLE = Table(("ID", "STATUS"), [(Cell("7"), Cell("pending", "yellow"))], "nothing")
TREE = Node(Line.of("root"), (Node(Line.of("leaf")),))

Run = Callable[..., Result]


def terminal(*parts: Part) -> str:
    """What a person sees."""
    written = StringIO()
    console = Console(file=written, force_terminal=True, color_system="standard", markup=False)
    write_rich(console, parts)
    return written.getvalue()


def test_a_table_in_a_pipe_is_text_in_columns() -> None:
    assert list(plain([TABLE])) == ["ID  STATUS", "7   pending"]


def test_a_table_without_rows_says_so() -> None:
    assert list(plain([Table(("ID",), [], "no approvals")])) == ["no approvals"]


def test_a_tree_in_a_pipe_is_indented_text() -> None:
    assert list(plain([TREE])) == ["root", "  leaf"]


def test_a_terminal_gets_colour() -> None:
    assert "\x1b[33mpending" in terminal(TABLE)


def test_a_terminal_gets_the_lines_of_a_tree() -> None:
    assert "└── \x1b[0mleaf" in terminal(TREE)


def test_what_people_wrote_cannot_act_on_a_terminal() -> None:
    assert "\x1b[2J" not in terminal(Line.of("paid\x1b[2J"))


def test_what_people_wrote_cannot_forge_a_line() -> None:
    assert list(plain([Line.of("no\napproved")])) == ["no\\napproved"]


def test_what_people_wrote_is_no_markup() -> None:
    assert "[bold]x[/bold]" in terminal(Line.of("[bold]x[/bold]"))


def test_output_in_a_pipe_has_no_escapes(on_store: Run, pending: str) -> None:
    assert "\x1b" not in on_store("approvals", "list").stdout


def test_json_is_one_document_on_standard_output(on_store: Run, pending: str) -> None:
    assert msgspec.json.decode(on_store("approvals", "list", "--json").stdout)["next"] is None


def test_an_error_is_one_document_on_standard_error(on_store: Run) -> None:
    ended = on_store("approvals", "explain", "none", "--json")
    assert (ended.stdout, msgspec.json.decode(ended.stderr)["error"]["code"]) == ("", "not_found")


def test_a_wrong_command_line_is_one_document_as_well(run: Run) -> None:
    ended = run("check", "user:sam", "--json")
    assert msgspec.json.decode(ended.stderr)["error"]["code"] == "usage"
