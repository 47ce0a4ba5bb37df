"""Who gains and who loses what by a change: a function of the account before it and after it.

Everybody whom the change touches is compared, for every registered permission: people, programs and
groups as themselves, everyone as `everyone`. What a group or everyone gains or loses is told of
them once, and of a member only what goes beyond that. A difference of which `check` could know is
never left out. More than that is told of

- conditions: those of two texts may come to the same, and are taken to differ;
- a deny to everyone, which is told as it is written, whoever holds what it denies;
- a resource that comes to live elsewhere, told once for all who hold anything on it;
- a group, where its members hold the same otherwise or are denied it.

Who may ask by a role, a permission or as the owner is told by that word, where the policy differs;
who comes to such a role or permission, and by it may ask for more, is not told of that.
What an approval takes, and who may review it, is not access, and is not compared.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from placet.access.changes.change import AccessChange, AccessChanges, Kind, by_size
from placet.access.changes.differences import Covering, differences
from placet.access.changes.places import Place
from placet.access.changes.sides import Holding, Offer, Piece, Side
from placet.access.changes.telling import Telling
from placet.access.changes.touched import Touched
from placet.access.held import place_name
from placet.access.placements import every
from placet.access.reach import Reach
from placet.access.snapshot import Snapshot
from placet.refs import EVERYONE, scope_level

__all__ = ["access_changes"]

_KINDS: tuple[Kind, Kind] = ("gain", "loss")


def access_changes(
    before: Snapshot,
    after: Snapshot,
    now: datetime,
    *,
    closed: bool = False,
    trusted: frozenset[str] = frozenset(),
) -> AccessChanges:
    """Who gains and who loses by what differs between two snapshots, from `now` on.

    `closed` says that principals have to be in the directory, `trusted` which attributes of its
    caller a request may bring.

    >>> from datetime import UTC
    >>> access_changes(Snapshot(), Snapshot(), datetime(2026, 1, 1, tzinfo=UTC))
    AccessChanges(gains=(), losses=())
    """
    return _Comparison(before, after, now, closed=closed, trusted=trusted).answer()


class _Comparison:
    """Two sides, and what was found of each subject so far."""

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        now: datetime,
        *,
        closed: bool,
        trusted: frozenset[str],
    ) -> None:
        self._sides = (Side(before, now, closed=closed), Side(after, now, closed=closed))
        self._now = now
        self._trusted = trusted
        self._touched = Touched(before, after)
        self._whole: dict[str, tuple[AccessChange, ...]] = {}
        self._alike: dict[object, tuple[AccessChange, ...]] = {}

    def answer(self) -> AccessChanges:
        """What differs, the largest reach first."""
        changes: list[AccessChange] = [*self._homes()]
        for subject in self._touched.subjects:
            found = self._of_everyone() if subject == EVERYONE else self._beyond_others(subject)
            changes += [msgspec.structs.replace(one, principal=subject) for one in found]
        for source in self._touched.sources:
            before, after = (tuple(side.offers(frozenset({source}))) for side in self._sides)
            found = self._compare(source, (Holding((), before), Holding((), after)))
            changes += [msgspec.structs.replace(one, principal=source) for one in found]
        changes.sort(key=by_size)
        return AccessChanges(
            tuple(one for one in changes if one.kind == "gain"),
            tuple(one for one in changes if one.kind == "loss"),
        )

    # -- one subject ---------------------------------------------------------------------------

    def _beyond_others(self, subject: str) -> tuple[AccessChange, ...]:
        """What differs for a subject beyond what is told of its groups and of everyone."""
        groups = tuple(
            tuple(name for name in side.subjects(subject) if name != subject)
            for side in self._sides
        )
        held = (self._held(subject, 0), self._held(subject, 1))
        personal = subject if subject in self._touched.people or self._touched.resources else ""
        key = (groups, held, personal)
        if key not in self._alike:
            gains, losses = (
                [
                    one
                    for group in groups[side]
                    if group in self._touched.subjects
                    # Groups in a circle, which the write side refuses, do not tell for each other.
                    and subject not in self._sides[side].subjects(group)
                    for one in (self._of_everyone() if group == EVERYONE else self._of(group))
                ]
                for side in (1, 0)
            )
            self._alike[key] = self._compare(subject, held, (gains, losses))
        return self._alike[key]

    def _of(self, subject: str) -> tuple[AccessChange, ...]:
        """All that differs for a subject."""
        if subject not in self._whole:
            held = (self._held(subject, 0), self._held(subject, 1))
            self._whole[subject] = self._compare(subject, held)
        return self._whole[subject]

    def _of_everyone(self) -> tuple[AccessChange, ...]:
        """All that differs for everyone; a deny by itself, as if somebody held what it denies."""
        if EVERYONE not in self._whole:
            denied = tuple(
                tuple(piece for piece in side.pieces(EVERYONE) if piece.deny)
                for side in self._sides
            )
            permissions = frozenset(
                id for part in denied for piece in part for id in piece.reach.permissions
            )
            policies = (ref for side in self._sides for ref in side.snapshot.policies)
            anything = Piece(Reach(permissions, principal=""), satisfied=frozenset(policies))
            free = tuple(Holding((*map(_own, part), anything)) for part in denied)
            told = self._compare(EVERYONE, (free[0], free[1]))
            denies = [one for one in told if one.denied]
            held = (self._held(EVERYONE, 0), self._held(EVERYONE, 1))
            gains, losses = ([one for one in denies if one.kind == kind] for kind in _KINDS)
            rest = self._compare(EVERYONE, held, (gains, losses))
            self._whole[EVERYONE] = (*denies, *rest)
        return self._whole[EVERYONE]

    def _held(self, subject: str, side: int) -> Holding:
        at = self._sides[side]
        subjects = at.subjects(subject)
        own = tuple(
            _own(piece) if name == subject else piece
            for name in subjects
            for piece in at.pieces(name)
        )
        return Holding(own, tuple(self._offers(subject, subjects, side)))

    def _offers(self, subject: str, subjects: tuple[str, ...], side: int) -> Iterator[Offer]:
        yield from self._sides[side].offers(frozenset(subjects))
        if subjects:
            yield from self._sides[side].offers_of_owner(subject)

    def _compare(
        self, subject: str, held: tuple[Holding, Holding], covering: Covering = ((), ())
    ) -> tuple[AccessChange, ...]:
        telling = Telling(self._sides, subject, self._touched, self._now, trusted=self._trusted)
        return differences(self._sides, held, telling, self._now, covering)

    # -- resources that live elsewhere ---------------------------------------------------------

    def _homes(self) -> Iterator[AccessChange]:
        """A resource is where it lives and nowhere else: one change for all who hold it there."""
        moves: dict[tuple[str, str | None, str | None], list[str]] = {}
        for ref, was, now in self._touched.homes:
            moves.setdefault((ref.partition(":")[0], was, now), []).append(ref)
        for (type, was, now), refs in moves.items():
            permissions = tuple(sorted(self._open_on(type)))
            for kind, places in zip(_KINDS, (_beyond(now, was), _beyond(was, now)), strict=True):
                if permissions and places:
                    yield _moved(kind, permissions, type, refs, places, now)

    def _open_on(self, type: str) -> set[str]:
        """The permissions on a type that somebody holds or may ask for, before and after."""
        before, after = (
            {
                id
                for ref, given in side.snapshot.role_perms.items()
                if next(every(side.snapshot.by_role.get(ref)), None) is not None
                for id in given
            }
            | side.offered()
            for side in self._sides
        )
        return {
            id for id in before & after if any(type in side.types([id]) for side in self._sides)
        }


def _own(piece: Piece) -> Piece:
    """A piece of somebody as anybody else might hold it."""
    return piece._replace(reach=piece.reach._replace(principal=""))


def _beyond(home: str | None, other: str | None) -> tuple[Place, ...]:
    """Where a resource is with one home, and was not with the other; None is everywhere."""
    if other is None:
        return ()
    if home is not None:
        return (Place(home),)
    if not other:
        return (Place("", here=False, below=True),)
    around = Place("", below=True, but=(other,))
    if scope_level(other) == "project":
        return (around,)
    return (around, Place(other, here=False, below=True))


def _moved(
    kind: Kind,
    permissions: tuple[str, ...],
    type: str,
    refs: Iterable[str],
    places: tuple[Place, ...],
    home: str | None,
) -> AccessChange:
    return AccessChange(
        kind=kind,
        principal=EVERYONE,
        permissions=permissions,
        was="denied" if kind == "gain" else "allowed",
        now="allowed" if kind == "gain" else "denied",
        places=places,
        types=(type,),
        resources=tuple(sorted(refs)),
        moved=f"at home in {place_name(home)}" if home is not None else "at home nowhere",
    )
