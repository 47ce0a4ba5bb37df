"""The one way in which a store says that somebody was faster."""

from collections.abc import Sequence

from placet.errors import Conflict
from placet.storage.port import Key

__all__ = ["conflict_over"]

_NAMED = 3


def conflict_over(account: str, keys: Sequence[Key]) -> Conflict:
    """The Conflict for documents whose `expect` failed: names all of them, the first few in words.

    >>> conflict_over("acme", [Key("user", "sam")]).message
    "user 'sam' in account 'acme' changed meanwhile; read again and decide again"
    """
    names = ", ".join(f"{key.kind} {key.id!r}" for key in keys[:_NAMED])
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return Conflict(
        f"{names}{more} in account {account!r} changed meanwhile; read again and decide again",
        keys,
    )
