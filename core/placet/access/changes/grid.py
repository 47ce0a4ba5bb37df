"""What somebody holds, cut into spots within which nothing differs: a scope, resources, a time.

Permissions that are held in the same ways are looked at once.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from placet.access.changes.places import cells_of
from placet.access.changes.sides import Holding, Offer, Piece, Side
from placet.access.reach import Reach
from placet.model import ApprovalPolicy
from placet.refs import ScopeLevel

__all__ = ["Alike", "Grid", "Half", "Window", "alike"]

Window = tuple[datetime, datetime | None]
"""From a moment until just before another one; None for always."""


class Half(NamedTuple):
    """What somebody holds of a permission on one side, and the policies that protect it."""

    pieces: tuple[Piece, ...] = ()
    offers: tuple[Offer, ...] = ()
    policies: tuple[ApprovalPolicy, ...] = ()
    levels: frozenset[ScopeLevel] = frozenset()


class Alike(NamedTuple):
    """Permissions that are held in the same ways, before and after.

    `type` is that of their resources, None where single resources make no difference.
    """

    halves: tuple[Half, Half]
    type: str | None


def alike(
    sides: tuple[Side, Side], held: tuple[Holding, Holding], apart: Collection[str]
) -> dict[Alike, list[str]]:
    """The permissions of what somebody holds, by how it is held.

    `apart` are types of which single resources differ themselves. A permission that has another
    type or action by now is another one.
    """
    found: dict[Alike, list[str]] = {}
    for permission in sorted({*_permissions(held[0]), *_permissions(held[1])}):
        halves = [_half(*each, permission) for each in zip(sides, held, strict=True)]
        for meaning in sorted({meaning for _, meaning in halves if meaning is not None}):
            before, after = (half if of == meaning else Half() for half, of in halves)
            type, _ = meaning
            universal = type not in apart and not any(
                ids is not None for half in (before, after) for ids in _sets(half, type)
            )
            key = Alike((before, after), None if universal else type)
            found.setdefault(key, []).append(permission)
    return found


class Grid:
    """The spots of permissions that are held alike.

    `groups` are resources: None for all that no piece names, else ids.
    """

    def __init__(self, held: Alike, now: datetime, single: Iterable[str]) -> None:
        pieces = [piece for half in held.halves for piece in half.pieces]
        offers = [offer for half in held.halves for offer in half.offers]
        policies = [policy for half in held.halves for policy in half.policies]
        self._type = held.type
        self.named = frozenset(
            (
                *(root[0] for piece in pieces for root in piece.reach.roots),
                *(policy.scope for policy in (*policies, *(offer.policy for offer in offers))),
            )
        )
        self.cells = cells_of(self.named)
        self.windows = tuple(_windows([piece.reach for piece in pieces], now))
        sets = [
            ids
            for half in held.halves
            for ids in (_sets(half, held.type) if held.type is not None else ())
            if ids is not None
        ]
        self.groups = tuple(_groups(sets, single if held.type is not None else ()))

    def pieces(self, half: Half, window: Window, ids: frozenset[str] | None) -> list[Piece]:
        """The pieces that count in a window of time for some resources."""
        return [
            piece
            for piece in half.pieces
            if _lasts(piece.reach, window) and self._covers(piece.reach.ids(self._type or ""), ids)
        ]

    def offers(self, half: Half, ids: frozenset[str] | None) -> list[Offer]:
        """The offers that are about some resources."""
        return [offer for offer in half.offers if self._covers(offer.ids(self._type or ""), ids)]

    def _covers(self, reached: frozenset[str] | None, ids: frozenset[str] | None) -> bool:
        if self._type is None or reached is None:
            return True
        return ids is not None and not ids.isdisjoint(reached)


def _permissions(held: Holding) -> Iterator[str]:
    for piece in held.pieces:
        yield from piece.reach.permissions
    for offer in held.offers:
        yield from offer.policy.applies_to


def _half(side: Side, held: Holding, permission: str) -> tuple[Half, tuple[str, str] | None]:
    """One side of a permission, and its type and action; None where it gives nothing."""
    known = side.snapshot.permissions.get(permission)
    if known is None or not known.grants:
        return Half(), None
    half = Half(
        tuple(piece for piece in held.pieces if permission in piece.reach.permissions),
        tuple(offer for offer in held.offers if permission in offer.policy.applies_to),
        side.protecting(permission),
        frozenset(known.allowed_scope_levels),
    )
    return half, (known.resource_type, known.action)


def _sets(half: Half, type: str) -> Iterator[frozenset[str] | None]:
    for piece in half.pieces:
        yield piece.reach.ids(type)
    for offer in half.offers:
        yield offer.ids(type)


def _windows(reaches: Iterable[Reach], now: datetime) -> Iterator[Window]:
    ends = {end for reach in reaches for end in (reach.not_before, reach.expires_at)}
    moments = [now, *sorted(end for end in ends if end is not None and end > now)]
    yield from zip(moments, (*moments[1:], None), strict=True)


def _lasts(reach: Reach, window: Window) -> bool:
    start, end = window
    return (reach.not_before is None or reach.not_before <= start) and (
        reach.expires_at is None or (end is not None and end <= reach.expires_at)
    )


def _groups(
    sets: Iterable[frozenset[str]], single: Iterable[str]
) -> Iterator[frozenset[str] | None]:
    """Resources of which each set has all or nothing, the single ones by themselves."""
    signs: dict[str, int] = {}
    for at, ids in enumerate((*dict.fromkeys(sets), *(frozenset({one}) for one in single))):
        for id in ids:
            signs[id] = signs.get(id, 0) | 1 << at
    groups: dict[int, set[str]] = {}
    for id, sign in signs.items():
        groups.setdefault(sign, set()).add(id)
    yield None
    yield from map(frozenset, groups.values())
