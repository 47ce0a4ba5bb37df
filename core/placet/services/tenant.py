"""One account of an engine: its index, and the one shape of every use case."""

import contextvars
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from types import MappingProxyType
from typing import Literal, TypeVar

import msgspec

from placet.access.exact import exact_principal
from placet.clock import Clock
from placet.errors import Conflict, Invalid, StoreError, Unavailable
from placet.hooks import Hooks
from placet.model import SYSTEM, Actor
from placet.services.checkpoints import Checkpoints
from placet.services.index import AccountIndex, Entry, Index, JoinedIndex
from placet.services.starting import refuse_starts
from placet.services.tokens import Tokens
from placet.services.work import Work
from placet.storage.port import Committed, Joined, Store

__all__ = ["ActorLike", "JoinedTenant", "Settings", "Tenant"]

T = TypeVar("T")
ActorLike = Actor | str | None
"""How a caller names itself: an `Actor`, a principal, or None for the one that is `acting`."""

ATTEMPTS = 24
_NO_LINE = nullcontext()

_acting: contextvars.ContextVar[Mapping["Tenant", Actor]] = contextvars.ContextVar(
    "placet_acting", default=MappingProxyType({})
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every account of an engine.

    `directory` "open" lets the application own its users: unknown ids are legal. "closed" refuses
    principals that are not stored. `trusted_subject_properties` are the names of those attributes
    of the caller that a request may bring; none by default. `approval_url` is where a person
    looks at an approval, with `{account}` and `{id}` in it; empty where there is no such page.
    `tokens` gives out consistency tokens, and `checkpoints` signs how logs end.
    """

    directory: Literal["open", "closed"] = "open"
    trusted_subject_properties: frozenset[str] = frozenset()
    approval_url: str = ""
    tokens: Tokens = msgspec.field(default_factory=Tokens)
    checkpoints: Checkpoints = msgspec.field(default_factory=Checkpoints)


class Tenant:
    """What the services of one account share."""

    def __init__(
        self,
        store: Store,
        account: str,
        *,
        index: Index,
        clock: Clock,
        hooks: Hooks,
        settings: Settings,
        follows: Callable[[], bool] = lambda: False,
    ) -> None:
        self.store = store
        self.account = account
        self.clock = clock
        self.hooks = hooks
        self.settings = settings
        self.index = index
        self.follows = follows
        """Whether the index is sure to follow what other processes commit, just now."""
        self._line = threading.RLock()

    def after_fork(self, resume: Callable[[], None]) -> None:
        """In a child: locks that threads of the parent held would stay held for ever.

        `resume` is called with the first use there.
        """
        self._line = threading.RLock()
        self.index.after_fork(resume)

    @property
    def origin(self) -> "Tenant":
        """The tenant that this one is a view of: the one by which callers are remembered."""
        return self

    @property
    def present(self) -> "Tenant":
        """The account as it is: where the rights of a caller are looked up."""
        return self

    @property
    def joined(self) -> bool:
        """Whether all of this happens inside a transaction of the application's own."""
        return False

    @property
    def closed(self) -> bool:
        """Whether principals have to be in the directory."""
        return self.settings.directory == "closed"

    def approval_url(self, id: str) -> str | None:
        """Where a person looks at an approval; None where there is no such page."""
        template = self.settings.approval_url
        if not template:
            return None
        return template.replace("{account}", self.account).replace("{id}", id)

    def actor(self, actor: ActorLike) -> Actor:
        """Who calls, with exact references.

        Raises Invalid where nobody says so: SYSTEM is never assumed.
        """
        if actor is None:
            actor = _acting.get().get(self.origin)
        if actor is None:
            raise Invalid(
                "no actor: pass actor='user:...', or call inside `with placet.acting('user:...')`"
            )
        if isinstance(actor, str):
            actor = Actor(actor)
        if actor is SYSTEM:
            return actor
        if actor.ref.kind in ("group", "everyone"):
            raise Invalid(f"{actor.principal!r} is not one somebody, and cannot act")
        snapshot = self.index.current()
        principal = exact_principal(snapshot, actor.principal, "")
        if actor.on_behalf_of is None and not actor.chain:
            return actor if principal == actor.principal else Actor(principal)
        return Actor(
            principal,
            None
            if actor.on_behalf_of is None
            else exact_principal(snapshot, actor.on_behalf_of, ""),
            tuple(exact_principal(snapshot, link, "") for link in actor.chain),
        )

    @contextmanager
    def acting(self, actor: Actor | str) -> Iterator[Actor]:
        """Within, calls that name no actor are made by this one; in this thread or task only."""
        resolved = self.actor(actor)
        token = _acting.set(MappingProxyType({**_acting.get(), self.origin: resolved}))
        try:
            yield resolved
        finally:
            _acting.reset(token)

    def work(self, actor: Actor, *, trusting: bool = False) -> Work:
        """One attempt at a use case, at the present moment; `trusting` as `Work` has it."""
        return Work(
            self.store,
            self.account,
            self.index,
            actor,
            self.clock.now(),
            closed=self.closed,
            trusting=trusting,
        )

    def run(self, actor: ActorLike, use_case: Callable[[Work], T], *, writes: bool = False) -> T:
        """Read, decide, commit once; on a conflict read again and decide again.

        `use_case` must have no effect but through its `Work`. With `writes` it nearly always comes
        to a commit, which finds out whether others have changed who may do what: the log is not
        asked before, but only where there is none. Raises Unavailable when others have been faster
        every time.
        """
        resolved = self.actor(actor)
        for attempt in range(ATTEMPTS):
            # Who has lost once stands in line: of many in this process, one at a time tries again.
            with self._line if attempt else _NO_LINE:
                work = self.work(resolved, trusting=writes and not (attempt or self.joined))
                try:
                    result = use_case(work)
                    refuse_starts(self.store, work)
                    try:
                        committed = work.commit()
                    except Conflict:
                        if self.joined:  # only the application can begin its transaction anew
                            raise
                        continue
                except StoreError:
                    raise  # a commit of which nobody knows whether it landed is not tried again
                except Exception:
                    if work.outdated:
                        continue
                    raise
            if committed is not None:
                self._observe(committed, work.entries)
            elif work.outdated:
                continue
            return result
        raise Unavailable(
            f"account {self.account!r} is too busy: others changed what this rests on "
            f"{ATTEMPTS} times in a row; try again"
        )

    def _observe(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """Read your writes: the index knows of a commit before its use case returns."""
        self.index.follow(committed, entries)


class JoinedTenant(Tenant):
    """An account inside a transaction of the application's own."""

    def __init__(self, store: Joined, origin: Tenant) -> None:
        outside = origin.index
        assert isinstance(outside, AccountIndex), "what is joined already is not joined again"
        super().__init__(
            store,
            origin.account,
            index=JoinedIndex(store, origin.account, outside),
            clock=origin.clock,
            hooks=origin.hooks,
            settings=origin.settings,
        )
        self._joined = store
        self._origin = origin
        self._outside = outside

    @property
    def origin(self) -> Tenant:
        """The same account outside of the transaction."""
        return self._origin

    @property
    def joined(self) -> bool:
        """That it is."""
        return True

    def _observe(self, committed: Committed, entries: Sequence[Entry]) -> None:
        """Everybody else sees the commit once the application has committed, if it does."""
        self._outside.await_end(self._joined, committed.seq)
