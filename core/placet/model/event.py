"""One entry of the account's log: audit, change feed and outbox in one."""

from typing import Any

import msgspec

from placet.model._base import JsonObject, Noun, Time

__all__ = ["Change", "Event"]


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document before and after, as JSON objects; None where there was, or is, none."""

    kind: str
    id: str
    before: JsonObject | None = None
    after: JsonObject | None = None


class Event(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, who did it, and what it changed.

    `seq` is dense and starts at 1; `version` is the number of the commit, which several events may
    share; `hash` seals this entry to the one before it.
    """

    seq: int
    version: int
    at: Time
    account: str
    kind: str
    actor: str
    on_behalf_of: str | None = None
    chain: tuple[str, ...] = ()
    approval: str | None = None
    data: dict[str, Any] = {}
    changes: tuple[Change, ...] = ()
    hash: str
