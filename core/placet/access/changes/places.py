"""Where something holds, as few places: for telling people about regions of scopes.

Scopes are without end, so they are looked at in cells: each scope that somebody names, and what
lies below it and is not named itself, by level. Within a cell nothing differs.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

import msgspec

from placet.access.held import place_name
from placet.access.reach import Root
from placet.model import ALL_LEVELS
from placet.refs import ScopeLevel, is_below, scope_chain, scope_level

__all__ = ["Cell", "Place", "cells_of", "height_of", "places_of", "root_of"]

Cell = tuple[str, ScopeLevel]
"""A scope at its own level, or at a lower level what lies under it and is not named."""


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """A scope itself where `here`, and where `below` what lies under it; all of `but` left out.

    >>> str(Place("retail", below=True, but=("retail/shop",)))
    'retail and below, but not in retail/shop'
    """

    scope: str
    here: bool = True
    below: bool = False
    but: tuple[str, ...] = ()

    def __str__(self) -> str:
        name = place_name(self.scope)
        if not self.below:
            return name
        left = f", but not in {' or '.join(map(_and_below, self.but))}" if self.but else ""
        return (f"{name} and below" if self.here else f"below {name}") + left

    def holds(self, cell: Cell, named: Collection[str]) -> bool:
        """Whether a cell lies in it, `named` being the scopes that have cells of their own."""
        scope, level = cell
        if not is_below(scope, self.scope) or any(is_below(scope, left) for left in self.but):
            return False
        if scope_level(scope) == level:
            return self.here if scope == self.scope else self.below
        return self.below and not any(
            next((above for above in scope_chain(left) if above in named), None) == scope
            for left in self.but
        )


def cells_of(named: Iterable[str]) -> tuple[Cell, ...]:
    """Every cell of these scopes, in order.

    >>> cells_of(["retail"])
    (('retail', 'organization'), ('retail', 'project'))
    """
    return tuple(
        (scope, level)
        for scope in sorted(set(named))
        for level in ALL_LEVELS[ALL_LEVELS.index(scope_level(scope)) :]
    )


def root_of(cell: Cell) -> Root:
    """The scope of a cell, with what lies under it where the cell is of that."""
    return cell[0], scope_level(cell[0]) != cell[1]


def places_of(
    cells: Collection[Cell], named: Collection[str], matters: Callable[[Cell], bool]
) -> tuple[Place, ...]:
    """Some of the cells of `named` scopes, as few places.

    A cell that does not matter may count as in or out, as it reads better.

    >>> places_of({("", "account"), ("", "organization"), ("", "project")}, [""], lambda _: True)
    (Place(scope='', here=True, below=True, but=()),)
    """
    return tuple(_Tree(cells, named, matters).places())


def height_of(places: Iterable[Place]) -> int:
    """How high up the highest of some places is, for sorting: 0 is the account and all below it."""
    return min(
        ALL_LEVELS.index(scope_level(place.scope)) * 2 + (0 if place.below else 1)
        for place in places
    )


class _Tree:
    """Named scopes, each over those that lie nearest under it."""

    def __init__(
        self, cells: Collection[Cell], named: Collection[str], matters: Callable[[Cell], bool]
    ) -> None:
        self._cells = cells
        self._matters = matters
        self._under: dict[str | None, list[str]] = {}
        known = set(named)
        for scope in sorted(known):
            over = next((one for one in scope_chain(scope)[1:] if one in known), None)
            self._under.setdefault(over, []).append(scope)

    def places(self) -> Iterator[Place]:
        """All of the places."""
        return self._among(self._under.get(None, ()))

    def _among(self, scopes: Iterable[str]) -> Iterator[Place]:
        for scope in scopes:
            own, *rest = cells_of([scope])
            here = own in self._cells
            under = self._under.get(scope, [])
            if any(cell in self._cells for cell in rest):
                under = [one for one in under if not self._whole(one)]
                yield Place(scope, here or not self._matters(own), True, tuple(under))
            elif here:
                yield Place(scope)
            yield from self._among(under)

    def _whole(self, scope: str) -> bool:
        return all(
            cell in self._cells or not self._matters(cell) for cell in cells_of([scope])
        ) and all(map(self._whole, self._under.get(scope, ())))


def _and_below(scope: str) -> str:
    return scope if scope_level(scope) == "project" else f"{scope} and below"
