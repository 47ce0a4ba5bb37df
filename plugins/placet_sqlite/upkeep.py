"""What an operator asks of a file: a copy, whether it is sound, how large it is."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from placet.errors import Invalid
from placet_sqlite.driver import Runs, explained, reading
from placet_sqlite.layout import TABLES, Table, missing
from placet_sqlite.reading import members_from

__all__ = ["back_up", "faults", "sizes"]

_PAGES = 1000
_ORPHANS = """SELECT n FROM (SELECT count(*) AS n FROM {}
WHERE account NOT IN (SELECT number FROM placet_account)) WHERE n > 0"""


def back_up(
    source: sqlite3.Connection, path: Path, progress: Callable[[int, int], None] | None
) -> None:
    """Copy what `source` sees at this moment to a new file, whatever is committed meanwhile."""
    try:
        # A name of its own, so that there is never less than a whole copy at `path`.
        descriptor, name = tempfile.mkstemp(".part", f"{path.name}.", path.parent)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}; name another file") from error
    os.close(descriptor)
    beside = Path(name)
    try:
        if os.path.lexists(path):
            raise _taken(path)
        # An open read keeps the copy at one moment: else each commit would start it over.
        with explained(path), reading(source):
            source.execute("SELECT count(*) FROM placet_layout").fetchone()
            with closing(sqlite3.connect(beside)) as target:
                source.backup(target, pages=_PAGES, progress=_told(progress))
                # One file, that can be moved about; the store goes back to a log beside it.
                target.execute("PRAGMA journal_mode = DELETE")
        _move(beside, path)
    finally:
        for ending in ("", "-journal", "-wal", "-shm"):
            beside.with_name(beside.name + ending).unlink(missing_ok=True)


def _move(beside: Path, path: Path) -> None:
    """Give a file another name, unless that is taken."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise _taken(path) from None
    except OSError:  # a file system without links
        if path.exists():
            raise _taken(path) from None
        beside.rename(path)


def _taken(path: Path) -> Invalid:
    return Invalid(f"{path} is there already; name a file that is not")


def _told(
    progress: Callable[[int, int], None] | None,
) -> Callable[[int, int, int], object] | None:
    if progress is None:
        return None
    return lambda _, left, pages: progress(pages - left, pages)


def faults(runs: Runs) -> Iterator[str]:
    """What is wrong at one moment, a sentence each."""
    with reading(runs):
        yield from _faults(runs)


def _faults(runs: Runs) -> Iterator[str]:
    damage = [found for (found,) in runs.execute("PRAGMA integrity_check") if found != "ok"]
    if damage:
        # What else is read from such a file says nothing.
        yield from (f"SQLite finds damage: {found}" for found in damage)
        return
    if lost := missing(runs):
        yield from (f"the table or index {name} is missing" for name in lost)
        return
    yield from _fault_rows(
        runs,
        "the log of account {0!r} has {1} events up to number {2}, and its head stands at {3}",
        """SELECT a.name, count(e.seq), coalesce(max(e.seq), 0), a.seq
        FROM placet_account AS a LEFT JOIN placet_event AS e ON e.account = a.number
        GROUP BY a.number HAVING count(e.seq) <> a.seq OR coalesce(max(e.seq), 0) <> a.seq
        OR min(e.seq) < 1""",
    )
    yield from _fault_rows(
        runs,
        "{0} events belong to an account that is not there",
        _ORPHANS.format("placet_event"),
    )
    for table in TABLES.values():
        yield from _document_faults(runs, table)


def _document_faults(runs: Runs, table: Table) -> Iterator[str]:
    kind = table.kind.name
    yield from _fault_rows(
        runs,
        f"{{0}} documents of kind {kind} belong to an account that is not there",
        _ORPHANS.format(table.name),
    )
    yield from _fault_rows(
        runs,
        f"{kind} {{1!r}} of account {{0!r}} has version {{2}}, beyond the head's {{3}}",
        f"""SELECT a.name, d.id, d.version, a.version FROM {table.name} AS d
        JOIN placet_account AS a ON a.number = d.account WHERE d.version > a.version""",
    )
    if table.texts:
        yield from _member_faults(runs, table)
    if table.files_later:
        filed = " OR ".join(f'd."{field}" IS NOT NULL' for field in table.fields)
        yield from _fault_rows(
            runs,
            f"{kind} {{1!r}} of account {{0!r}} waits to be filed, and is filed, or has no fields",
            f"""SELECT a.name, d.id FROM {table.name} AS d JOIN placet_account AS a
            ON a.number = d.account WHERE d.unfiled = 1 AND (d.members IS NULL OR {filed})""",
        )


def _member_faults(runs: Runs, table: Table) -> Iterator[str]:
    """Where the rows by which members are found differ from what the documents say.

    Row by row: a file has more of them than should be in memory at once.
    """
    by_id = table.main_order == "id"
    there, said = ("NULL", "NULL") if by_id else ("m.place", f'd."{table.main_order}"')
    named = "LEFT JOIN placet_account AS a ON a.number"
    members = "iif(d.unfiled = 1, NULL, d.members)" if table.files_later else "d.members"
    for name, id, field, value, at, column, said_at in runs.execute(
        f"SELECT a.name, m.id, m.field, m.value, {there}, {members}, {said} "
        f"FROM {table.members} AS m LEFT JOIN {table.name} AS d "
        f"ON d.account = m.account AND d.id = m.id {named} = m.account"
    ):
        one = f"{table.kind.name} {id!r} of account {name!r}"
        if value not in members_from(column).get(field, ()) or at != said_at:
            yield f"{one} is in the index of {field} as {value!r}, wrongly"
    documents = (
        f"SELECT d.account, a.name, d.id, {members}, {said} FROM {table.name} AS d "
        f"{named} = d.account"
    )
    look = f"SELECT 1 FROM {table.members} WHERE account = ? AND field = ? AND value = ? AND id = ?"
    for account, name, id, column, at in runs.execute(documents):
        one = f"{table.kind.name} {id!r} of account {name!r}"
        for field, values in members_from(column).items():
            for value in sorted(set(values)):
                wanted = (account, field, value, id, *(() if by_id else (at,)))
                place = "" if by_id else " AND place = ?"
                if not runs.execute(look + place, wanted).fetchall():
                    yield f"{one} is not in the index of {field} as {value!r}"


def _fault_rows(runs: Runs, sentence: str, sql: str) -> Iterator[str]:
    for row in runs.execute(sql).fetchall():
        yield sentence.format(*row)


def sizes(runs: Runs, path: Path) -> Mapping[str, int]:
    """Bytes by what they are of."""
    (page,) = runs.execute("PRAGMA page_size").fetchone()
    (pages,) = runs.execute("PRAGMA page_count").fetchone()
    (free,) = runs.execute("PRAGMA freelist_count").fetchone()
    # SQLite keeps the log beside the file itself, not beside a link to it.
    file = path.resolve()
    try:
        log = file.with_name(file.name + "-wal").stat().st_size
    except FileNotFoundError:
        log = 0
    return {"database": page * pages, "free in it": page * free, "log beside it": log}
