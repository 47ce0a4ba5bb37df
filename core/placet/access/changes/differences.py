"""What one subject gains and loses between two sides: spots compared, and put together again."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from placet.access.changes.change import AccessChange, Asking, Kind
from placet.access.changes.grid import Alike, Grid, Half, Window, alike
from placet.access.changes.places import Cell, places_of
from placet.access.changes.sides import Holding, Side
from placet.access.changes.spot import Spot, Tell, spot_of
from placet.access.changes.standing import RANKS, Difference, Need, Standing, Told, beyond
from placet.access.changes.telling import Telling
from placet.refs import ScopeLevel

__all__ = ["Covering", "differences"]

Group = frozenset[str] | None
Cause = tuple[str, str]
Covering = tuple[Sequence[AccessChange], Sequence[AccessChange]]
"""The gains and the losses that are told of somebody else, and need not be told again."""

_CAUSES = ("roles", "through", "resource_groups", "denied")


def differences(
    sides: tuple[Side, Side],
    held: tuple[Holding, Holding],
    telling: Telling,
    now: datetime,
    covering: Covering = ((), ()),
) -> tuple[AccessChange, ...]:
    """What somebody who held the one and holds the other gains and loses, in no order.

    What `covering` tells already is left out.
    """
    changes: dict[AccessChange, AccessChange] = {}
    for found, permissions in alike(sides, held, telling.types).items():
        if not (_same(*found.halves) and telling.settled(found)):
            compared = _Compared(found, tuple(permissions), sides, telling, now, covering)
            for change in compared.changes():
                _join(changes, change)
    return tuple(changes.values())


def _same(before: Half, after: Half) -> bool:
    return (
        set(before.pieces) == set(after.pieces)
        and before.levels == after.levels
        and _asking(before) == _asking(after)
    )


def _asking(half: Half) -> object:
    return (
        {(policy.ref, policy.when) for policy in half.policies},
        {(offer.policy.ref, offer.policy.when, offer.resource) for offer in half.offers},
    )


def _join(changes: dict[AccessChange, AccessChange], change: AccessChange) -> None:
    """Take a change in, together with one that differs in the permissions and the causes only."""
    named = change.resources is not None or bool(change.but)
    key = msgspec.structs.replace(
        change,
        permissions=(),
        types=change.types if named else (),
        **dict.fromkeys(_CAUSES, ()),
    )
    known = changes.get(key)
    if known is not None:
        united = {
            name: tuple(sorted({*getattr(known, name), *getattr(change, name)}))
            for name in ("permissions", "types", *_CAUSES)
        }
        change = msgspec.structs.replace(change, **united)
    changes[key] = change


class _Told(NamedTuple):
    """What a difference comes to, wherever it is so."""

    kind: Kind
    was: Standing
    now: Standing
    asks: bool
    condition: str | None
    unless: tuple[str, ...]
    denies: tuple[str, ...]
    policies: tuple[Asking, ...]
    levels: tuple[ScopeLevel, ...]


class _Region(NamedTuple):
    """Where it is so, but for the time."""

    cells: frozenset[Cell]
    groups: frozenset[Group]


_Found = dict[Group, tuple[set[Cell], set[Cause]]]


class _Compared:
    """Permissions that are held alike, before and after."""

    def __init__(
        self,
        held: Alike,
        permissions: tuple[str, ...],
        sides: tuple[Side, Side],
        telling: Telling,
        now: datetime,
        covering: Covering,
    ) -> None:
        self._held = held
        self._permissions = permissions
        self._ids = frozenset(permissions)
        self._telling = telling
        self._now = now
        self._covering = covering
        self._grid = Grid(held, now, telling.apart(held))
        self._types = (
            (held.type,)
            if held.type is not None
            else tuple(sorted({type for side in sides for type in side.types(permissions)}))
        )
        before, after = (half.levels for half in held.halves)
        self._levels = before | after
        # Where one side means nothing at a level, what differs there is told of that level alone.
        self._by_level = bool(before and after and before != after)
        asked = [_asking(half) for half in held.halves]
        self._steady = before == after and asked[0] == asked[1] and telling.settled(held)

    def changes(self) -> Iterator[AccessChange]:
        """The changes, each as few regions as can be."""
        found: dict[_Told, dict[Window, _Found]] = {}
        for window in self._grid.windows:
            for group in self._grid.groups:
                for cell, told, causes in self._spots(window, group):
                    here = found.setdefault(told, {}).setdefault(window, {})
                    cells, known = here.setdefault(group, (set(), set()))
                    cells.add(cell)
                    known.update(causes)
        for told, by_window in found.items():
            for region, window, causes in _regions(by_window):
                yield self._change(told, region, window, causes)

    def _spots(self, window: Window, group: Group) -> Iterator[tuple[Cell, _Told, set[Cause]]]:
        parts = [
            (self._grid.pieces(half, window, group), self._grid.offers(half, group))
            for half in self._held.halves
        ]
        if self._steady and parts[0] == parts[1]:
            return
        for cell in self._grid.cells:
            before, after = (
                spot_of(half, *part, cell, self._tell(side, group))
                for side, (half, part) in enumerate(zip(self._held.halves, parts, strict=True))
            )
            if before.stand == after.stand:
                continue
            kinds: tuple[tuple[Kind, Spot, Spot], ...] = (
                ("gain", after, before), ("loss", before, after),
            )  # fmt: skip
            for kind, one, other in kinds:
                for difference in beyond(one.stand, other.stand):
                    told = self._told(kind, difference, one, cell)
                    if not self._covered(told, cell, window, group):
                        yield cell, told, set(one.causes(difference.way, other))

    def _told(self, kind: Kind, found: Difference, one: Spot, cell: Cell) -> _Told:
        way, instead = found.way, found.instead
        better = way.standing
        other: Standing = "denied" if instead is None else instead.standing
        was, now = (other, better) if kind == "gain" else (better, other)
        later, earlier = (way, instead) if kind == "gain" else (instead, way)
        needs = later.needs if later else frozenset[Need]()
        if not needs and earlier is not None and (way.asks or (RANKS[now] and not earlier.asks)):
            needs = earlier.needs
        return _Told(
            kind,
            was,
            now,
            way.asks or (instead is not None and instead.asks),
            None if way.condition is None else way.condition.text,
            _texts(one.stand.unless),
            _texts(found.denies),
            tuple(
                Asking(need.policy, None if need.when is None else need.when.text)
                for need in sorted(needs, key=lambda need: need.policy)
            ),
            (cell[1],) if self._by_level else (),
        )

    def _tell(self, side: int, group: Group) -> Tell:
        return lambda text: self._telling.tell(text, side, self._held.type, group)

    def _covered(self, told: _Told, cell: Cell, window: Window, group: Group) -> bool:
        """Whether it is told of somebody else who this one is as well."""
        return any(
            _says_all(entry, told)
            and self._ids.issubset(entry.permissions)
            and _lasts(entry, window, self._now)
            and any(place.holds(cell, self._grid.named) for place in entry.places)
            and self._has(entry, group)
            for entry in self._covering[0 if told.kind == "gain" else 1]
        )

    def _has(self, entry: AccessChange, group: Group) -> bool:
        if entry.resources is None and not entry.but:
            return True
        if group is None:
            return entry.resources is None and self._named().issuperset(entry.but)
        these = self._refs(group)
        if entry.resources is None:
            return these.isdisjoint(entry.but)
        return these.issubset(entry.resources)

    def _named(self) -> frozenset[str]:
        return self._refs(id for group in self._grid.groups for id in group or ())

    def _refs(self, ids: Iterable[str]) -> frozenset[str]:
        return frozenset(f"{self._held.type}:{id}" for id in ids)

    def _change(
        self, told: _Told, region: _Region, window: Window, causes: set[Cause]
    ) -> AccessChange:
        levels = told.levels or self._levels
        these = self._refs(id for group in region.groups for id in group or ())
        whole = None in region.groups
        start, end = window
        by = {of: tuple(sorted(ref for at, ref in causes if at == of)) for of in _CAUSES}
        return AccessChange(
            principal="",
            permissions=self._permissions,
            places=places_of(region.cells, self._grid.named, lambda cell: cell[1] in levels),
            types=self._types,
            resources=None if whole else tuple(sorted(these)),
            but=tuple(sorted(self._named() - these)) if whole else (),
            not_before=None if start == self._now else start,
            expires_at=end,
            roles=by["roles"],
            through=by["through"],
            resource_groups=by["resource_groups"],
            denied=by["denied"],
            **told._asdict(),
        )


def _regions(by_window: dict[Window, _Found]) -> Iterator[tuple[_Region, Window, set[Cause]]]:
    """Where it is so, resources and times put together as far as they are alike."""
    open_: dict[_Region, tuple[Window, set[Cause]]] = {}
    for window, found in sorted(by_window.items(), key=lambda one: one[0][0]):
        alike: dict[frozenset[Cell], tuple[set[Group], set[Cause]]] = {}
        for group, (cells, causes) in found.items():
            groups, known = alike.setdefault(frozenset(cells), (set(), set()))
            groups.add(group)
            known |= causes
        going_on: dict[_Region, tuple[Window, set[Cause]]] = {}
        for cells_, (groups, causes) in alike.items():
            region = _Region(cells_, frozenset(groups))
            before = open_.pop(region, None)
            if before is not None and before[0][1] == window[0]:
                going_on[region] = ((before[0][0], window[1]), before[1] | causes)
            else:
                going_on[region] = (window, causes)
                if before is not None:
                    yield region, *before
        yield from ((region, *known) for region, known in open_.items())
        open_ = going_on
    yield from ((region, *known) for region, known in open_.items())


def _says_all(entry: AccessChange, told: _Told) -> bool:
    """Whether what is told says as much, wherever both speak."""
    wider = RANKS[entry.was] <= RANKS[told.was] and RANKS[entry.now] >= RANKS[told.now]
    if told.kind == "loss":
        wider = RANKS[entry.was] >= RANKS[told.was] and RANKS[entry.now] <= RANKS[told.now]
    return (
        wider
        and entry.condition in (None, told.condition)
        and set(entry.unless) <= set(told.unless)
        and entry.denies in ((), told.denies)
        and entry.levels in ((), told.levels)
    )


def _lasts(entry: AccessChange, window: Window, now: datetime) -> bool:
    start, end = window
    return (entry.not_before or now) <= start and (
        entry.expires_at is None or (end is not None and end <= entry.expires_at)
    )


def _texts(conditions: Iterable[Told]) -> tuple[str, ...]:
    return tuple(sorted({told.text for told in conditions}))
