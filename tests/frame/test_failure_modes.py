"""The tables of failure modes are true: a row for each, and every test that one names is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

_ROW = re.compile(r"^\| (T?\d+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_SAYS = re.compile(r"failure modes? (\d+(?:(?:, | and | to )\d+)*)", re.IGNORECASE)
_SAYS_T = re.compile(r"\bT\d\d\b")
_REASON = "Cannot occur: "


class Row(NamedTuple):
    """A failure, and the tests that hold it as (path, name)."""

    number: str
    failure: str
    held_by: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        return [(found[1], found[2]) for found in _TEST.finditer(self.held_by)]


PAGES = {
    "access-failure-modes.md": [str(number) for number in range(1, 49)],
    "approval-failure-modes.md": [f"T{number:02}" for number in range(1, 53)],
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows(page: str, checkout: Path) -> list[Row]:
    text = (checkout / "docs" / page).read_text(encoding="utf-8")
    return [Row(number, failure, held) for number, failure, held in _ROW.findall(text)]


def _docstrings(path: Path) -> dict[str, str]:
    """The tests of a file, wherever in it they stand, and what each says of itself."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def numbers_in(docstring: str) -> set[str]:
    """The failure modes that a docstring names: "T05, T11, failure modes 1, 3 to 5 and 9"."""
    plain = {number for found in _SAYS.finditer(docstring) for number in _numbers(found[1])}
    return plain | {*_SAYS_T.findall(docstring)}


def _numbers(text: str) -> Iterator[str]:
    for part in re.split(r", | and ", text):
        first, _, last = part.partition(" to ")
        yield from map(str, range(int(first), int(last or first) + 1))


def test_every_failure_has_one_row_in_its_order(page: str, rows: list[Row]) -> None:
    assert [row.number for row in rows] == PAGES[page]


def test_every_row_says_what_holds_it_or_why_it_cannot_occur(rows: list[Row]) -> None:
    for row in rows:
        rest = _TEST.sub("", row.held_by).strip(" ,")
        if row.tests:
            assert rest == "", f"row {row.number} names something that is no test: {rest!r}"
        else:
            assert rest.startswith(_REASON), row


def test_every_test_that_a_row_names_is_there_and_names_the_failure(
    rows: list[Row], checkout: Path
) -> None:
    wrong = []
    for row in rows:
        for path, name in row.tests:
            known = _docstrings(checkout / path) if (checkout / path).is_file() else {}
            if name not in known:
                wrong.append(f"{row.number}: there is no {path}::{name}")
            elif row.number not in numbers_in(known[name]):
                wrong.append(f"{row.number}: {path}::{name} does not say so")
    assert wrong == []


def test_the_numbers_in_a_docstring_are_read_as_people_write_them() -> None:
    assert numbers_in("T26, failure mode 35: the account.") == {"T26", "35"}
    assert numbers_in("Failure modes 1, 3 to 5 and 9, and 12 more.") == {"1", "3", "4", "5", "9"}
    assert numbers_in("Failure mode T26.") == {"T26"}
