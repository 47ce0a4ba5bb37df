"""What stands in the file: three tables, `accounts`, `documents` and `events`, of plain rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from placet.storage.kinds import KINDS
from placet.storage.memory import SealedCommit
from placet.storage.port import Doc, Head, IndexValue, Key, StoredEvent

__all__ = ["Tables", "accounts_in"]


class _AccountRow(msgspec.Struct):
    account: str
    version: int
    seq: int
    at: int
    hash: bytes


class _DocumentRow(msgspec.Struct):
    account: str
    kind: str
    id: str
    version: int
    body: str
    index: dict[str, str | int | list[str]]


class _EventRow(msgspec.Struct):
    account: str
    seq: int
    version: int
    at: int
    body: str
    digest: bytes
    hash: bytes


class _File(msgspec.Struct):
    accounts: dict[str, _AccountRow]
    documents: dict[str, _DocumentRow]
    events: dict[str, _EventRow]


class Tables:
    """The rows of the file, in the form that TinyDB's storages write: table, row number, row."""

    def __init__(self) -> None:
        self._accounts: dict[str, dict[str, Any]] = {}
        self._documents: dict[str, dict[str, Any]] = {}
        self._events: dict[str, dict[str, Any]] = {}
        self._row_of: dict[str | tuple[str, Key], str] = {}
        self._last = 0

    @property
    def data(self) -> dict[str, dict[str, Any]]:
        """The tables by name."""
        return {
            "accounts": self._accounts,
            "documents": self._documents,
            "events": self._events,
        }

    def add(self, sealed: SealedCommit) -> None:
        """Bring the rows up to a commit."""
        account, head = sealed.account, sealed.head
        self._accounts[self._row(account)] = msgspec.to_builtins(
            _AccountRow(account, head.version, head.seq, head.at, head.hash)
        )
        for doc in sealed.puts:
            index = {
                field: list(value) if isinstance(value, tuple) else value
                for field, value in doc.index.items()
            }
            self._documents[self._row((account, doc.key))] = msgspec.to_builtins(
                _DocumentRow(
                    account, doc.key.kind, doc.key.id, doc.version, doc.body.decode(), index
                )
            )
        for key in sealed.drops:
            row = self._row_of.pop((account, key), None)
            if row is not None:
                del self._documents[row]
        for event in sealed.events:
            # The log only grows: its length is the next number.
            self._events[str(len(self._events) + 1)] = msgspec.to_builtins(
                _EventRow(
                    account,
                    event.seq,
                    event.version,
                    event.at,
                    event.body.decode(),
                    event.digest,
                    event.hash,
                )
            )

    def _row(self, owner: str | tuple[str, Key]) -> str:
        row = self._row_of.get(owner)
        if row is None:
            self._last += 1
            row = self._row_of[owner] = str(self._last)
        return row


def accounts_in(data: Mapping[str, Mapping[str, Any]]) -> Iterator[SealedCommit]:
    """Each account that the tables hold, whole. Raises msgspec.ValidationError for other tables."""
    tables = msgspec.convert(data, _File)
    docs: defaultdict[str, list[Doc]] = defaultdict(list)
    for row in tables.documents.values():
        kind = KINDS.get(row.kind)
        index: dict[str, IndexValue] = {
            field: tuple(value) if isinstance(value, list) else value
            for field, value in row.index.items()
            # An earlier release may have had more fields, and nothing could be put with them again.
            if kind is None or field in kind.fields
        }
        docs[row.account].append(
            Doc(Key(row.kind, row.id), row.version, row.body.encode(), MappingProxyType(index))
        )
    events: defaultdict[str, list[StoredEvent]] = defaultdict(list)
    for entry in tables.events.values():
        body = entry.body.encode()
        events[entry.account].append(
            StoredEvent(entry.seq, entry.version, entry.at, body, entry.digest, entry.hash)
        )
    for head in tables.accounts.values():
        yield SealedCommit(
            head.account,
            Head(head.version, head.seq, head.at, head.hash),
            tuple(docs[head.account]),
            (),
            tuple(events[head.account]),
        )
