"""Where compiled grants are kept: by principal, in shards that snapshots share.

What is kept belongs to a snapshot. The next one takes over the shards, but for those of principals
whose grants changed, and begins with none where more than that changed. A reader of an older
snapshot may go on compiling into a shard that both have: what it puts there is of a principal for
whom both say the same.
"""

from collections.abc import Iterable
from typing import Any

__all__ = ["SHARDS", "Views"]

SHARDS = 64
_PRINCIPALS = 1024
"""How many principals of one shard are kept; beyond that the shard begins anew."""
_PAIRS = 512
"""How many permissions and scopes of one principal are kept."""


class Views:
    """Compiled grants by principal, then by permission and scope."""

    __slots__ = ("shards",)

    def __init__(self, shards: tuple[dict[str, dict[Any, Any]], ...] | None = None) -> None:
        self.shards = tuple({} for _ in range(SHARDS)) if shards is None else shards

    def keep(self, principal: str, pair: object, compiled: object) -> None:
        """Keep what was compiled, in place of others where there is no room."""
        shard = self.shards[hash(principal) % SHARDS]
        view = shard.get(principal)
        if view is None:
            if len(shard) >= _PRINCIPALS:
                shard.clear()
            view = shard.setdefault(principal, {})
        elif len(view) >= _PAIRS:
            view.clear()
        view[pair] = compiled

    def without(self, principals: Iterable[str]) -> "Views":
        """The same but for these principals; what others compile meanwhile stays out of theirs."""
        shards = list(self.shards)
        copied: set[int] = set()
        for principal in principals:
            at = hash(principal) % SHARDS
            if at not in copied:
                copied.add(at)
                shards[at] = dict(shards[at])
            shards[at].pop(principal, None)
        return Views(tuple(shards)) if copied else self
