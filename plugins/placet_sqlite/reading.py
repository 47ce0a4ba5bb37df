"""What is read by key or number: heads, documents, events."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from types import MappingProxyType
from typing import Any

import msgspec

from placet.errors import Corrupt
from placet.storage.port import Doc, Head, IndexValue, Key, StoredEvent
from placet_sqlite.clauses import marks
from placet_sqlite.driver import Runs
from placet_sqlite.layout import SEQ_BITS, SEQ_MOST, TABLES, Table

__all__ = ["ACCOUNT", "at_most", "doc_from", "is_unfiled", "last_turn", "members_from",
           "moved_since", "read_account", "read_accounts", "read_docs", "read_events", "read_head",
           "scan_docs", "select_docs", "unfiled_from"]  # fmt: skip

ACCOUNT = "(SELECT number FROM placet_account WHERE name = ?)"
"""An account's number, in a statement that takes its name."""

_AT_ONCE = 500
_SCANNED = 200
"""Documents of one part of a scan: so few that they are decoded while a cache still has them."""
_DENSE = 4
"""Of so many rows one is the account's: to look at them all costs less than to look each up."""
_LARGEST = 2**63 - 1
_members = msgspec.json.Decoder(dict[str, tuple[str, ...]])
_unfiled = msgspec.json.Decoder(dict[str, str | int | tuple[str, ...]])


def read_accounts(runs: Runs, after: str, limit: int) -> tuple[str, ...]:
    """The names of accounts behind `after`, in code-point order."""
    rows = runs.execute(
        "SELECT name FROM placet_account WHERE name > ? ORDER BY name LIMIT ?",
        (after, at_most(limit)),
    )
    return tuple(name for (name,) in rows.fetchall())


def read_account(runs: Runs, account: str) -> tuple[int | None, Head]:
    """The number and the head of an account; None and the empty head where it has no commits."""
    row = runs.execute(
        "SELECT number, version, seq, at, hash FROM placet_account WHERE name = ?", (account,)
    ).fetchone()
    return (None, Head()) if row is None else (row[0], Head(*row[1:]))


def read_head(runs: Runs, account: str) -> Head:
    """Where the account stands."""
    return read_account(runs, account)[1]


def read_docs(runs: Runs, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
    """The documents under `keys`, in that order. For one moment, call it in a transaction."""
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for key in keys:
        if key.kind in TABLES:
            ids[key.kind].append(key.id)
    found: dict[Key, Doc] = {}
    for kind, wanted in ids.items():
        table = TABLES[kind]
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            rows = runs.execute(
                f"{select_docs(table)} FROM {table.name} AS d "
                f"WHERE d.account = {ACCOUNT} AND d.id IN ({marks(part)})",
                (account, *part),
            )
            for row in rows.fetchall():
                doc = doc_from(table, row)
                found[doc.key] = doc
    return tuple(found.get(key) for key in keys)


def read_events(runs: Runs, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
    """Events with a number above `after`, in order."""
    rows = runs.execute(
        f"SELECT number & {SEQ_MOST}, version, at, body, digest, hash FROM placet_event "
        f"WHERE number > {ACCOUNT} << {SEQ_BITS} | ? "
        f"AND number <= {ACCOUNT} << {SEQ_BITS} | {SEQ_MOST} ORDER BY number LIMIT ?",
        (account, min(max(after, 0), SEQ_MOST), account, at_most(limit)),
    )
    return tuple(StoredEvent(*row) for row in rows.fetchall())


def scan_docs(runs: Runs, account: str, kind: str) -> Iterator[Sequence[tuple[str, bytes]]]:
    """The id and body of every document of a kind, some at a time; call it in a transaction.

    In the order of the rows: in that of any index, nearly each of them is on another page than the
    one before. Where they lie among many of other accounts, their places are looked up first.
    """
    table = TABLES[kind]
    entries = f"FROM {table.name} INDEXED BY {table.order_index('id')} WHERE account = {ACCOUNT}"
    nearly_all = _is_alone(runs, account)
    if not nearly_all:
        (own,) = runs.execute(f"SELECT count(*) {entries}", (account,)).fetchone()
        (last,) = runs.execute(f"SELECT max(rowid) FROM {table.name}").fetchone()
        nearly_all = (last or 0) <= _DENSE * own
    here = f"account = {ACCOUNT}" if nearly_all else f"rowid IN (SELECT rowid {entries})"
    with closing(
        runs.execute(f"SELECT id, body FROM {table.name} NOT INDEXED WHERE {here}", (account,))
    ) as rows:
        while part := rows.fetchmany(_SCANNED):
            yield part


def _is_alone(runs: Runs, account: str) -> bool:
    rows = runs.execute("SELECT 1 FROM placet_account WHERE name <> ? LIMIT 1", (account,))
    return rows.fetchone() is None


def last_turn(runs: Runs) -> int:
    """The number of the last commit to any account."""
    row = runs.execute("SELECT coalesce(max(turn), 0) FROM placet_account").fetchone()
    return int(row[0])


def moved_since(runs: Runs, turn: int) -> tuple[tuple[str, ...], int]:
    """The accounts that committed behind a turn, and the last turn of all."""
    rows = runs.execute(
        "SELECT name, turn FROM placet_account WHERE turn > ? ORDER BY turn", (turn,)
    ).fetchall()
    return tuple(name for name, _ in rows), rows[-1][1] if rows else turn


def select_docs(table: Table) -> str:
    """The head of a statement whose rows `doc_from` reads; the table is `d` in it."""
    return f"SELECT d.id, d.version, d.body{table.listed.replace(', ', ', d.')}"


def doc_from(table: Table, row: Sequence[Any]) -> Doc:
    """The document in a row of `select_docs`."""
    id, version, body, *values = row
    if is_unfiled(table, values):
        index = unfiled_from(values[-2])
    else:
        index = {
            field: value
            for field, value in zip(table.fields, values, strict=False)
            if value is not None
        }
        if table.texts:
            index.update(members_from(values[len(table.fields)]))
    return Doc(Key(table.kind.name, id), version, body, MappingProxyType(index))


def is_unfiled(table: Table, columns: Sequence[Any]) -> bool:
    """Whether a document waits to be filed, by the columns of its row."""
    return table.files_later and columns[-1] is not None


def members_from(column: str | None) -> Mapping[str, tuple[str, ...]]:
    """The fields of texts, from the column that keeps them to be given back."""
    try:
        return {} if column is None else _members.decode(column)
    except msgspec.DecodeError as error:
        raise Corrupt(f"the members of a document cannot be read: {error}") from error


def unfiled_from(column: str | None) -> dict[str, IndexValue]:
    """All fields of a document that waits to be filed, from the same column."""
    try:
        return _unfiled.decode(column or "")
    except msgspec.DecodeError as error:
        raise Corrupt(f"the members of a document cannot be read: {error}") from error


def at_most(number: int) -> int:
    """The number, or the largest that SQLite knows."""
    return min(number, _LARGEST)
