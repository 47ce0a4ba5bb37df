"""What no engine can beat: a call that does nothing, and one look at an answer that is known."""

from collections.abc import Sequence

from access_model import Query
from access_world import World

from access_peers import Peer


def _nothing(principal: str, permission: str, resource: str, scope: str) -> bool:
    return False


class Empty(Peer):
    note = "calls a function that does nothing: the loop and the clock themselves"
    right = False

    def load(self, world: World) -> None:
        self.checks = dict.fromkeys(world.names, _nothing)


class Lookup(Peer):
    note = "one probe of a dict of answers that were given before"

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Query, bool] = {}

    def load(self, world: World) -> None:
        asked = world.questions()
        self.known = dict(zip(asked.verify, asked.verify_answers, strict=True))
        self.known.update(zip(asked.bulk, asked.bulk_answers, strict=True))
        self.checks = {name: self._check(name) for name in world.names}

    def _check(self, account: str) -> "_Known":
        found: dict[tuple[str, ...], bool] = {
            query[1:]: answer for query, answer in self.known.items() if query[0] == account
        }
        return _Known(found)

    def answers(self, queries: Sequence[Query]) -> list[bool]:
        known = self.known
        return [known[query] for query in queries]


class _Known:
    def __init__(self, known: dict[tuple[str, ...], bool]) -> None:
        self.known = known

    def __call__(self, principal: str, permission: str, resource: str, scope: str) -> bool:
        return self.known[principal, permission, resource, scope]


PEERS = {"empty": Empty, "lookup": Lookup}
