"""How a document is filed: its index in the columns of its row, and in a row for each member.

A new document of a kind that comes one by one waits first, its whole index as JSON in `members`.
When more wait than some, the commit that adds one files them all: their entries, which lie beside
each other in most indexes, then share the pages that are written. Who reads a page or counts looks
through those that wait (`placet_sqlite.pages`).
"""

from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from placet.errors import Corrupt
from placet.storage.codec import decode_body
from placet.storage.nouns import index_of, noun_type
from placet.storage.port import Doc, Index, Key
from placet_sqlite.clauses import marks
from placet_sqlite.driver import Runs
from placet_sqlite.layout import Table
from placet_sqlite.reading import ACCOUNT, is_unfiled, members_from, unfiled_from

__all__ = ["MOST_UNFILED", "columns_of", "file_documents", "index_anew",
           "unfiled_docs", "write_members"]  # fmt: skip

MOST_UNFILED = 16
"""So many documents of a kind may wait in an account. Each is looked at by every page and count;
and each commit files the 16th part of what it would, which leaves little to win by more."""

_AT_ONCE = 500


def columns_of(table: Table, index: Index, *, filed: bool) -> tuple[Any, ...]:
    """What stands in the columns of a document's row."""
    if not filed:
        return (*table.no_fields, msgspec.json.encode(dict(index)).decode(), 1)
    columns = map(index.get, table.fields)
    texts = {field: index[field] for field in table.texts if field in index}
    members = msgspec.json.encode(texts).decode() if texts else None
    return (*columns, members, None)[: len(table.columns)]


def write_members(
    runs: Runs,
    table: Table,
    number: int,
    id: str,
    before: tuple[Any, ...] | None,
    after: tuple[Any, ...] | None,
) -> None:
    """Bring the rows by which a document's members are found from `before` to `after`: the
    columns of its row."""
    was = set(_member_rows(table, number, id, before))
    now = set(_member_rows(table, number, id, after))
    if gone := was - now:
        matching = " AND ".join(f"{column} = ?" for column in _member_key(table))
        runs.executemany(f"DELETE FROM {table.members} WHERE {matching}", sorted(gone))
    if new := now - was:
        _add_members(runs, table, sorted(new))


def file_documents(runs: Runs, table: Table, number: int) -> None:
    """File the documents of a kind that wait, where they are more than may."""
    waiting = (
        f"FROM {table.name} INDEXED BY {table.unfiled_index} WHERE account = ? AND unfiled = 1"
    )
    (count,) = runs.execute(f"SELECT count(*) {waiting}", (number,)).fetchone()
    if count <= MOST_UNFILED:
        return
    rows = runs.execute(f"SELECT rowid, id, members {waiting}", (number,)).fetchall()
    filed = [
        (columns_of(table, unfiled_from(members), filed=True), row, id) for row, id, members in rows
    ]
    assigned = ", ".join(f'"{column}" = ?' for column in table.columns)
    runs.executemany(
        f"UPDATE {table.name} SET {assigned} WHERE rowid = ?",
        [(*columns, row) for columns, row, _ in filed],
    )
    if table.texts:
        members = (_member_rows(table, number, id, columns) for columns, _, id in filed)
        _add_members(runs, table, sorted({row for rows in members for row in rows}))


def index_anew(runs: Runs, table: Table) -> None:
    """Index every document of a kind by what its body says: for fields that the release which
    stored it did not have. One that cannot be read stays as it is."""
    noun = noun_type(table.kind.name)
    assigned = ", ".join(f'"{column}" = ?' for column in table.columns)
    last = -1
    while rows := runs.execute(
        f"SELECT rowid, account, id, body{table.listed} FROM {table.name} "
        "WHERE rowid > ? ORDER BY rowid LIMIT ?",
        (last, _AT_ONCE),
    ).fetchall():
        for row, number, id, body, *columns in rows:
            before = tuple(columns)
            try:
                index = index_of(decode_body(noun, body, Key(table.kind.name, id)))
            except Corrupt:
                continue
            after = columns_of(table, index, filed=not is_unfiled(table, before))
            if after != before:
                write_members(runs, table, number, id, before, after)
                runs.execute(f"UPDATE {table.name} SET {assigned} WHERE rowid = ?", (*after, row))
        last = rows[-1][0]


def unfiled_docs(
    runs: Runs, account: str, table: Table, wanted: Callable[[Index], bool]
) -> Sequence[Doc]:
    """The documents of a kind that wait to be filed, those whose index is wanted."""
    rows = runs.execute(
        f"SELECT id, version, body, members FROM {table.name} INDEXED BY {table.unfiled_index} "
        f"WHERE account = {ACCOUNT} AND unfiled = 1",
        (account,),
    ).fetchall()
    return [
        Doc(Key(table.kind.name, id), version, body, MappingProxyType(index))
        for id, version, body, members in rows
        if wanted(index := unfiled_from(members))
    ]


def _add_members(runs: Runs, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    key = _member_key(table)
    runs.executemany(f"INSERT INTO {table.members} ({', '.join(key)}) VALUES ({marks(key)})", rows)


def _member_key(table: Table) -> tuple[str, ...]:
    place = () if table.main_order == "id" else ("place",)
    return ("account", "field", "value", *place, "id")


def _member_rows(
    table: Table, number: int, id: str, columns: tuple[Any, ...] | None
) -> Iterator[tuple[Any, ...]]:
    if columns is None or not table.texts or is_unfiled(table, columns):
        return
    place = () if table.main_order == "id" else (columns[table.fields.index(table.main_order)],)
    for field, members in members_from(columns[len(table.fields)]).items():
        for member in members:
            yield (number, field, member, *place, id)
