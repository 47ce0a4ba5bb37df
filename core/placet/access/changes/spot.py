"""How somebody stands at one spot: from the pieces, offers and policies that reach it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from placet.access.changes.grid import Half
from placet.access.changes.places import Cell, root_of
from placet.access.changes.sides import Offer, Piece
from placet.access.changes.standing import NOTHING, Need, Stand, Told, Way, stand
from placet.access.reach import holds
from placet.model import ApprovalPolicy
from placet.refs import is_below

__all__ = ["Spot", "Tell", "spot_of"]

Tell = Callable[[str], Told | bool | None]
"""What a condition comes to here: a text where that hangs on the request, None for an error."""
By = Mapping[Told | None, list[Piece]]


class Spot(NamedTuple):
    """A stand, and the allows and denies that it comes from, by their conditions."""

    stand: Stand = NOTHING
    allows: By = {}
    denies: By = {}

    def causes(self, way: Way, other: "Spot") -> Iterator[tuple[str, str]]:
        """By what a way is there that is not so at the `other` spot: field and reference."""
        for piece in () if way.asks else self.allows.get(way.condition, ()):
            reach = piece.reach
            if reach.role is not None:
                yield "roles", reach.role
            if reach.principal:
                yield "through", reach.principal
            if piece.resource_group is not None:
                yield "resource_groups", piece.resource_group
        for condition, pieces in other.denies.items():
            for piece in pieces if condition not in self.denies else ():
                if piece.reach.role is not None:
                    yield "denied", piece.reach.role


def spot_of(
    half: Half, pieces: Iterable[Piece], offers: Iterable[Offer], cell: Cell, tell: Tell
) -> Spot:
    """How somebody stands in a cell with the pieces and offers that count there.

    As in a check, an error of a condition never opens a door: a deny and four eyes then count, an
    allow and an offer do not (failure mode T45).
    """
    if cell[1] not in half.levels:
        return Spot()
    root = root_of(cell)
    reaching = [piece for piece in pieces if any(holds(over, root) for over in piece.reach.roots)]
    allows = _by_condition((piece for piece in reaching if not piece.deny), tell, error=False)
    denies = _by_condition((piece for piece in reaching if piece.deny), tell, error=True)
    asked = frozenset(_asked(half.policies, cell, tell))
    ways = (*_held(allows, asked), *_offered(offers, asked, cell, tell))
    return Spot(stand(ways, denies), allows, denies)


def _held(allows: By, asked: frozenset[Need]) -> Iterator[Way]:
    # Access that an approval has given satisfies the policies under which it was approved.
    everywhere = _satisfied(allows.get(None, ()))
    for condition, pieces in allows.items():
        satisfied = everywhere | _satisfied(pieces)
        yield Way(condition, frozenset(need for need in asked if need.policy not in satisfied))


def _offered(
    offers: Iterable[Offer], asked: frozenset[Need], cell: Cell, tell: Tell
) -> Iterator[Way]:
    for policy, _ in offers:
        told = _told(policy.when, tell)
        if told is not None and told is not False and is_below(cell[0], policy.scope):
            condition = told if isinstance(told, Told) else None
            yield Way(condition, asked | {Need(policy.ref)}, asks=True)


def _asked(policies: Iterable[ApprovalPolicy], cell: Cell, tell: Tell) -> Iterator[Need]:
    for policy in policies:
        if is_below(cell[0], policy.scope):
            told = _told(policy.when, tell)
            if told is not False:
                yield Need(policy.ref, told if isinstance(told, Told) else None)


def _by_condition(pieces: Iterable[Piece], tell: Tell, *, error: bool) -> By:
    found: dict[Told | None, list[Piece]] = {}
    for piece in pieces:
        told = _told(piece.reach.condition, tell)
        if isinstance(told, Told):
            found.setdefault(told, []).append(piece)
        elif error if told is None else told:
            found.setdefault(None, []).append(piece)
    return found


def _told(condition: str | None, tell: Tell) -> Told | bool | None:
    return True if condition is None else tell(condition)


def _satisfied(pieces: Iterable[Piece]) -> frozenset[str]:
    return frozenset(ref for piece in pieces for ref in piece.satisfied)
