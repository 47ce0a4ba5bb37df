"""How somebody stands to a permission at one spot, so that two such standings can be compared.

At a spot nothing differs but what conditions come to, and those are not asked: two conditions of
the same text are the same, and two of other texts may come to anything. So a comparison may find a
difference that no request ever meets; it overlooks none.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Literal, NamedTuple

__all__ = [
    "NOTHING",
    "RANKS",
    "Difference",
    "Need",
    "Stand",
    "Standing",
    "Told",
    "Way",
    "beyond",
    "stand",
]

Standing = Literal["denied", "approval_required", "allowed"]

RANKS: dict[Standing, int] = {"denied": 0, "approval_required": 1, "allowed": 2}


class Told(NamedTuple):
    """A condition by its text; with a `side` one that may come to something else there.

    A side is 1 for before and 2 for after, 0 where the text says the same on both.
    """

    text: str
    side: int = 0


class Need(NamedTuple):
    """A policy that wants approval; `when` is its condition, None for always."""

    policy: str
    when: Told | None = None

    def covers(self, other: "Need") -> bool:
        """Whether it asks whenever the other one does."""
        return self.policy == other.policy and self.when in (None, other.when)


class Way(NamedTuple):
    """One way in which it may be done: under a condition, and with approval where `needs` ask.

    `asks` is the way of somebody who does not hold it, and may ask for it.
    """

    condition: Told | None = None
    needs: frozenset[Need] = frozenset()
    asks: bool = False

    @property
    def standing(self) -> Standing:
        """What it comes to where its condition is true."""
        return "approval_required" if self.asks or self.needs else "allowed"

    def serves(self, other: "Way") -> bool:
        """Whether who has this way needs the other one for nothing."""
        return (
            self.condition in (None, other.condition)
            and (other.asks or not self.asks)
            and all(any(need.covers(mine) for need in other.needs) for mine in self.needs)
        )


class Stand(NamedTuple):
    """All ways of somebody at a spot, and the conditions under which they are denied it."""

    ways: frozenset[Way]
    unless: frozenset[Told]


class Difference(NamedTuple):
    """A way that one stand has and the other one has not.

    `instead` is the best of the other one there, None where it is denied. `denies` are conditions
    of denies that only the other one has, where nothing but these makes the difference.
    """

    way: Way
    instead: Way | None
    denies: frozenset[Told]


NOTHING = Stand(frozenset(), frozenset())


def stand(ways: Iterable[Way], unless: Collection[Told | None]) -> Stand:
    """The stand of somebody with these ways and denies; what serves for nothing is left out.

    >>> stand([Way(Told("a")), Way()], []).ways == {Way()}
    True
    >>> stand([Way()], [None]) == NOTHING
    True
    """
    if None in unless:
        return NOTHING
    all = frozenset(ways)
    # Who holds it has no use for asking, whatever else is wanted of them.
    holds = any(way.condition is None and not way.asks for way in all)
    kept = frozenset(
        way
        for way in all
        if not (way.asks and holds) and not any(other != way and other.serves(way) for other in all)
    )
    return Stand(kept, frozenset(one for one in unless if one is not None)) if kept else NOTHING


def beyond(one: Stand, other: Stand) -> Iterator[Difference]:
    """What the one has beyond the other.

    >>> [found.instead for found in beyond(stand([Way()], []), NOTHING)]
    [None]
    >>> list(beyond(stand([Way()], [Told("x")]), stand([Way()], [])))
    []
    """
    more = other.unless - one.unless
    for way in one.ways:
        similar = [mine for mine in other.ways if mine.condition in (None, way.condition)]
        served = any(mine.serves(way) for mine in similar)
        if more:
            yield Difference(way, None, more if served else frozenset())
        elif not served:
            yield Difference(way, max(similar, key=_rank, default=None), frozenset())


def _rank(way: Way) -> tuple[int, int]:
    return RANKS[way.standing], -len(way.needs)
