"""How fresh an answer has to be, and the index that is: the one way to it for every question."""

import math
import time
from collections.abc import Callable
from typing import Literal

import msgspec

from placet.access.snapshot import Snapshot
from placet.errors import Invalid, Unavailable
from placet.services.tenant import Tenant
from placet.storage.port import Store, Waitable

__all__ = ["WITHIN_S", "AtLeast", "Consistency", "at_least", "reached", "snapshot_of"]

WITHIN_S = 5.0
"""How long a question waits for its token where nobody says, in seconds."""
_LOOK_S = 0.25
"""The longest wait between two looks, in seconds: what a store tells is a hint."""
_POLL_S = 0.02
"""The wait between two looks at a store that tells nothing, in seconds."""


class AtLeast(msgspec.Struct, frozen=True):
    """An answer no older than a token; see `at_least`."""

    token: str
    within: float = WITHIN_S

    def __post_init__(self) -> None:
        """Refuse a time that never ends, or is none."""
        if not 0 <= self.within < math.inf:
            raise Invalid(f"within is {self.within!r}; it is a number of seconds, at least 0")


Consistency = Literal["minimize_latency", "latest"] | AtLeast
"""How fresh: whatever is in memory, no older than a token, or what the store holds at its head."""


def at_least(token: str, within: float = WITHIN_S) -> AtLeast:
    """For `consistency=`: an answer that knows all that was known where `token` was given out.

    Where this engine has not seen as much, it catches up, and waits for a store that is behind
    itself for up to `within` seconds; then the question raises Unavailable. It is never answered
    from less. Raises Invalid for a time that is none; whether the token is one is seen when asked.

    >>> at_least("acme.7.mAcMaCmAcMaCmAcM", within=0.5).within
    0.5
    """
    return AtLeast(token, within)


def snapshot_of(tenant: Tenant, consistency: Consistency) -> Snapshot:
    """The index of an account, as fresh as is wanted.

    Raises Invalid for another word and for a token that is none of the account's, Unavailable where
    the store does not get to a token in time.
    """
    if consistency == "minimize_latency":
        return tenant.index.current()
    if consistency == "latest":
        return tenant.index.latest()
    if isinstance(consistency, AtLeast):
        revision = tenant.settings.tokens.read(tenant.account, consistency.token)
        return reached(tenant, revision, consistency.within)
    raise Invalid(
        f"{consistency!r} is no consistency; it is 'minimize_latency', at_least(token) or 'latest'"
    )


def reached(
    tenant: Tenant,
    revision: int,
    within: float,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Snapshot:
    """The index at `revision` or past it, waited for up to `within` seconds.

    `monotonic` tells the time, and `pause` passes it, both in seconds. Raises Unavailable where the
    revision is not there by then. Inside a transaction of the application's it is not waited for:
    that sees no more of others than it does, and holds them up.
    """
    snapshot = tenant.index.current()
    if snapshot.revision >= revision:
        return snapshot
    end = monotonic() + within
    while (snapshot := tenant.index.latest()).revision < revision:
        wanted = f"revision {revision} of account {tenant.account!r} is wanted, and "
        if tenant.joined:
            raise Unavailable(
                f"{wanted}this transaction sees {snapshot.revision}; roll back and begin anew"
            )
        left = end - monotonic()
        if left <= 0:
            raise Unavailable(
                f"{wanted}after {within:g} seconds the store has {snapshot.revision}; try again, "
                "or ask with 'latest' where the token was given out"
            )
        _wait(tenant.store, left, pause)
    return snapshot


def _wait(store: Store, left: float, pause: Callable[[float], None]) -> None:
    if isinstance(store, Waitable):
        store.wait(min(left, _LOOK_S))
    else:
        pause(min(left, _POLL_S))
