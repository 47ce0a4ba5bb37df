"""Exit codes mean the same for every command, and an error is a sentence, not a traceback."""

from collections.abc import Callable

import pytest
from click.testing import Result

from placet.errors import (
    AccessDenied,
    AlreadyExists,
    ApprovalRequired,
    Conflict,
    Corrupt,
    Invalid,
    InvalidState,
    NotFound,
    PlacetError,
    Problem,
    StoreError,
    Unavailable,
)
from placet_cli.exits import failure_of

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AccessDenied("x"), 1),
        (AlreadyExists("x"), 1),
        (ApprovalRequired("x"), 1),
        (Conflict("x"), 1),
        (InvalidState("x"), 1),
        (Corrupt("x"), 1),
        (Invalid("x"), 2),
        (NotFound("x"), 3),
        (StoreError("x"), 5),
        (Unavailable("x"), 5),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, PlacetError) else "",
)
def test_every_error_has_its_code(error: PlacetError, code: int) -> None:
    assert failure_of(error).exit == code


def test_several_mistakes_have_a_line_each() -> None:
    error = Invalid("role is not valid: a; b", [Problem("id", "is empty"), Problem("x", "is odd")])
    assert str(failure_of(error)) == "role is not valid:\n  id: is empty\n  x: is odd"


def test_an_error_names_the_problems_for_a_machine() -> None:
    error = Invalid("not valid", [Problem("id", "is empty")])
    assert failure_of(error).error["problems"] == [{"path": "id", "message": "is empty"}]


def test_no_place_to_work_on_is_a_wrong_command_line(run: Run) -> None:
    ended = run("check", "user:sam", "invoice.pay")
    assert (ended.exit_code, "--store URL, or --server URL" in ended.stderr) == (2, True)


def test_two_places_are_a_wrong_command_line(run: Run, store: str) -> None:
    ended = run("audit", "verify", "--store", store, "--server", "http://127.0.0.1:1")
    assert (ended.exit_code, "exclude each other" in ended.stderr) == (2, True)


def test_an_unknown_kind_of_store_is_a_wrong_command_line(run: Run) -> None:
    ended = run("audit", "verify", "--store", "redis://x")
    assert (ended.exit_code, "installed are: memory, sqlite, tinydb" in ended.stderr) == (2, True)


def test_a_store_that_cannot_be_opened_is_unavailable(run: Run) -> None:
    assert run("audit", "verify", "--store", "tinydb:////no/such/folder/x.json").exit_code == 5


def test_an_error_is_told_without_a_traceback(on_store: Run) -> None:
    ended = on_store("approvals", "explain", "none")
    assert ended.stderr == "placet: there is no approval 'none'\n"
