"""placet itself, through its public API: `check` plain, with a condition, and `decide`.

Each account is a tenant view kept in a dict. Documents come from a store that keeps none of them,
so that what is measured as memory is the index with the directory in it.
"""

import time
from collections.abc import Sequence

from access_model import Query
from access_store import URL, WorldPlugin
from access_world import World

from access_peers import Peer
from placet import Placet
from placet.errors import Invalid

_clock = time.perf_counter_ns
_OPEN = {"state": "open", "owner": "user:sam"}


class PlacetPeer(Peer):
    note = "placet.check on tenant views; users are in the directory"
    condition: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.views: dict[str, Placet] = {}

    def load(self, world: World) -> None:
        engine = Placet.open(URL, plugins=[WorldPlugin(world, self.condition)])
        for name in world.names:
            view = engine.tenant(name)
            # The first question loads an account.
            view.check("user:nobody", world.permissions[0], "res:none", scope="")
            self.views[name] = view

    def answers(self, queries: Sequence[Query]) -> list[bool]:
        views = self.views
        return [
            views[account].check(principal, permission, resource, scope=scope)
            for account, principal, permission, resource, scope in queries
        ]

    def each(self, queries: Sequence[Query]) -> list[int]:
        views, clock, spent = self.views, _clock, []
        for account, principal, permission, resource, scope in queries:
            view = views[account]
            start = clock()
            view.check(principal, permission, resource, scope=scope)
            spent.append(clock() - start)
        return spent

    def verified(self, queries: Sequence[Query]) -> list[bool]:
        """In process an unregistered permission is an error; a host answers a denial."""
        found = []
        for query in queries:
            try:
                found.extend(self.answers([query]))
            except Invalid as refused:
                if query.permission not in str(refused):
                    raise
                found.append(False)
        return found


class WithCondition(PlacetPeer):
    note = "every assignment carries a condition on a property that the request brings; it is true"
    condition = "resource.properties.state == 'open'"

    def answers(self, queries: Sequence[Query]) -> list[bool]:
        views, given = self.views, _OPEN
        return [
            views[account].check(principal, permission, resource, scope=scope, properties=given)
            for account, principal, permission, resource, scope in queries
        ]

    def each(self, queries: Sequence[Query]) -> list[int]:
        views, given, clock, spent = self.views, _OPEN, _clock, []
        for account, principal, permission, resource, scope in queries:
            view = views[account]
            start = clock()
            view.check(principal, permission, resource, scope=scope, properties=given)
            spent.append(clock() - start)
        return spent


class Deciding(PlacetPeer):
    note = "placet.decide, with its reasons"

    def answers(self, queries: Sequence[Query]) -> list[bool]:
        views = self.views
        return [
            views[account].decide(principal, permission, resource, scope=scope).allowed
            for account, principal, permission, resource, scope in queries
        ]

    def each(self, queries: Sequence[Query]) -> list[int]:
        views, clock, spent = self.views, _clock, []
        for account, principal, permission, resource, scope in queries:
            view = views[account]
            start = clock()
            view.decide(principal, permission, resource, scope=scope)
            spent.append(clock() - start)
        return spent


PEERS = {"placet": PlacetPeer, "placet_condition": WithCondition, "placet_decide": Deciding}
