"""What an embedder with an event loop holds: every answer in memory plain, the rest awaited."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from functools import cached_property
from os import PathLike
from types import TracebackType
from typing import Any, Literal, ParamSpec, Self, TypeVar

from placet.access.answers import Decision
from placet.aio.hops import Hopping, awaited, waited
from placet.aio.services import (
    AsyncApprovals,
    AsyncAssignments,
    AsyncAudit,
    AsyncAuthentication,
    AsyncCredentials,
    AsyncGates,
    AsyncGrants,
    AsyncGroups,
    AsyncPermits,
    AsyncPolicies,
    AsyncQuestions,
    AsyncRecords,
    AsyncSearches,
)
from placet.bundle import Bundle
from placet.clock import Clock
from placet.engine import Placet
from placet.errors import Invalid
from placet.model import Actor, Approval, JsonObject
from placet.services.consistency import Consistency
from placet.services.credentials import PasswordHasher
from placet.services.delegations import Delegations
from placet.services.directory import ServiceAccounts, Users
from placet.services.permits import Permit
from placet.services.roles import Permissions, ResourceGroups, Resources, Roles
from placet.services.tenant import ActorLike
from placet.services.waiting import decision

__all__ = ["AsyncPlacet"]

P = ParamSpec("P")
R = TypeVar("R")


class AsyncPlacet(Hopping[Placet]):
    """`Placet` for asyncio: the same names, arguments and errors.

    `check` and `decide` are answered in memory and stay plain calls, as do `acting`, `requires`
    and `at`. Everything else is awaited, one thread hop each: the loop never waits for the store.
    Whoever cancels an await does not know: it may have committed, and is asked about again.

    `joined` is missing on purpose: a transaction belongs to the thread, or to the greenlet, that
    its connection is used in. Use `blocking.joined(connection)` there.

    >>> async def story():
    ...     async with await AsyncPlacet.open("memory://") as placet:
    ...         await placet.permissions.create(Permission.dotted("invoice.pay"), actor=SYSTEM)
    ...         return placet.check("user:sam", "invoice.pay", "invoice:7")
    >>> from placet import SYSTEM, Permission
    >>> asyncio.run(story())
    False
    """

    def __init__(self, blocking: Placet) -> None:
        """The view of an engine that has been used before: `open` and `tenant` see to that."""
        super().__init__(lambda: blocking)
        self._blocking = blocking

    @classmethod
    async def open(
        cls,
        url: str = "memory://",
        *,
        bundle: Bundle | str | PathLike[str] | None = None,
        account: str = "default",
        directory: Literal["open", "closed"] = "open",
        plugins: Iterable[object] = (),
        autoload: bool = False,
        clock: Clock | None = None,
        trusted_subject_properties: Iterable[str] = (),
        approval_url: str = "",
        passwords: PasswordHasher | None = None,
        follow: bool = True,
        secret_keys: Iterable[str] = (),
    ) -> Self:
        """An engine as `Placet.open` makes it, with its store open, its bundle applied and the
        index of `account` in memory. Raises what opening, applying and loading do.
        """
        blocking = Placet.open(
            url,
            bundle=bundle,
            account=account,
            directory=directory,
            plugins=plugins,
            autoload=autoload,
            clock=clock,
            trusted_subject_properties=trusted_subject_properties,
            approval_url=approval_url,
            passwords=passwords,
            follow=follow,
            secret_keys=secret_keys,
        )
        try:
            await asyncio.to_thread(_load, blocking)
        except BaseException:
            # Cancelled, too: nobody else could close what is open by then.
            await asyncio.shield(asyncio.to_thread(blocking.close))
            raise
        return cls(blocking)

    @property
    def blocking(self) -> Placet:
        """The same engine, for code that runs in threads."""
        return self._blocking

    @property
    def account(self) -> str:
        """The account that this view is bound to."""
        return self.blocking.account

    def token(self) -> str:
        """A token of what this engine has seen; see `Placet.token`."""
        return self.blocking.token()

    async def tenant(self, account: str) -> "AsyncPlacet":
        """The same engine on another account, whose index is loaded by then."""
        other = self.blocking.tenant(account)
        await asyncio.to_thread(_load, other)
        return AsyncPlacet(other)

    def at(self, scope: str) -> "AsyncPlacet":
        """The same account, with a scope that calls mean when they name none."""
        return AsyncPlacet(self.blocking.at(scope))

    close = awaited(Placet.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # -- may they? -----------------------------------------------------------------------------

    def check(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
    ) -> bool:
        """`Placet.check`, in memory; for fresher answers `await placet.catch_up(...)` before."""
        return self.blocking.check(
            principal,
            permission,
            on,
            scope=scope,
            properties=properties,
            context=context,
            action_properties=action_properties,
        )

    def decide(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
    ) -> Decision:
        """`Placet.decide`, in memory; for fresher answers `await placet.catch_up(...)` before."""
        return self.blocking.decide(
            principal,
            permission,
            on,
            scope=scope,
            properties=properties,
            context=context,
            action_properties=action_properties,
        )

    async def catch_up(self, consistency: Consistency = "latest") -> None:
        """Bring the index to where `consistency` wants it: whatever `check` and `decide` answer
        from then on, they answer from no less.
        """
        await self.check_many((), consistency=consistency)

    explain = awaited(Placet.explain)
    check_many = awaited(Placet.check_many)
    who_can = awaited(Placet.who_can)
    what_can = awaited(Placet.what_can)
    which = awaited(Placet.which)
    filter = awaited(Placet.filter)

    # -- who can say yes? ----------------------------------------------------------------------

    request = awaited(Placet.request)
    review = awaited(Placet.review)

    async def wait(
        self, approval: Approval | str, timeout: float, *, actor: ActorLike = None
    ) -> Approval:
        """`Placet.wait`, which holds up neither the loop nor a thread: thousands may wait."""
        return await waited(decision(self.blocking.approvals.view, approval, actor), timeout)

    def acting(self, actor: Actor | str) -> AbstractContextManager[Actor]:
        """Within, calls that name no actor are made by this one; in this task, and those that it
        starts, only.
        """
        return self.blocking.acting(actor)

    @asynccontextmanager
    async def permit(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        justification: str = "",
        actor: ActorLike = None,
    ) -> AsyncIterator[Permit]:
        """`Placet.permit` for `async with`: the pass is taken before the first line of the block.

        Cancelled before that line, the pass may be taken and the block has not run.
        """
        yield await self.permits.permit(
            permission,
            on,
            args,
            scope=scope,
            properties=properties,
            justification=justification,
            actor=actor,
        )

    def requires(
        self,
        permission: str,
        *,
        on: str | None = None,
        scope: str | None = None,
        unbound: Iterable[str] = (),
    ) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Coroutine[Any, Any, R]]]:
        """`Placet.requires` for an `async def`. Raises Invalid for a plain function, which would
        hold up the loop: protect what runs in threads with `blocking.requires`.
        """
        protected = self.blocking.requires(permission, on=on, scope=scope, unbound=unbound)

        def decorate(
            function: Callable[P, Coroutine[Any, Any, R]],
        ) -> Callable[P, Coroutine[Any, Any, R]]:
            guarded = protected(function)
            if not inspect.iscoroutinefunction(function):
                name = getattr(function, "__qualname__", repr(function))
                raise Invalid(
                    f"{name} is no `async def`, and would hold up the event loop; protect it with "
                    "`placet.blocking.requires`"
                )
            return guarded

        return decorate

    # -- policy as code ------------------------------------------------------------------------

    apply = awaited(Placet.apply)
    diff = awaited(Placet.diff)
    preview = awaited(Placet.preview)
    deliver = awaited(Placet.deliver)
    sweep = awaited(Placet.sweep)

    # -- administration ------------------------------------------------------------------------

    @cached_property
    def approvals(self) -> AsyncApprovals:
        """Requests for a decision, and reviews."""
        return AsyncApprovals(lambda: self.blocking.approvals)

    @cached_property
    def grants(self) -> AsyncGrants:
        """What approvals have yielded: passes and time-boxed access."""
        return AsyncGrants(lambda: self.blocking.grants)

    @cached_property
    def gates(self) -> AsyncGates:
        """Named protections of an action."""
        return AsyncGates(lambda: self.blocking.gates)

    @cached_property
    def policies(self) -> AsyncPolicies:
        """Approval policies."""
        return AsyncPolicies(lambda: self.blocking.policies)

    @cached_property
    def roles(self) -> AsyncRecords[Roles]:
        """Roles."""
        return AsyncRecords[Roles](lambda: self.blocking.roles)

    @cached_property
    def permissions(self) -> AsyncRecords[Permissions]:
        """The registry of permissions."""
        return AsyncRecords[Permissions](lambda: self.blocking.permissions)

    @cached_property
    def resource_groups(self) -> AsyncRecords[ResourceGroups]:
        """Selections of resources."""
        return AsyncRecords[ResourceGroups](lambda: self.blocking.resource_groups)

    @cached_property
    def resources(self) -> AsyncRecords[Resources]:
        """The catalogue of resources."""
        return AsyncRecords[Resources](lambda: self.blocking.resources)

    @cached_property
    def assignments(self) -> AsyncAssignments:
        """Who has which role, on what, where."""
        return AsyncAssignments(lambda: self.blocking.assignments)

    @cached_property
    def users(self) -> AsyncRecords[Users]:
        """People."""
        return AsyncRecords[Users](lambda: self.blocking.users)

    @cached_property
    def groups(self) -> AsyncGroups:
        """Groups and their members."""
        return AsyncGroups(lambda: self.blocking.groups)

    @cached_property
    def service_accounts(self) -> AsyncRecords[ServiceAccounts]:
        """Programs with rights of their own."""
        return AsyncRecords[ServiceAccounts](lambda: self.blocking.service_accounts)

    @cached_property
    def delegations(self) -> AsyncRecords[Delegations]:
        """Who reviews in whose place."""
        return AsyncRecords[Delegations](lambda: self.blocking.delegations)

    @cached_property
    def credentials(self) -> AsyncCredentials:
        """Tokens and passwords."""
        return AsyncCredentials(lambda: self.blocking.credentials)

    @cached_property
    def audit(self) -> AsyncAudit:
        """The log."""
        return AsyncAudit(lambda: self.blocking.audit)

    @cached_property
    def questions(self) -> AsyncQuestions:
        """Questions about rights, with an asker: what a host uses."""
        return AsyncQuestions(lambda: self.blocking.questions)

    @cached_property
    def searches(self) -> AsyncSearches:
        """Who can, what can, which, and the filter of rows: check turned around."""
        return AsyncSearches(lambda: self.blocking.searches)

    @cached_property
    def permits(self) -> AsyncPermits:
        """Permits as a host uses them: one call, no block."""
        return AsyncPermits(lambda: self.blocking.permits)

    @cached_property
    def authentication(self) -> AsyncAuthentication:
        """Who sent a token or a password, of any account: what a host uses."""
        return AsyncAuthentication(lambda: self.blocking.authentication)


def _load(placet: Placet) -> None:
    """Have the store opened, the bundle applied and the index of the account in memory."""
    placet.check_many(())
