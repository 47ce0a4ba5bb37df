"""The engines that are compared: one file each, and what they have in common.

A peer takes the same words as placet: an account, and in it a principal `user:x`, a permission id,
a resource `type:id` and the path of a scope. It keeps one check an account.
"""

import importlib
import time
from collections.abc import Callable, Sequence
from typing import cast

from access_model import Query
from access_world import World

__all__ = ["ALL", "LIMITS", "MINE", "PLAIN", "REAL", "Check", "Peer", "peer"]

Check = Callable[[str, str, str, str], bool]
"""principal, permission, resource, scope -> whether it is allowed"""

LIMITS = ("empty", "lookup")
PLAIN = ("flat", "walk")
REAL = ("regorus", "cedar", "casbin_fast", "casbin", "oso", "vakt")
MINE = ("placet", "placet_condition", "placet_decide")
ALL = (*LIMITS, *PLAIN, *MINE, *REAL, "regorus_flat")

_FILES = {
    **dict.fromkeys(LIMITS, "limits"),
    **dict.fromkeys(MINE, "placet_peer"),
    **dict.fromkeys(("casbin", "casbin_fast"), "casbin_peer"),
    **dict.fromkeys(("regorus", "regorus_flat"), "regorus_peer"),
}

_clock = time.perf_counter_ns


class Peer:
    """One engine with every account of a world in it."""

    note = ""
    right = True
    """Whether its answers mean anything; those of a limit do not."""

    def __init__(self) -> None:
        self.checks: dict[str, Check] = {}

    def load(self, world: World) -> None:
        """Take in every account."""
        raise NotImplementedError  # each peer has its own way

    def answers(self, queries: Sequence[Query]) -> list[bool]:
        """The answers in a tight loop: what bulk throughput is measured with."""
        checks = self.checks
        return [
            checks[account](principal, permission, resource, scope)
            for account, principal, permission, resource, scope in queries
        ]

    def each(self, queries: Sequence[Query]) -> list[int]:
        """The nanoseconds of each call by itself, with those of reading the clock."""
        checks, clock, spent = self.checks, _clock, []
        for account, principal, permission, resource, scope in queries:
            check = checks[account]
            start = clock()
            check(principal, permission, resource, scope)
            spent.append(clock() - start)
        return spent

    def verified(self, queries: Sequence[Query]) -> list[bool]:
        """The answers to questions some of which name what nobody knows."""
        return self.answers(queries)


def peer(name: str) -> Peer:
    """The peer of a name. Raises ImportError where its library is not installed."""
    if name not in ALL:
        raise SystemExit(f"no peer is called {name!r}; there are {', '.join(ALL)}")
    module = importlib.import_module(f"access_peers.{_FILES.get(name, name + '_peer')}")
    return cast(Peer, module.PEERS[name]())
