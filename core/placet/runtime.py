"""The running parts behind an engine: its store, its plugins, and the accounts in use."""

import os
import sys
import threading
from collections.abc import Iterable
from os import PathLike
from weakref import WeakSet

from placet.access.advance import of_catalogue
from placet.access.snapshot import Snapshot
from placet.bundle import Bundle, apply, load
from placet.catalogue import CORE_CATALOGUE, merged
from placet.clock import Clock
from placet.errors import Invalid
from placet.hooks import Hooks
from placet.model import SYSTEM
from placet.services.authentication import Authentication
from placet.services.base import View
from placet.services.credentials import PasswordHasher
from placet.services.following import Follower
from placet.services.index import AccountIndex
from placet.services.tenant import JoinedTenant, Settings, Tenant
from placet.storage.port import Joinable, Joined, Store, Waitable

__all__ = ["Runtime"]


_ENDING_S = 10.0


class Runtime:
    """What every view of one engine shares. No I/O and no thread before first use."""

    def __init__(
        self,
        url: str,
        *,
        hooks: Hooks,
        clock: Clock,
        settings: Settings,
        bundle: Bundle | str | PathLike[str] | None,
        bundle_account: str,
        passwords: PasswordHasher | None,
        follow: bool,
    ) -> None:
        self.hooks = hooks
        self.clock = clock
        self.settings = settings
        self.passwords = passwords
        self._url = url
        self._bundle = bundle
        self._bundle_account = bundle_account
        # Opening applies the bundle, which asks for its own tenant again.
        self._lock = threading.RLock()
        self._store: Store | None = None
        self._base: Snapshot | None = None
        self._authentication: Authentication | None = None
        self._tenants: dict[str, Tenant] = {}
        self._follow = follow
        self._follower: Follower | None = None
        _running.add(self)

    def store(self) -> Store:
        """The store, opened at first use."""
        if self._store is None:
            with self._lock:
                if self._store is None:
                    self._store = self.hooks.open_store(self._url)
        return self._store

    def tenant(self, account: str) -> Tenant:
        """What the services of an account share, made at first use."""
        found = self._tenants.get(account)
        if found is not None:
            return found
        with self._lock:
            found = self._tenants.get(account)
            if found is None:
                found = Tenant(
                    self.store(),
                    account,
                    index=AccountIndex(self.store(), account, self._catalogue()),
                    clock=self.clock,
                    hooks=self.hooks,
                    settings=self.settings,
                    follows=self._follows,
                )
                if self._bundle is not None and account == self._bundle_account:
                    apply(View(found), load(self._bundle), actor=SYSTEM, passwords=self.passwords)
                self._tenants[account] = found
                self._start_following()
        return found

    def authentication(self) -> Authentication:
        """Who sent a token or a password. A bundle's credentials are there: it is applied first."""
        if self._authentication is None:
            if self._bundle is not None:
                self.tenant(self._bundle_account)
            self._authentication = Authentication(
                self.store(),
                clock=self.clock,
                passwords=self.passwords,
                closed=self.settings.directory == "closed",
                authority=self._authority,
            )
        return self._authentication

    def joined(self, connection: object, account: str) -> "Runtime":
        """The same engine inside the transaction of the application's own `connection`.

        Raises Invalid for a store that cannot be joined, and for a connection that is not to it.
        """
        store = self.store()
        if not isinstance(store, Joinable):
            raise Invalid(
                f"a {type(store).__name__} cannot be joined to a transaction; open the engine on "
                "the application's own database, such as 'sqlite:///app.db'"
            )
        # What has to be made or applied first is, before the transaction holds everybody up.
        self.tenant(account).index.current()
        return _JoinedRuntime(self, store.joined(connection))

    def close(self) -> None:
        """Close the store, if it was opened, and end the thread that follows it."""
        with self._lock:
            follower, self._follower, self._follow = self._follower, None, False
            if follower is not None:
                follower.stop()
            if self._store is not None:
                self._store.close()
        # Outside of the lock, which it may be waiting for.
        if follower is not None:
            follower.join(_ENDING_S)

    def _follows(self) -> bool:
        follower = self._follower
        return follower is not None and follower.follows

    def _authority(self, account: str) -> int | None:
        """The version of the last change to an account's directory, rights or credentials, as its
        index knows it; None where the account is not in use, or its log not followed just now.
        """
        tenant = self._tenants.get(account)
        ready = None if tenant is None else tenant.index.ready
        return ready.authority if ready is not None and self._follows() else None

    def _start_following(self) -> None:
        with self._lock:
            if self._follow and self._follower is None and isinstance(self._store, Waitable):
                self._follower = Follower(self._store, self._in_use)
                self._follower.start()

    def _in_use(self) -> Iterable[Tenant]:
        with self._lock:
            return tuple(self._tenants.values())

    def _after_fork(self) -> None:
        """Go on in a child: threads are the parent's, and so may locks be that they held.

        No thread starts here, but with the first use: the store may not have had its turn yet.
        """
        self._lock = threading.RLock()
        self._follower = None
        for tenant in self._tenants.values():
            tenant.after_fork(self._start_following)

    def _catalogue(self) -> Snapshot:
        if self._base is None:
            self._base = of_catalogue(merged(CORE_CATALOGUE, *self.hooks.catalogues()))
        return self._base


class _JoinedRuntime(Runtime):
    """An engine whose store is joined to a transaction; everything else is the origin's."""

    def __init__(self, origin: Runtime, store: Joined) -> None:
        super().__init__(
            "",
            hooks=origin.hooks,
            clock=origin.clock,
            settings=origin.settings,
            bundle=None,
            bundle_account="",
            passwords=origin.passwords,
            follow=False,
        )
        self._origin = origin
        self._joined = store
        self._store = store

    def tenant(self, account: str) -> Tenant:
        """An account of the origin, inside the transaction."""
        found = self._tenants.get(account)
        if found is None:
            found = JoinedTenant(self._joined, self._origin.tenant(account))
            self._tenants[account] = found
        return found

    def joined(self, connection: object, account: str) -> Runtime:
        """Raises Invalid: a transaction is joined once."""
        raise Invalid("this is inside a transaction already; use it as it is")


_running: "WeakSet[Runtime]" = WeakSet()


def _after_fork_in_child() -> None:
    for runtime in tuple(_running):
        runtime._after_fork()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork_in_child)
