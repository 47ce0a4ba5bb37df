"""An application's own database, with an engine on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from placet import Placet

POLICY = Path(__file__).with_name("policy.toml")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with a table of the application's."""
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, paid INTEGER NOT NULL)")
        connection.execute("INSERT INTO invoice VALUES (7, 0), (8, 0)")
        connection.commit()
    return path


@pytest.fixture
def placet(database: Path) -> Iterator[Placet]:
    """An engine on the application's database: sam pays, dana says yes."""
    with Placet.open(f"sqlite:///{database}", bundle=POLICY) as opened:
        # In use, as at the start of a program: its tables are made, its bundle is applied.
        assert opened.check("user:sam", "invoice.read", "invoice:7")
        yield opened


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    """The application's own connection, as `sqlite3` makes it."""
    with closing(sqlite3.connect(database)) as opened:
        yield opened
