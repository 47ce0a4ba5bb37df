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
_ALL = SHARDS  # where the sum of the sizes stands
_MOST = 131_072
"""How much is kept in all; beyond that, a shard begins anew. Some 40 MB an account at the most."""


class Views:
    """Compiled grants by principal, then by whatever of it was asked."""

    __slots__ = ("_sizes", "shards")

    def __init__(
        self,
        shards: tuple[dict[str, dict[Any, Any]], ...] | None = None,
        sizes: list[int] | None = None,
    ) -> None:
        self.shards = tuple({} for _ in range(SHARDS)) if shards is None else shards
        # Not exact where several threads keep at once, and need not be.
        self._sizes = [0] * (SHARDS + 1) if sizes is None else sizes

    def keep(self, principal: str, asked: object, compiled: object) -> None:
        """Keep what was compiled, in place of others where there is no room."""
        at = hash(principal) % SHARDS
        shard = self.shards[at]
        sizes = self._sizes
        sizes[at] += 1
        sizes[_ALL] += 1
        if sizes[_ALL] > _MOST:
            sizes[_ALL] -= sizes[at] - 1
            sizes[at] = 1
            shard.clear()
        shard.setdefault(principal, {})[asked] = compiled

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
        return Views(tuple(shards), self._sizes.copy()) if copied else self
