"""One commit, inside a transaction that is open: read what is there, decide, write.

Rows that are there already are updated in the columns that differ, and no others: SQLite then
leaves the indexes of all the other columns alone.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple

from placet.storage.conflicts import conflict_over
from placet.storage.port import (
    Change,
    Committed,
    Drop,
    Head,
    Key,
    NewEvent,
    Put,
    StoredEvent,
)
from placet.storage.sealing import seal
from placet_sqlite.clauses import marks
from placet_sqlite.driver import Runs
from placet_sqlite.filing import MOST_UNFILED, columns_of, file_documents, write_members
from placet_sqlite.layout import SEQ_BITS, TABLES, Table
from placet_sqlite.reading import is_unfiled, read_account

__all__ = ["write_commit"]

_AT_ONCE = 500
_NEXT_TURN = "(SELECT coalesce(max(turn), 0) + 1 FROM placet_account)"


class _Row(NamedTuple):
    """What a commit has to know of a document that is there."""

    version: int
    columns: tuple[Any, ...]


def write_commit(
    runs: Runs, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
) -> Committed:
    """Write a commit whose parts the core has checked.

    Raises Conflict; the transaction, or the savepoint, is then to be rolled back.
    """
    number, head = read_account(runs, account)
    # Whether there is one already of what is new, its key tells when it is inserted.
    new: list[Change] = []
    known: list[Change] = []
    for change in changes:
        (new if isinstance(change, Put) and change.expect == 0 else known).append(change)
    there = {} if number is None else _read_rows(runs, number, known)
    if _moved(known, there):
        too = {} if number is None else _read_rows(runs, number, new)
        raise conflict_over(account, _moved(changes, {**there, **too}))
    head, sealed = seal(head, events)
    number = _write_head(runs, account, number, head)
    try:
        _write_documents(runs, number, head.version, changes, there)
    except sqlite3.IntegrityError as error:
        too = _read_rows(runs, number, new)
        others = {key: row for key, row in too.items() if row.version != head.version}
        if moved := _moved(new, others):
            raise conflict_over(account, moved) from error
        raise
    _write_events(runs, number, sealed)
    return Committed(head.version, head.seq)


def _moved(changes: Sequence[Change], there: Mapping[Key, _Row]) -> Sequence[Key]:
    """What is not as it was expected to be."""
    return [
        change.key
        for change in changes
        if change.expect is not None
        and change.expect != (row.version if (row := there.get(change.key)) else 0)
    ]


def _read_rows(runs: Runs, number: int, changes: Sequence[Change]) -> Mapping[Key, _Row]:
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        ids[change.key.kind].append(change.key.id)
    found: dict[Key, _Row] = {}
    for kind, wanted in ids.items():
        table = TABLES[kind]
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            rows = runs.execute(
                f"SELECT id, version{table.listed} FROM {table.name} "
                f"WHERE account = ? AND id IN ({marks(part)})",
                (number, *part),
            )
            for id, version, *values in rows.fetchall():
                found[Key(kind, id)] = _Row(version, tuple(values))
    return found


def _write_head(runs: Runs, account: str, number: int | None, head: Head) -> int:
    if number is not None:
        runs.execute(
            "UPDATE placet_account SET version = ?, seq = ?, at = ?, hash = ?, "
            f"turn = {_NEXT_TURN} WHERE number = ?",
            (head.version, head.seq, head.at, head.hash, number),
        )
        return number
    written = runs.execute(
        "INSERT INTO placet_account (name, version, seq, at, hash, turn) "
        f"VALUES (?, ?, ?, ?, ?, {_NEXT_TURN})",
        (account, head.version, head.seq, head.at, head.hash),
    )
    assert written.lastrowid is not None, "a row was inserted"
    return written.lastrowid


def _write_events(runs: Runs, number: int, events: Sequence[StoredEvent]) -> None:
    if events:
        runs.executemany(
            "INSERT INTO placet_event (number, version, at, body, digest, hash) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                (number << SEQ_BITS | one.seq, one.version, one.at, one.body, one.digest, one.hash)
                for one in events
            ),
        )


def _write_documents(
    runs: Runs, number: int, version: int, changes: Sequence[Change], there: Mapping[Key, _Row]
) -> None:
    puts: defaultdict[str, list[Put]] = defaultdict(list)
    drops: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        if isinstance(change, Put):
            puts[change.key.kind].append(change)
        elif isinstance(change, Drop) and change.key in there:
            drops[change.key.kind].append(change.key.id)
    for kind, ids in drops.items():
        table = TABLES[kind]
        for id in ids:
            write_members(runs, table, number, id, there[Key(kind, id)].columns, None)
        runs.executemany(
            f"DELETE FROM {table.name} WHERE account = ? AND id = ?",
            ((number, id) for id in ids),
        )
    for kind, wanted in puts.items():
        _put(runs, TABLES[kind], number, version, wanted, there)


def _put(
    runs: Runs,
    table: Table,
    number: int,
    version: int,
    puts: Sequence[Put],
    there: Mapping[Key, _Row],
) -> None:
    new: list[Sequence[Any]] = []
    known: defaultdict[tuple[str, ...], list[Sequence[Any]]] = defaultdict(list)
    # So many at once share pages anyhow.
    waits = table.files_later and len(puts) <= MOST_UNFILED
    for put in puts:
        before = there.get(put.key)
        if before is None:
            columns = columns_of(table, put.index, filed=not waits)
            new.append((number, put.key.id, version, put.body, *columns))
        else:
            filed = not is_unfiled(table, before.columns)
            columns = columns_of(table, put.index, filed=filed)
            differs = [was != after for was, after in zip(before.columns, columns, strict=True)]
            known[tuple(compress(table.columns, differs))].append(
                (version, put.body, *compress(columns, differs), number, put.key.id)
            )
        if table.texts:
            was = None if before is None else before.columns
            write_members(runs, table, number, put.key.id, was, columns)
    if new:
        runs.executemany(
            f"INSERT INTO {table.name} (account, id, version, body{table.listed}) "
            f"VALUES ({marks(new[0])})",
            new,
        )
    for differing_columns, rows in known.items():
        assigned = "".join(f', "{column}" = ?' for column in differing_columns)
        runs.executemany(
            f"UPDATE {table.name} SET version = ?, body = ?{assigned} WHERE account = ? AND id = ?",
            rows,
        )
    if new and waits:
        file_documents(runs, table, number)
