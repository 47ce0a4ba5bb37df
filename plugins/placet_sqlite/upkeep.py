"""What an operator asks of a file: a copy, whether it is sound, how large it is."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from placet.errors import Invalid
from placet_sqlite.driver import Runs
from placet_sqlite.layout import TABLES, Table
from placet_sqlite.reading import members_from

__all__ = ["back_up", "faults", "sizes"]

_PAGES = 1000


def back_up(
    source: sqlite3.Connection, path: Path, progress: Callable[[int, int], None] | None
) -> None:
    """Copy what `source` sees at this moment to a new file, whatever is committed meanwhile."""
    beside = path.with_name(path.name + ".part")
    try:
        # Takes the name, and lets only its owner read what will be in it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise Invalid(f"{path} is there already; name a file that is not") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}; name another file") from error
    try:
        os.close(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
        # An open read keeps the copy at one moment: else each commit would start it over.
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM placet_layout").fetchone()
            with closing(sqlite3.connect(beside)) as target:
                source.backup(target, pages=_PAGES, progress=_told(progress))
                # One file, that can be moved about; the store goes back to a log beside it.
                target.execute("PRAGMA journal_mode = DELETE")
        finally:
            source.execute("ROLLBACK")
        os.replace(beside, path)
    except BaseException:
        for file in (beside, path):
            with suppress(FileNotFoundError):
                file.unlink()
        raise


def _told(
    progress: Callable[[int, int], None] | None,
) -> Callable[[int, int, int], object] | None:
    if progress is None:
        return None
    return lambda _, left, pages: progress(pages - left, pages)


def faults(runs: Runs) -> Iterator[str]:
    """What is wrong, a sentence each."""
    for (found,) in runs.execute("PRAGMA integrity_check").fetchall():
        if found != "ok":
            yield f"SQLite finds damage: {found}"
    yield from _fault_rows(
        runs,
        "the log of account {0!r} has {1} events up to number {2}, and its head stands at {3}",
        """SELECT a.name, count(e.seq), coalesce(max(e.seq), 0), a.seq
        FROM placet_account AS a LEFT JOIN placet_event AS e ON e.account = a.number
        GROUP BY a.number HAVING count(e.seq) <> a.seq OR coalesce(max(e.seq), 0) <> a.seq""",
    )
    yield from _fault_rows(
        runs,
        "{0} events belong to an account that is not there",
        """SELECT count(*) FROM placet_event
        WHERE account NOT IN (SELECT number FROM placet_account) HAVING count(*) > 0""",
    )
    for table in TABLES.values():
        yield from _document_faults(runs, table)


def _document_faults(runs: Runs, table: Table) -> Iterator[str]:
    kind = table.kind.name
    yield from _fault_rows(
        runs,
        f"{{0}} documents of kind {kind} belong to an account that is not there",
        f"""SELECT count(*) FROM {table.name}
        WHERE account NOT IN (SELECT number FROM placet_account) HAVING count(*) > 0""",
    )
    yield from _fault_rows(
        runs,
        f"{kind} {{1!r}} of account {{0!r}} has version {{2}}, beyond the head's {{3}}",
        f"""SELECT a.name, d.id, d.version, a.version FROM {table.name} AS d
        JOIN placet_account AS a ON a.number = d.account WHERE d.version > a.version""",
    )
    if table.texts:
        yield from _member_faults(runs, table)


def _member_faults(runs: Runs, table: Table) -> Iterator[str]:
    """Where the rows by which members are found differ from what the documents say."""
    place = "NULL" if table.main_order == "id" else f'"{table.main_order}"'
    rows = runs.execute(f"SELECT account, id, members, {place} FROM {table.name}").fetchall()
    said = {
        (account, field, value, at, id)
        for account, id, members, at in rows
        for field, values in members_from(members).items()
        for value in values
    }
    place = "NULL" if table.main_order == "id" else "place"
    found = set(
        runs.execute(f"SELECT account, field, value, {place}, id FROM {table.members}").fetchall()
    )
    for _, field, value, _, id in sorted(said ^ found):
        yield (f"{table.kind.name} {id!r} and the index of its {field} disagree about {value!r}")


def _fault_rows(runs: Runs, sentence: str, sql: str) -> Iterator[str]:
    for row in runs.execute(sql).fetchall():
        yield sentence.format(*row)


def sizes(runs: Runs, path: Path) -> Mapping[str, int]:
    """Bytes by what they are of."""
    (page,) = runs.execute("PRAGMA page_size").fetchone()
    (pages,) = runs.execute("PRAGMA page_count").fetchone()
    (free,) = runs.execute("PRAGMA freelist_count").fetchone()
    beside = path.with_name(path.name + "-wal")
    log = beside.stat().st_size if beside.exists() else 0
    return {"database": page * pages, "free in it": page * free, "log beside it": log}
