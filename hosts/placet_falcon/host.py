"""What every surface stands on: the engine, the settings, and the caller of a request."""

import threading
from typing import NamedTuple

import falcon
import msgspec

from placet import Actor, Placet, PlacetError, Unavailable
from placet.services.authentication import Authentication
from placet.services.consistency import WITHIN_S
from placet_falcon.metrics import Metrics
from placet_falcon.subject_types import SUBJECT_TYPES
from placet_falcon.surface import Owners, Surface
from placet_falcon.waiting import Waiting

__all__ = ["Call", "Host", "HostSettings", "call_of"]


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every surface of an application.

    `public_url` is where clients reach it, and may hold `{account}`; addresses are never made from
    the Host header. `secret_keys`, newest first, are what surfaces sign with. `max_body_bytes` is
    the most that a request may carry. `authzen_subject_types` are pairs `TYPE=KIND`: which kind of
    principal the AuthZEN surface means by a type of subject; with `authzen_access_requests`, for
    which there has to be a `public_url`, it lets callers ask for what needs approval. `catch_up_s`
    is how long a request waits for a store that is behind its consistency token, in seconds; a
    thread waits with it.
    """

    public_url: str = ""
    secret_keys: tuple[str, ...] = ()
    max_body_bytes: int = 1024 * 1024
    authzen_subject_types: tuple[str, ...] = SUBJECT_TYPES
    authzen_access_requests: bool = False
    catch_up_s: float = WITHIN_S


class Call(NamedTuple):
    """Who calls, and the engine bound to the account in which they do."""

    placet: Placet
    actor: Actor


def call_of(req: falcon.Request) -> Call:
    """The caller of an authenticated request."""
    call: Call = req.context.call
    return call


class Host:
    """The application, as a surface sees it."""

    def __init__(
        self,
        placet: Placet,
        settings: HostSettings,
        surfaces: tuple[Surface, ...],
        metrics: Metrics,
    ) -> None:
        self.placet = placet
        self.settings = settings
        self.surfaces = surfaces
        self.metrics = metrics
        self.waiting = Waiting()
        self._owners = Owners(surfaces)
        self._accounts: dict[str, Placet] = {}
        self._lock = threading.Lock()
        self._opened = False

    def surface_of(self, path: str) -> Surface | None:
        """The surface to which `path` belongs."""
        return self._owners.of(path)

    def account(self, name: str) -> Placet:
        """The engine on the account of a caller who is known: so it is none that was made up."""
        found = self._accounts.get(name)
        if found is None:
            # Two threads at once make two views of one engine, and either is good.
            found = self._accounts[name] = self.placet.tenant(name)
        return found

    def authentication(self) -> Authentication:
        """What verifies credentials. Raises Unavailable while the engine cannot be opened."""
        self.open()
        return self.placet.authentication

    def open(self) -> None:
        """Open the engine, and apply its bundle, where that has not been done yet.

        Raises Unavailable: that a store or a bundle is wrong is not the fault of a request.
        """
        if self._opened:
            return
        with self._lock:
            try:
                # Any service asks for the account, and with it for store and bundle.
                self.placet.audit.view.tenant.index.current()
            except PlacetError as error:
                raise Unavailable(f"the engine cannot be opened: {error.message}") from error
            self._opened = True

    def address(self, path: str, account: str) -> str:
        """An absolute address, or the path alone where no public address is set."""
        return self.settings.public_url.replace("{account}", account).rstrip("/") + path

    def decided(self, outcome: str) -> None:
        """Count an answer to "may they?"."""
        self.metrics.decided(outcome)
