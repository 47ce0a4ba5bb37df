"""From a method that blocks to one that is awaited: the same signature, one thread hop.

A hop is `asyncio.to_thread`: the thread belongs to the loop's own pool, whose size the application
sets as for everything else, and sees its context variables. Nothing here stays in a thread for
longer than a use case takes, so that nobody waits for a thread that waits for them.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from placet.services.waiting import Patience, Watched

__all__ = ["Hopping", "awaited", "waited"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
T = TypeVar("T")


class Hopping(Generic[S_co]):
    """Stands for an object whose methods block. `behind` finds it, in the thread that calls it:
    that may be the first use of a store.
    """

    def __init__(self, behind: Callable[[], S_co]) -> None:
        self._behind = behind


def awaited(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[Hopping[S], P], Coroutine[Any, Any, R]]:
    """The method of the same name and signature that calls `method` in a thread.

    Called by its name: what stands behind may have one of its own, with checks of its own.
    """
    name = method.__name__

    @wraps(method)
    async def hops(self: Hopping[S], /, *args: P.args, **kwargs: P.kwargs) -> R:
        def called() -> R:
            bound: Callable[P, R] = getattr(self._behind(), name)
            return bound(*args, **kwargs)

        return await asyncio.to_thread(called)

    return hops


async def waited(watched: Watched[T], timeout: float) -> T:
    """`Watched.wait` that holds no thread up between two looks: thousands may wait."""
    loop = asyncio.get_running_loop()
    rung = asyncio.Event()

    def ring() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits in it any more
            loop.call_soon_threadsafe(rung.set)

    patience = Patience(timeout)
    # In a thread: what to listen for may have to be looked up.
    with await asyncio.to_thread(watched.ringing, ring):
        while True:
            # Before the look: what is committed during it rings for the next one.
            rung.clear()
            found = await asyncio.to_thread(watched.look)
            pause_s = watched.pause_s(found, patience)
            if not pause_s:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await rung.wait()
