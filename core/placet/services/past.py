"""The account as it was: questions about a moment that is over, answered from the log.

The log is the whole truth about what is stored, so that the index of any moment can be built from
it again. What code registers (the roles, permissions and policies of hosts and plugins) and the
settings of the engine stand in no log: they count as they are now.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TypedDict, Unpack

from placet.access.advance import Fact, advance, of_catalogue
from placet.access.answers import Decision, Explanation, Reason
from placet.access.search import may
from placet.access.snapshot import Snapshot
from placet.catalogue import CORE_CATALOGUE, merged
from placet.clock import from_milliseconds, milliseconds
from placet.errors import Corrupt, Invalid
from placet.model import Actor, JsonObject
from placet.services.asking import Ask
from placet.services.base import View
from placet.services.index import Entry
from placet.services.questions import Questions
from placet.services.searches import Holders, Paging, Reach, Searches, WhatOptions, WhoOptions
from placet.services.tenant import Tenant
from placet.storage.entries import read_event_changes
from placet.storage.nouns import AUTHORITY_KINDS
from placet.storage.port import Committed, Key, StoredEvent
from placet.storage.walks import Chain

__all__ = ["AsOf", "AskOptions", "as_of"]


class AskOptions(TypedDict, total=False):
    """What a question may say besides who, what and on what; as for `check`."""

    scope: str | None
    properties: JsonObject | None
    context: JsonObject | None
    action_properties: JsonObject | None
    subject_properties: JsonObject | None


class AsOf:
    """An account as it was at `at`: who could do what, with the clock at that moment.

    `revision` is the number of the last event that counts. Its questions are those of the engine,
    asked by whoever asked for the past: about anybody else, that takes the right to view access, as
    of today.
    """

    def __init__(self, view: View, snapshot: Snapshot, at: datetime, actor: Actor) -> None:
        past = View(_PastTenant(view.tenant, snapshot, at), view.scope)
        self.at = at
        self.revision = snapshot.revision
        self._actor = actor
        self._questions = Questions(past)
        self._searches = Searches(past)

    def check(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        **options: Unpack[AskOptions],
    ) -> bool:
        """Whether `principal` could do it then, without anybody else.

        Raises Invalid for a permission that was not registered then.
        """
        asked = Ask(principal, permission, on, **options)
        return may(self._questions.inquiry(asked, actor=self._actor))

    def decide(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        **options: Unpack[AskOptions],
    ) -> Decision:
        """The answer that `decide` gave then, with its reasons."""
        asked = Ask(principal, permission, on, **options)
        return self._questions.decide(asked, actor=self._actor)

    def explain(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        **options: Unpack[AskOptions],
    ) -> Explanation:
        """The answer that `explain` gave then, with near misses."""
        asked = Ask(principal, permission, on, **options)
        return self._questions.explain(asked, actor=self._actor)

    def who_can(
        self, permission: str, on: str | None = None, **options: Unpack[WhoOptions]
    ) -> Holders:
        """Who could do it then, page by page."""
        return self._searches.who_can(permission, on, actor=self._actor, **options)

    def what_can(
        self, principal: str, on: str | None = None, **options: Unpack[WhatOptions]
    ) -> tuple[str, ...]:
        """What `principal` could do then on a resource or a type, or on every type as a whole."""
        return self._searches.what_can(principal, on, actor=self._actor, **options)

    def which(self, principal: str, permission: str, **options: Unpack[Paging]) -> Reach:
        """On which resources of the catalogue of then `principal` could do it, page by page."""
        return self._searches.which(principal, permission, actor=self._actor, **options)

    def unregistered(self, permission: str) -> Reason | None:
        """The reason for which a host denies `permission`; None where it was registered then."""
        return self._questions.unregistered(permission)


def as_of(view: View, at: datetime, revision: int | None, actor: Actor) -> AsOf:
    """The account of a view as it was; that `actor` may see the log is asked before.

    Raises Invalid for a moment or a revision that has not been, Corrupt for a broken log: what was
    edited is no witness.
    """
    tenant = view.tenant
    if at.tzinfo is None:
        raise Invalid(f"{at.isoformat()} has no time zone; write {at.isoformat()}+00:00")
    if at > tenant.clock.now():
        raise Invalid(f"{at.isoformat()} has not been yet; ask about a moment that is over")
    if revision is not None and revision < 0:
        raise Invalid(f"revision is {revision}; the least is 0")
    if milliseconds(at) < 0:
        raise Invalid(f"{at.isoformat()} is before 1970, where no log reaches")
    at = from_milliseconds(milliseconds(at))
    base = of_catalogue(merged(CORE_CATALOGUE, *tenant.hooks.catalogues()))
    return AsOf(view, _replayed(tenant, base, at, revision), at, actor)


def _replayed(tenant: Tenant, base: Snapshot, at: datetime, revision: int | None) -> Snapshot:
    """The index as it was, built from the first event on; every seal is tried on the way."""
    chain = Chain(tenant.store, tenant.account)
    last = 0

    def facts() -> Iterator[Fact]:
        nonlocal last
        for event in _until(chain, milliseconds(at), revision):
            last = event.seq
            for change in read_event_changes((event,)):
                if change.kind in AUTHORITY_KINDS:
                    yield Fact(change.noun(), gone=change.gone)

    snapshot = advance(base, facts(), revision=0, authority=0)
    if chain.fault is not None:
        raise Corrupt(f"the log of {tenant.account!r} answers nothing: {chain.fault}")
    if revision is not None and last < revision:
        raise Invalid(f"there is no event {revision} yet; the last one is {last}")
    snapshot.revision = last
    return snapshot


def _until(chain: Chain, at: int, revision: int | None) -> Iterator[StoredEvent]:
    """The events that count: those up to a moment, or, where a revision is known, up to that."""
    version = 0
    for event in chain:
        if revision is None and event.at > at:
            return
        if revision is not None and event.seq > revision:
            if event.version == version:
                raise Invalid(
                    f"revision {revision} is in the middle of a commit, and no answer ever rested "
                    "on it; take that of a decision"
                )
            return
        version = event.version
        yield event


class _PastTenant(Tenant):
    """An account whose index and clock stand still. Who calls is of the present, with the rights
    of the present: whoever has lost them cannot look back to when they had them.
    """

    def __init__(self, present: Tenant, snapshot: Snapshot, at: datetime) -> None:
        super().__init__(
            present.store,
            present.account,
            index=_Still(snapshot),
            clock=_Stopped(at),
            hooks=present.hooks,
            settings=present.settings,
        )
        self._present = present

    @property
    def present(self) -> Tenant:
        """The account as it is."""
        return self._present


class _Still:
    """An index that stays as it is."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.ready: Snapshot | None = snapshot
        self._snapshot = snapshot

    def current(self) -> Snapshot:
        """The snapshot."""
        return self._snapshot

    def latest(self) -> Snapshot:
        """The snapshot: nothing comes after it."""
        return self._snapshot

    def follow(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """Nothing: what is over does not change."""

    def watched(self, key: Key, ring: Callable[[], None]) -> AbstractContextManager[None]:
        """Nothing ever rings: what is over does not change."""
        return nullcontext()

    def after_fork(self, resume: Callable[[], None]) -> None:
        """Nothing is held here."""


class _Stopped:
    """A clock that stands at a moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """That moment."""
        return self._at
