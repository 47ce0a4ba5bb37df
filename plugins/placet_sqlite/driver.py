"""The driver, `sqlite3`: what runs statements, a transaction that writes, and what errors mean."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from placet.errors import Corrupt, Invalid, StoreError, Unavailable

__all__ = ["Runs", "explained", "primary_code", "reading", "writing"]

# By primary result code: what happened, and what to do.
_MEANINGS = {
    sqlite3.SQLITE_BUSY: "is locked by another process or connection that goes on writing; try "
    "again, or give the URL a longer ?timeout=SECONDS",
    sqlite3.SQLITE_LOCKED: "is locked by another connection of this process; try again",
    sqlite3.SQLITE_FULL: "cannot grow: the disk is full",
    sqlite3.SQLITE_READONLY: "is read-only for this process; give it the right to write there",
    sqlite3.SQLITE_PROTOCOL: "is opened and closed by too many at once; try again",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: this process has to be allowed to read and write "
    "it, and to write in its folder, which has to be there",
    sqlite3.SQLITE_PERM: "may not be opened by this process; give it the right to read and write",
    sqlite3.SQLITE_IOERR: "cannot be read or written: the disk or the file system failed",
}
_DAMAGE = {
    sqlite3.SQLITE_NOTADB: "is no SQLite database: it belongs to something else, or was cut or "
    "edited; name another file, or restore this one from a backup",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore it from a backup",
}


class Runs(Protocol):
    """What runs statements: a connection, or one that is seen through to."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> sqlite3.Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> sqlite3.Cursor:
        """Run one statement, once for each of many parameters."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the driver's errors into the port's, with what to do about them."""
    try:
        yield
    except sqlite3.Error as error:
        if "too many SQL variables" in str(error):
            raise Invalid(
                "a query names more values than SQLite takes at once; ask in several parts"
            ) from error
        raise _meaning(path, error) from error
    except UnicodeEncodeError as error:
        raise Invalid(f"a body, an id or a value is not UTF-8: {error}") from error
    except Corrupt as error:
        raise Corrupt(f"{path}: {error.message}") from error.__cause__


def primary_code(error: sqlite3.Error) -> int | None:
    """What SQLite calls the error, without its detail; None where it is the driver's own."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _meaning(path: Path, error: sqlite3.Error) -> StoreError:
    primary = primary_code(error)
    if primary in _DAMAGE:
        return Corrupt(f"{path} {_DAMAGE[primary]}")
    if primary in _MEANINGS:
        return Unavailable(f"{path} {_MEANINGS[primary]} ({error})")
    if any(thing in str(error) for thing in ("no such table", "no such column", "no such index")):
        return Corrupt(f"{path} lacks a table of placet's ({error}); restore it from a backup")
    if "Could not decode to UTF-8" in str(error):
        return Corrupt(f"{path} holds text that is none ({error}); restore it from a backup")
    return StoreError(f"{path} cannot be used: {error}")


@contextmanager
def writing(runs: Runs) -> Iterator[None]:
    """A transaction that may write from its start: nobody else can come between its reads and
    its writes, and it never has to start over."""
    runs.execute("BEGIN IMMEDIATE")
    try:
        yield
        runs.execute("COMMIT")
    except BaseException:
        _roll_back(runs)
        raise


@contextmanager
def reading(runs: Runs) -> Iterator[None]:
    """A transaction in which everything that is read is of one moment."""
    runs.execute("BEGIN")
    try:
        yield
    finally:
        _roll_back(runs)


def _roll_back(runs: Runs) -> None:
    try:
        runs.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        # SQLite itself has rolled back already, for a full disk, say.
        if "no transaction is active" not in str(error):
            raise
