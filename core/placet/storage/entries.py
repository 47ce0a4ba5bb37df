"""Entries of the log: what an event's body holds, and how it is written and read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from placet.clock import from_milliseconds, milliseconds
from placet.errors import Corrupt
from placet.model import Change, Event, Noun
from placet.storage.codec import canonical, read_data
from placet.storage.port import NewEvent, StoredEvent
from placet.storage.sealing import new_event

__all__ = ["EventDraft", "RawChange", "read_event", "read_event_changes", "write_event"]


class RawChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of the log whose documents are still JSON."""

    kind: str
    id: str
    before: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    after: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def gone(self) -> bool:
        """Whether the noun was removed."""
        return self.after is msgspec.UNSET

    def noun(self) -> Noun:
        """The noun as it is after the change, or, where it was removed, as it was before."""
        data = self.before if self.after is msgspec.UNSET else self.after
        if data is msgspec.UNSET:
            raise Corrupt(f"a change of {self.kind} {self.id!r} in the log changes nothing")
        return read_data(self.kind, data)


class EventDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of an event, before it is sealed."""

    format: int
    account: str
    kind: str
    actor: str
    on_behalf_of: str | None = None
    chain: tuple[str, ...] = ()
    approval: str | None = None
    data: Mapping[str, Any] = {}
    changes: tuple[RawChange, ...] = ()


class _ChangesOnly(msgspec.Struct, frozen=True):
    format: int
    changes: tuple[RawChange, ...] = ()


_draft_decoder = msgspec.json.Decoder(EventDraft)
_changes_decoder = msgspec.json.Decoder(_ChangesOnly)


def write_event(draft: EventDraft, at: datetime) -> NewEvent:
    """The event that a store seals and keeps."""
    return new_event(milliseconds(at), canonical(draft))


def read_event(stored: StoredEvent) -> Event:
    """An event of the log, taken apart for a reader."""
    draft = _draft_decoder.decode(stored.body)
    return Event(
        seq=stored.seq,
        version=stored.version,
        at=from_milliseconds(stored.at),
        account=draft.account,
        kind=draft.kind,
        actor=draft.actor,
        on_behalf_of=draft.on_behalf_of,
        chain=draft.chain,
        approval=draft.approval,
        data=dict(draft.data),
        changes=tuple(
            Change(
                change.kind,
                change.id,
                _json(change.before),
                _json(change.after),
            )
            for change in draft.changes
        ),
        hash=stored.hash.hex(),
    )


def _json(raw: msgspec.Raw | msgspec.UnsetType) -> Any:
    return None if isinstance(raw, msgspec.UnsetType) else msgspec.json.decode(raw)


def read_event_changes(stored: Iterable[StoredEvent]) -> tuple[RawChange, ...]:
    """Every change of these events, in order: what an index follows."""
    return tuple(
        change for event in stored for change in _changes_decoder.decode(event.body).changes
    )
