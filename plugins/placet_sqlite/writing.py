"""One commit, inside a transaction that is open: read what is there, decide, write.

Rows that are there already are updated in the columns that differ, and no others: SQLite then
leaves the indexes of all the other columns alone.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from placet.storage.conflicts import conflict_over
from placet.storage.port import (
    Change,
    Committed,
    Drop,
    Head,
    Index,
    Key,
    NewEvent,
    Put,
    StoredEvent,
)
from placet.storage.sealing import seal
from placet_sqlite.driver import Runs
from placet_sqlite.layout import TABLES, Table
from placet_sqlite.reading import members_from, read_account

__all__ = ["write_commit"]

_AT_ONCE = 500
_NEXT_TURN = "(SELECT coalesce(max(turn), 0) + 1 FROM placet_account)"


class _Row(NamedTuple):
    """What a commit has to know of a document that is there."""

    version: int
    values: tuple[Any, ...]


def write_commit(
    runs: Runs, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
) -> Committed:
    """Write a commit whose parts the core has checked; raises Conflict having written nothing."""
    number, head = read_account(runs, account)
    there = {} if number is None else _read_rows(runs, number, changes)
    moved = [
        change.key
        for change in changes
        if change.expect is not None
        and change.expect != (row.version if (row := there.get(change.key)) else 0)
    ]
    if moved:
        raise conflict_over(account, moved)
    head, sealed = seal(head, events)
    number = _write_head(runs, account, number, head)
    _write_documents(runs, number, head.version, changes, there)
    _write_events(runs, number, sealed)
    return Committed(head.version, head.seq)


def _read_rows(runs: Runs, number: int, changes: Sequence[Change]) -> Mapping[Key, _Row]:
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for change in changes:
        ids[change.key.kind].append(change.key.id)
    found: dict[Key, _Row] = {}
    for kind, wanted in ids.items():
        table = TABLES[kind]
        columns = "".join(f', "{column}"' for column in table.columns)
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            rows = runs.execute(
                f"SELECT id, version{columns} FROM {table.name} "
                f"WHERE account = ? AND id IN ({marks})",
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
            "INSERT INTO placet_event (account, seq, version, at, body, digest, hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (number, one.seq, one.version, one.at, one.body, one.digest, one.hash)
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
            _write_members(runs, table, number, id, there[Key(kind, id)].values, None)
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
    for put in puts:
        values = _values(table, put.index)
        before = there.get(put.key)
        if before is None:
            new.append((number, put.key.id, version, put.body, *values))
        else:
            differing = [
                (column, after)
                for column, was, after in zip(table.columns, before.values, values, strict=True)
                if was != after
            ]
            columns = tuple(column for column, _ in differing)
            known[columns].append(
                (version, put.body, *(value for _, value in differing), number, put.key.id)
            )
        if table.texts:
            was = None if before is None else before.values
            _write_members(runs, table, number, put.key.id, was, values)
    if new:
        listed = "".join(f', "{column}"' for column in table.columns)
        marks = ", ?" * len(table.columns)
        runs.executemany(
            f"INSERT INTO {table.name} (account, id, version, body{listed}) "
            f"VALUES (?, ?, ?, ?{marks})",
            new,
        )
    for columns_differing, rows in known.items():
        assigned = "".join(f', "{column}" = ?' for column in columns_differing)
        runs.executemany(
            f"UPDATE {table.name} SET version = ?, body = ?{assigned} WHERE account = ? AND id = ?",
            rows,
        )


def _values(table: Table, index: Index) -> tuple[Any, ...]:
    """The index of a document as its columns hold it."""
    values: list[Any] = [index.get(field) for field in table.fields]
    if table.texts:
        texts = {field: index[field] for field in table.texts if field in index}
        values.append(msgspec.json.encode(texts).decode() if texts else None)
    return tuple(values)


def _write_members(
    runs: Runs,
    table: Table,
    number: int,
    id: str,
    before: tuple[Any, ...] | None,
    after: tuple[Any, ...] | None,
) -> None:
    """Bring the rows by which a document's members are found from `before` to `after`."""
    was = set(_member_rows(table, number, id, before))
    now = set(_member_rows(table, number, id, after))
    place = "" if table.main_order == "id" else "place, "
    key = ("account", "field", "value", *(("place",) if place else ()), "id")
    gone = was - now
    if gone:
        matching = " AND ".join(f"{column} = ?" for column in key)
        runs.executemany(f"DELETE FROM {table.members} WHERE {matching}", sorted(gone))
    new = now - was
    if new:
        marks = ", ".join("?" * len(key))
        runs.executemany(
            f"INSERT INTO {table.members} ({', '.join(key)}) VALUES ({marks})", sorted(new)
        )


def _member_rows(
    table: Table, number: int, id: str, values: tuple[Any, ...] | None
) -> Iterator[tuple[Any, ...]]:
    if values is None or not table.texts:
        return
    place = () if table.main_order == "id" else (values[table.fields.index(table.main_order)],)
    for field, members in members_from(values[-1]).items():
        for member in members:
            yield (number, field, member, *place, id)
