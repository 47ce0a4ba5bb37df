"""Several calls at the same moment, in threads."""

import os
import threading
from collections.abc import Callable

from office import SYSTEM

from placet import PlacetError
from placet.testing import PlacetUnderTest

__all__ = ["TIMES", "NewOffice", "at_once", "events_of"]

_SOAK = bool(os.environ.get("SOAK"))
TIMES = {"memory": 1000 if _SOAK else 250, "sqlite": 500 if _SOAK else 50}
"""How often a race is run on each store that several threads may use."""
NewOffice = Callable[..., PlacetUnderTest]
"""Opens one office after the other, each on a store of its own, with these plugins."""


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call returned or raised, all of them started at the same moment."""
    start = threading.Barrier(len(calls))
    outcomes: list[object] = [None] * len(calls)

    def run(at: int, call: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes[at] = call()
        except PlacetError as error:
            outcomes[at] = error

    threads = [threading.Thread(target=run, args=(at, call)) for at, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def events_of(placet: PlacetUnderTest, approval: str, *kinds: str) -> list[str]:
    """What happened to an approval, of these kinds, in its order."""
    found = placet.audit.list(approval=approval, limit=1000, actor=SYSTEM).items
    return [event.kind for event in found if event.kind in kinds]
