"""What an embedder holds: one object that asks, decides, protects and administers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from os import PathLike
from types import TracebackType
from typing import Any, Literal, ParamSpec, Self, TypeVar, Unpack

from placet.access.answers import Decision, Explanation
from placet.access.filters import ResourceFilter
from placet.access.held import Held
from placet.access.search import may
from placet.access.views import SHARDS
from placet.administration import Administration
from placet.bundle import Bundle, Plan, Preview, load, plan_of, preview_of
from placet.bundle import apply as apply_bundle
from placet.clock import Clock, SystemClock
from placet.errors import Invalid
from placet.hooks import Hooks
from placet.model import Actor, Approval, JsonObject, Verdict
from placet.protect import protected
from placet.refs import parse_resource, parse_scope, text_fault
from placet.runtime import Runtime
from placet.services.asking import Ask
from placet.services.authentication import Authentication
from placet.services.base import View
from placet.services.checkpoints import Checkpoints
from placet.services.consistency import Consistency
from placet.services.credentials import PasswordHasher
from placet.services.delivery import Delivery
from placet.services.index import Index
from placet.services.permits import Permit, Permits
from placet.services.questions import Questions
from placet.services.searches import (
    Circumstances,
    Holders,
    Paging,
    Reach,
    Searches,
    WhatOptions,
    WhoOptions,
)
from placet.services.signing import checked_keys
from placet.services.sweeping import Sweeping
from placet.services.tenant import ActorLike, Settings, Tenant
from placet.services.tokens import Tokens
from placet.services.waiting import decision
from placet.storage import memory
from placet.storage.port import Store

__all__ = ["Placet"]

P = ParamSpec("P")
R = TypeVar("R")


class Placet(Administration):
    """Policy and approval for one account: may they, and where not, who can say yes?

    Cheap to pass around and safe to share between threads. `tenant` and `at` give light views of
    the same engine: another account, a scope that calls mean when they name none.

    >>> from placet import SYSTEM, Permission
    >>> with Placet.open("memory://") as placet:
    ...     placet.permissions.create(Permission.dotted("invoice.pay"), actor=SYSTEM).action
    ...     placet.check("user:sam", "invoice.pay", "invoice:7")
    'pay'
    False
    """

    def __init__(self, runtime: Runtime, account: str, scope: str | None = None) -> None:
        self._runtime = runtime
        self._account = account
        self._scope = scope

    @classmethod
    def open(
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
        """An engine on the store at `url`: "memory://", "sqlite:///app.db", "tinydb:///app.json".

        Nothing is opened, read or started before first use; then `bundle` (a file, or a loaded
        one) is applied. `directory` "closed" refuses users that are not stored. `plugins` are
        modules or objects with hooks; `autoload` adds all that are installed. `approval_url` is
        where people look at an approval, with `{account}` and `{id}`. `passwords` hashes the
        passwords of a bundle. `follow` sees what other processes commit within milliseconds, by a
        thread that starts with the first use, where the store can tell of it; without, they are
        seen with `consistency="latest"`, and by every use case that writes. `secret_keys`, the
        newest first, each of at least 32 characters, sign what `token` gives out and the
        checkpoints of the log: the same for every engine on the store; without, each process knows
        its own tokens only, and there are no checkpoints. Raises Invalid for a plugin that does not
        fit, and for a key that is too short.
        """
        _check_account(account)
        keys = checked_keys(secret_keys)
        runtime = Runtime(
            url,
            hooks=Hooks((memory, *plugins), autoload=autoload),
            clock=clock or SystemClock(),
            settings=Settings(
                directory=directory,
                trusted_subject_properties=frozenset(trusted_subject_properties),
                approval_url=approval_url,
                tokens=Tokens(keys),
                checkpoints=Checkpoints(keys),
            ),
            bundle=bundle,
            bundle_account=account,
            passwords=passwords,
            follow=follow,
        )
        return cls(runtime, account)

    @property
    def account(self) -> str:
        """The account that this view is bound to."""
        return self._account

    @property
    def store(self) -> Store:
        """The store itself, opened if it was not."""
        return self._runtime.store()

    def tenant(self, account: str) -> "Placet":
        """The same engine on another account."""
        _check_account(account)
        return Placet(self._runtime, account)

    def at(self, scope: str) -> "Placet":
        """The same account, with a scope that calls mean when they name none."""
        return Placet(self._runtime, self._account, parse_scope(scope))

    def close(self) -> None:
        """Let go of the store. Views of the engine cannot be used afterwards."""
        self._runtime.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

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
        consistency: Consistency = "minimize_latency",
    ) -> bool:
        """Whether `principal` may do it now, without anybody else; in memory.

        `on` is a resource ("invoice:7"); without it the permission's type as a whole is meant.
        `properties` count for a resource that is not stored, `action_properties` say how it is to
        be done. Raises Invalid for a permission that is not registered.
        """
        # What stands here is most of what a program ever asks: no more calls than it takes.
        if consistency == "minimize_latency" and (snapshot := self._index.ready) is not None:
            try:
                held: Held = snapshot.views.shards[hash(principal) % SHARDS][principal][
                    permission, self._scope if scope is None else scope
                ]
            except (KeyError, TypeError):
                held = self._questions.held(snapshot, principal, permission, scope)
            if held.simple and not (held.unknown and self._closed):
                if on is None:
                    return held.whole
                if on in held.resources:
                    return True
                if parse_resource(on).type == held.type:
                    return held.whole or any(on in part for part in held.lists)
        asked = Ask(principal, permission, on, scope, properties, context, action_properties)
        return may(self._questions.inquiry(asked, consistency=consistency))

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
        consistency: Consistency = "minimize_latency",
    ) -> Decision:
        """The answer with reasons: "allowed", "approval_required" or "denied"."""
        asked = Ask(principal, permission, on, scope, properties, context, action_properties)
        return self._questions.decide(asked, consistency=consistency)

    def explain(
        self,
        principal: str,
        permission: str,
        on: str | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
        consistency: Consistency = "minimize_latency",
    ) -> Explanation:
        """The answer with what it rests on: deciding assignments, or near misses."""
        asked = Ask(principal, permission, on, scope, properties, context, action_properties)
        return self._questions.explain(asked, consistency=consistency)

    # What they take besides is said in full where they live: `placet.questions` and
    # `placet.searches`. Each list follows `check`: what it names, `check` allows.

    def check_many(
        self,
        questions: Iterable[Ask | tuple[Any, ...]],
        *,
        consistency: Consistency = "minimize_latency",
    ) -> tuple[bool, ...]:
        """`check` for many questions, each a tuple or an `Ask`, all answered as of one moment."""
        return self._questions.check_many(questions, consistency=consistency)

    def who_can(
        self, permission: str, on: str | None = None, **options: Unpack[WhoOptions]
    ) -> Holders:
        """Who may do it now, page by page; `unlisted` where more may than any list can name."""
        return self.searches.who_can(permission, on, **options)

    def what_can(
        self, principal: str, on: str | None = None, **options: Unpack[WhatOptions]
    ) -> tuple[str, ...]:
        """What `principal` may do now on a resource or a type, or on every type as a whole."""
        return self.searches.what_can(principal, on, **options)

    def which(self, principal: str, permission: str, **options: Unpack[Paging]) -> Reach:
        """On which resources of the catalogue `principal` may do it now, page by page."""
        return self.searches.which(principal, permission, **options)

    def filter(
        self, principal: str, permission: str, **options: Unpack[Circumstances]
    ) -> ResourceFilter:
        """Which rows of your own table `principal` may do it on: a tree to translate or to run."""
        return self.searches.filter(principal, permission, **options)

    def token(self) -> str:
        """What this engine knows of the account by now, as a text for `at_least`.

        Whoever asks with it, in whatever process that has the same `secret_keys`, is answered from
        no less: all that this engine has committed, and all that it has been answered from. Inside
        of `joined` it covers what this transaction has done, and is good once that is committed.

        >>> from placet import SYSTEM, Permission, at_least
        >>> with Placet.open("memory://") as placet:
        ...     read = placet.permissions.create(Permission.dotted("invoice.read"), actor=SYSTEM)
        ...     token = placet.token()
        ...     placet.check("user:sam", "invoice.read", consistency=at_least(token))
        False
        """
        return self._tenant.settings.tokens.write(self._account, self._index.current().revision)

    # -- who can say yes? ----------------------------------------------------------------------

    def request(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        justification: str = "",
        actor: ActorLike = None,
    ) -> Approval:
        """Ask on purpose to be allowed something; see `placet.approvals.request` for more."""
        return self.approvals.request(
            permission,
            on,
            args,
            scope=scope,
            properties=properties,
            justification=justification,
            actor=actor,
        )

    def review(
        self,
        approval: str,
        verdict: Verdict,
        *,
        comment: str = "",
        digest: str | None = None,
        actor: ActorLike = None,
    ) -> Approval:
        """Say approve, reject or abstain; `digest` is that of what the reviewer was shown."""
        return self.approvals.review(approval, verdict, comment=comment, digest=digest, actor=actor)

    def wait(
        self, approval: Approval | str, timeout: float, *, actor: ActorLike = None
    ) -> Approval:
        """Block until the approval is pending no more, for at most `timeout` seconds.

        Returns it as it is then: its `status` says how it ended, or "pending" where time was over
        first, which is no error. 0 only looks, `math.inf` waits as long as it takes. A commit of
        another process is seen too, and so is the deadline. Raises NotFound where there is no such
        approval that the caller may know of (any more), Invalid inside of `joined`.
        """
        return decision(self._view, approval, actor).wait(timeout)

    def acting(self, actor: Actor | str) -> AbstractContextManager[Actor]:
        """Within, calls that name no actor are made by this one; in this thread or task only."""
        return self._tenant.acting(actor)

    @contextmanager
    def permit(
        self,
        permission: str,
        on: str | None = None,
        args: Mapping[str, Any] | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        justification: str = "",
        actor: ActorLike = None,
    ) -> Iterator[Permit]:
        """A block that runs only if the caller may, with its pass taken before the first line.

        A pass is used up even if the block fails: at most once. Raises ApprovalRequired, with the
        approval that was opened or found, and AccessDenied where the answer is no.
        """
        yield self._permits.permit(
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
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Protect a function, or an `async def`: it runs only if whoever is `acting` may.

        `on` may name arguments ("invoice:{id}"). All arguments go into the digest, except those
        listed in `unbound`. Raises Invalid for a generator function, and for names that are not
        arguments.
        """
        return protected(
            lambda: self._permits, permission, on=on, scope=scope, unbound=tuple(unbound)
        )

    @contextmanager
    def joined(self, connection: object) -> Iterator["Placet"]:
        """A block in which everything happens inside the transaction of your own `connection`.

        A `sqlite3` connection, or SQLAlchemy's or Django's around one, to the database that the
        engine is open on. Where no transaction is open, one that may write is begun; it is never
        committed or rolled back here: what was requested, reviewed or taken stands or falls with
        your rows. Others see it once you have committed. A permit never opens an approval here, for
        your rollback would lose it. Raises Invalid for a store or a connection that cannot be
        joined; within, Conflict where your transaction rests on what others have changed since:
        roll back and begin anew.
        """
        runtime = self._runtime.joined(connection, self._account)
        try:
            yield Placet(runtime, self._account, self._scope)
        finally:
            runtime.close()

    # -- policy as code ------------------------------------------------------------------------

    def apply(
        self,
        bundle: Bundle | str | PathLike[str],
        *,
        prune: bool = False,
        actor: ActorLike = None,
    ) -> Plan:
        """Apply a bundle in one commit, all or nothing; returns what changed.

        `prune` also removes what this bundle created earlier and does not name any more. Raises
        Invalid naming every mistake with its path.
        """
        return apply_bundle(
            self._view, load(bundle), prune=prune, actor=actor, passwords=self._runtime.passwords
        )

    def diff(
        self,
        bundle: Bundle | str | PathLike[str],
        *,
        prune: bool = False,
        actor: ActorLike = None,
    ) -> Plan:
        """What applying a bundle would change; changes nothing."""
        return plan_of(
            self._view, load(bundle), prune=prune, actor=actor, passwords=self._runtime.passwords
        )

    def preview(
        self,
        bundle: Bundle | str | PathLike[str],
        *,
        prune: bool = False,
        actor: ActorLike = None,
    ) -> Preview:
        """What applying a bundle would change, and who gains and who loses what; changes nothing.

        `str` of it is for people, `as_dict` for programs. Raises what `apply` raises.
        """
        return preview_of(
            self._view, load(bundle), prune=prune, actor=actor, passwords=self._runtime.passwords
        )

    def sweep(self, *, limit: int = 1000) -> int:
        """Write down what time and the directory have decided about approvals; returns how many
        changed. Nothing but the log depends on it.
        """
        return Sweeping(self._view).sweep(limit=limit)

    def deliver(self) -> int:
        """Give listeners the events that wait for them; returns how many went out."""
        return Delivery(self._view).deliver()

    # -- helpers -------------------------------------------------------------------------------

    @property
    def questions(self) -> Questions:
        """Questions about rights, with an asker: what a host uses."""
        return self._questions

    @cached_property
    def searches(self) -> Searches:
        """Who can, what can, which, and the filter of rows: check turned around."""
        return Searches(self._view)

    @property
    def permits(self) -> Permits:
        """Permits as a host uses them: one call, no block."""
        return self._permits

    @property
    def authentication(self) -> Authentication:
        """Who sent a token or a password, of any account: what a host uses."""
        return self._runtime.authentication()

    @cached_property
    def _index(self) -> Index:
        return self._tenant.index

    @cached_property
    def _closed(self) -> bool:
        return self._tenant.closed

    @cached_property
    def _questions(self) -> Questions:
        return Questions(self._view)

    @cached_property
    def _permits(self) -> Permits:
        return Permits(self._view)

    @property
    def _tenant(self) -> Tenant:
        return self._runtime.tenant(self._account)

    @cached_property
    def _view(self) -> View:
        return View(self._tenant, self._scope)


def _check_account(account: str) -> None:
    if (
        text_fault(account)
        or not account.replace("_", "a").replace("-", "a").isascii()
        or (not account.replace("_", "a").replace("-", "a").isalnum())
    ):
        raise Invalid(
            f"account {account!r} may hold letters, digits, '_' and '-' only: it is part of tokens"
        )
