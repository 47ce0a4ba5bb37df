"""Imports run one way (design, section 1): hosts -> core <- plugins.

The rules are read from the sources with `ast`, so that an import inside a function, or under
`TYPE_CHECKING`, counts like any other. A new part of the house needs a row in RULES.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest


class Rule(NamedTuple):
    """What a part of the house, with all modules below it, may import besides itself."""

    part: str
    house: str
    guests: str


NOUNS = "errors clock refs model"
PURE = "catalogue conditions access approvals"

# The house: parts of placet by their short names, other packages by their full ones.
# The guests: third-party packages. The standard library is open to all.
RULES = (
    Rule("placet._version", house="", guests=""),
    Rule("placet.errors", house="", guests="msgspec"),
    Rule("placet.clock", house="errors", guests=""),
    Rule("placet.refs", house="errors", guests="msgspec"),
    Rule("placet.model", house="errors clock refs", guests="msgspec"),
    Rule("placet.catalogue", house=NOUNS, guests="msgspec"),
    Rule("placet.conditions", house=NOUNS, guests="msgspec"),
    Rule("placet.access", house=f"{NOUNS} catalogue conditions", guests="msgspec"),
    Rule("placet.approvals", house=f"{NOUNS} catalogue conditions access", guests="msgspec"),
    Rule("placet.storage", house=NOUNS, guests="msgspec pluggy"),
    Rule("placet.hooks", house=f"{NOUNS} catalogue storage", guests="msgspec pluggy"),
    Rule("placet.services", house=f"{NOUNS} {PURE} storage hooks", guests="msgspec"),
    Rule("placet.bundle", house=f"{NOUNS} {PURE} storage hooks services", guests="msgspec"),
    Rule("placet.administration", house="services", guests=""),
    Rule("placet.protect", house="errors services", guests=""),
    Rule(
        "placet.runtime",
        house=f"{NOUNS} {PURE} storage hooks services bundle",
        guests="",
    ),
    Rule(
        "placet.engine",
        house=f"{NOUNS} {PURE} _version storage hooks services bundle administration protect "
        "runtime",
        guests="msgspec pluggy",
    ),
    Rule(
        "placet.aio",
        house=f"{NOUNS} {PURE} _version storage hooks services bundle engine",
        guests="msgspec pluggy",
    ),
    Rule("placet.testing", house="placet", guests="msgspec pluggy pytest hypothesis"),
    Rule("placet", house="placet", guests=""),
    Rule("placet_sqlite", house="placet", guests="msgspec pluggy"),
    Rule("placet_tinydb", house="placet", guests="msgspec pluggy tinydb"),
    Rule(
        "placet_falcon",
        house="placet",
        guests="argon2 falcon msgspec pluggy prometheus_client",
    ),
    Rule(
        "placet_cli",
        house="placet placet_falcon",
        guests="argon2 click granian msgspec pluggy rich",
    ),
)

SOURCE_ROOTS = ("core", "plugins", "hosts")

# Decisions take the time as an argument and read nothing but their arguments (section 3).
DECIDING = ("placet.model", "placet.conditions", "placet.access", "placet.approvals")
CLOCKS = ("placet.clock", "placet.clock.*", "placet.clock.Clock", "placet.clock.SystemClock")
WORLD = (
    *("asyncio", "os", "pathlib", "random", "secrets", "socket"),
    *("sqlite3", "subprocess", "threading", "time"),
)

# Each is a folder of the Falcon host (section 9).
SURFACES = ("harness", "britive", "flexdeploy", "authzen", "native", "inbox")


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def top(name: str) -> str:
    return name.partition(".")[0]


def imports(source: str) -> Iterator[tuple[int, str]]:
    """The line and the full dotted name of everything that `source` imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (f"{node.module}." if node.module else "")
            yield from ((node.lineno, origin + alias.name) for alias in node.names)


def rule_of(module: str) -> Rule | None:
    """The row that speaks of `module`; the row of placet itself is for its `__init__` alone."""
    if module == "placet":
        return next(rule for rule in RULES if rule.part == "placet")
    rows = (rule for rule in RULES if rule.part != "placet")
    return next((rule for rule in rows if within(module, rule.part)), None)


def allows(rule: Rule, target: str) -> bool:
    if top(target) in sys.stdlib_module_names or top(target) in rule.guests.split():
        return True
    house = (name if name.startswith("placet") else f"placet.{name}" for name in rule.house.split())
    return any(within(target, part) for part in (rule.part, *house))


def crosses_surfaces(module: str, target: str) -> bool:
    here, there = (
        {*name.split(".")} & {*SURFACES} if within(name, "placet_falcon") else set()
        for name in (module, target)
    )
    return bool(here and there and here != there)


def faults(module: str, source: str) -> list[str]:
    """What `source`, were it the text of `module`, imports against the rules."""
    rule = rule_of(module)
    if rule is None:
        return [f"{module} has no row in RULES"]
    decides = any(within(module, part) for part in DECIDING)
    return [
        f"{module}, line {line}: {target}"
        for line, target in imports(source)
        if not allows(rule, target)
        or (decides and (target in CLOCKS or top(target) in WORLD))
        or crosses_surfaces(module, target)
    ]


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def modules(checkout: Path) -> dict[str, str]:
    """The text of every module under the source roots, by its name."""
    roots = (checkout / root for root in SOURCE_ROOTS)
    return {
        module_name(path, root): path.read_text("utf-8")
        for root in roots
        for path in sorted(root.rglob("*.py"))
    }


@pytest.fixture(scope="module")
def files(checkout: Path) -> dict[str, str]:
    """The text of every Python file of the project, tests included, by its path."""
    return {
        str(path.relative_to(checkout)): path.read_text("utf-8")
        for root in (*SOURCE_ROOTS, "tests")
        for path in sorted((checkout / root).rglob("*.py"))
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.part)
def test_a_part_imports_only_what_its_row_allows(rule: Rule, modules: dict[str, str]) -> None:
    mine = {name: text for name, text in modules.items() if rule_of(name) == rule}
    assert [fault for name, text in mine.items() for fault in faults(name, text)] == []


def test_every_module_has_a_row(modules: dict[str, str]) -> None:
    assert [name for name in modules if rule_of(name) is None] == []


def test_every_import_is_absolute(files: dict[str, str]) -> None:
    assert [
        f"{path}, line {line}"
        for path, text in files.items()
        for line, target in imports(text)
        if target.startswith(".")
    ] == []


def test_nobody_imports_a_top_level_folder(files: dict[str, str]) -> None:
    assert [
        f"{path}, line {line}"
        for path, text in files.items()
        for line, target in imports(text)
        if top(target) in (*SOURCE_ROOTS, "tests")
    ] == []


def test_no_module_is_longer_than_600_lines(files: dict[str, str]) -> None:
    lengths = {path: len(text.splitlines()) for path, text in files.items()}
    assert {path: length for path, length in lengths.items() if length > 600} == {}


FORBIDDEN = (
    ("placet.errors", "from placet import refs"),
    ("placet.model.role", "from placet.storage.port import Key"),
    ("placet.model.role", "import placet.access.index"),
    ("placet.model.role", "from placet import Placet"),
    ("placet.model.role", "def late():\n    import pluggy"),
    ("placet.model.role", "from ..storage import port"),
    ("placet.conditions.parser", "import re, falcon"),
    ("placet.access.index", "from placet.services.roles import Roles"),
    ("placet.access.index", "from placet.clock import SystemClock, milliseconds"),
    ("placet.access.index", "from placet.clock import *"),
    ("placet.access.index", "from placet import clock"),
    ("placet.access.index", "import time"),
    ("placet.approvals.evaluate", "from placet.hooks import manager"),
    ("placet.approvals.evaluate", "from placet.testing import engine"),
    ("placet.storage.memory", "from placet.services import roles"),
    ("placet.services.roles", "from placet.engine import Placet"),
    ("placet.engine", "import placet_tinydb"),
    ("placet.engine", "if TYPE_CHECKING:\n    from hypothesis import strategies"),
    ("placet_tinydb.store", "from placet_falcon.app import create_app"),
    ("placet_tinydb.store", "import placet_sqlite"),
    ("placet_falcon.app", "import placet_tinydb"),
    ("placet_falcon.app", "import placet_cli"),
    ("placet_falcon.harness.routes", "from placet_falcon.britive import words"),
    ("placet.utils", "import re"),
)


@pytest.mark.parametrize(("module", "source"), FORBIDDEN)
def test_a_forbidden_import_is_reported(module: str, source: str) -> None:
    assert len(faults(module, source)) == 1


PERMITTED = (
    ("placet", "from placet.engine import Placet"),
    ("placet.access.index", "from placet.clock import from_milliseconds, milliseconds"),
    ("placet.access.index", "import bisect\nimport msgspec\nfrom placet import refs"),
    ("placet.services.roles", "from placet.storage.port import Store"),
    ("placet.testing.contract", "import pytest\nfrom placet import Placet"),
    ("placet_tinydb.store", "import tinydb\nfrom placet.storage.sealing import seal"),
    ("placet_falcon.harness.routes", "from placet_falcon.limits import MAX_BODY"),
    ("placet_cli.serve", "import granian\nfrom placet_falcon import create_app"),
)


@pytest.mark.parametrize(("module", "source"), PERMITTED)
def test_an_import_along_the_arrows_is_not_reported(module: str, source: str) -> None:
    assert faults(module, source) == []
