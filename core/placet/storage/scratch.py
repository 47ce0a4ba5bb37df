"""A place for notes about more things than memory should hold: the standard library's own."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Protocol

__all__ = ["Notes", "Scratch", "scratch"]


class Notes(Protocol):
    """What a statement has found."""

    def __iter__(self) -> Iterator[Any]: ...

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """The next rows, at most so many."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""


class Scratch(Protocol):
    """A table that statements of SQL write and read: all that its users know of it."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Notes:
        """Run one statement."""


@contextmanager
def scratch(table: str) -> Iterator[Scratch]:
    """A table that is gone at the end.

    SQLite keeps a database without a name in memory while it is small and in a temporary file
    beyond, which nobody else can open.

    >>> with scratch("notes (id TEXT)") as notes:
    ...     notes.execute("SELECT count(*) FROM notes").fetchone()
    (0,)
    """
    # Only here: `import placet` loads no sqlite3, and no store is meant by it.
    import sqlite3

    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA cache_size = -65536")  # 64 MiB
        connection.execute(f"CREATE TABLE {table}")
        # Never ended: there is nothing to make durable.
        connection.execute("BEGIN")
        yield connection
