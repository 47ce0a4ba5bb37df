"""placet as it is embedded: a round is a request and the one review that approves it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import placet_sqlite
from placet import Placet
from placet.hooks import hookimpl
from placet.storage.memory import MemoryStore
from placet.storage.port import Change, Committed, NewEvent, Store

__all__ = ["JUSTIFICATION", "Commit", "Engine", "Recorder", "Round", "arguments_of"]

JUSTIFICATION = "The supplier wants its money before the end of the month."
_BUNDLE = """
bundle = "payments"
permissions = ["invoice.read", "invoice.pay"]

[[users]]
id = "sam"
[[users]]
id = "dana"
[[groups]]
id = "finance"
members = ["user:dana"]
[[roles]]
id = "payer"
permissions = ["invoice.*"]
[[assignments]]
to = ["user:sam"]
role = "payer"
[[approval_policies]]
id = "payments"
applies_to = ["invoice.pay"]
reviews = ["1 from group:finance"]
decide_within = "8h"
use_within = "1h"
"""


def arguments_of(number: int) -> dict[str, object]:
    """What a request is about, beside its invoice."""
    return {"amount": 900 + number % 100, "currency": "EUR"}


class Engine:
    """An engine on one store, asked through its public interface only."""

    def __init__(self, url: str, folder: Path, plugin: object = placet_sqlite) -> None:
        bundle = folder / "payments.toml"
        bundle.write_text(_BUNDLE, "utf-8")
        self._placet = Placet.open(url, bundle=bundle, plugins=[plugin])

    def round(self, number: int) -> None:
        """Ask for something that nobody has asked for, and approve it: a pass is minted."""
        asked = self._placet.request(
            "invoice.pay",
            f"invoice:{number}",
            arguments_of(number),
            justification=JUSTIFICATION,
            actor="user:sam",
        )
        done = self._placet.review(asked.id, "approve", comment="Looks right.", actor="user:dana")
        assert done.grant is not None, "one review is enough"

    def close(self) -> None:
        """Let go of the store."""
        self._placet.close()


class Commit(NamedTuple):
    """What one use case stores."""

    changes: Sequence[Change]
    events: Sequence[NewEvent]


class Round(NamedTuple):
    """What a round stores: its two commits, as the engine made them."""

    requested: Commit
    reviewed: Commit


class Recorder:
    """What rounds store, taken down from an engine in memory."""

    def __init__(self, folder: Path) -> None:
        self._store = _Recording()
        self._engine = Engine("recording://", folder, _Opens(self._store))

    def record(self, numbers: Sequence[int]) -> list[Round]:
        """The commits of these rounds."""
        found = []
        for number in numbers:
            self._engine.round(number)
            requested, reviewed = self._store.commits[-2:]
            found.append(Round(requested, reviewed))
        self._store.commits.clear()
        return found


class _Recording(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.commits: list[Commit] = []

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        self.commits.append(Commit(tuple(changes), tuple(events)))
        return super().commit(account, changes, events)


class _Opens:
    """The plugin that hands out a store that is there already."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return self._store if url == "recording://" else None
