"""The running parts behind an engine: its store, its plugins, and the accounts in use."""

import threading
from os import PathLike

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
from placet.services.index import AccountIndex
from placet.services.tenant import JoinedTenant, Settings, Tenant
from placet.storage.port import Joinable, Joined, Store

__all__ = ["Runtime"]


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
                )
                if self._bundle is not None and account == self._bundle_account:
                    apply(View(found), load(self._bundle), actor=SYSTEM, passwords=self.passwords)
                self._tenants[account] = found
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
        """Close the store, if it was opened."""
        with self._lock:
            if self._store is not None:
                self._store.close()

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
