"""The first snapshot of an account, from all that is stored: a cold start.

It is what `placet.access.advance` would come to fact by fact. But nothing is removed, nothing comes
twice and nobody looks on, so that each kind of which there may be a million is gathered in plain
dicts and frozen once; the few of the other kinds are one step. That the two agree is a law that
tests hold.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from placet.access.advance import Fact, advance
from placet.access.match import Placed, Selector, place, selector_of, unselected
from placet.access.placements import gathered_by, gathered_by_scope
from placet.access.snapshot import Snapshot
from placet.access.table import Table
from placet.errors import Corrupt
from placet.model import Assignment, Group, Membership, Noun, Resource, ResourceGroup, User
from placet.refs import encode

__all__ = ["load"]

_V = TypeVar("_V")

_FEW = 24
_Rows = Sequence[tuple[str, bytes]]
"""The ids and the bodies of documents, of which only the ids are looked at here."""


def load(
    base: Snapshot,
    stored: Iterable[tuple[_Rows, Sequence[Noun]]],
    *,
    revision: int,
    authority: int,
) -> Snapshot:
    """The snapshot of what is stored, on top of `base`, that of a catalogue.

    `stored` are rows and the nouns in them, part by part, each part of one type; no id comes twice.
    Raises Corrupt for an assignment under an id that is not its own: it would outlive its removal.

    >>> part = [("sam", b"...")], [User(id="sam")]
    >>> found = load(Snapshot(), [part], revision=1, authority=0)
    >>> found.revision, "user:sam" in found.users
    (1, True)
    """
    loading = _Loading(base)
    for rows, nouns in stored:
        loading.add(rows, nouns)
    after = loading.finish()
    after.revision, after.authority = revision, authority
    return after


class _Loading:
    """What has been read so far, of each table."""

    def __init__(self, base: Snapshot) -> None:
        self._base = base
        # One object for all texts that are equal: there may be millions.
        self._share = cast(Callable[[str, str], str], {}.setdefault)
        self._few: list[Noun] = []
        self._users: dict[str, User] = {}
        self._groups: dict[str, Group] = {}
        self._parents: dict[str, list[str] | tuple[str, ...]] = {}
        self._resources: dict[str, Resource] = {}
        self._placed: list[Placed] = []
        # Of these a catalogue has some, and a stored one takes the place of one of its name.
        self._resource_groups = dict(base.resource_groups.items())
        self._selectors: dict[str, Selector] = dict(base.selectors.items())

    def add(self, rows: _Rows, nouns: Sequence[Noun]) -> None:
        """Take in some nouns of one type."""
        if nouns:
            gather = _GATHER.get(type(nouns[0]))
            if gather is None:
                self._few.extend(nouns)
            else:
                gather(self, rows, nouns)

    def users(self, _: _Rows, nouns: Iterable[User]) -> None:
        for noun in nouns:
            ref = f"user:{noun.id}"
            self._users[self._share(ref, ref)] = noun

    def groups(self, _: _Rows, nouns: Iterable[Group]) -> None:
        for noun in nouns:
            ref = noun.ref
            self._groups[self._share(ref, ref)] = noun

    def memberships(self, _: _Rows, nouns: Iterable[Membership]) -> None:
        share, parents = self._share, self._parents
        for noun in nouns:
            group, member = share(noun.group, noun.group), share(noun.member, noun.member)
            held = parents.get(member, ())
            # No list for the many who are in a few: the garbage collector looks into every list.
            if isinstance(held, list):
                held.append(group)
            else:
                parents[member] = (*held, group) if len(held) < _FEW else [*held, group]

    def resources(self, _: _Rows, nouns: Iterable[Resource]) -> None:
        for noun in nouns:
            self._resources[noun.ref] = noun

    def resource_groups(self, _: _Rows, nouns: Iterable[ResourceGroup]) -> None:
        for noun in nouns:
            ref = noun.ref
            ref = self._share(ref, ref)
            self._selectors[ref] = selector_of(noun)
            self._resource_groups[ref] = unselected(noun)

    def assignments(self, rows: _Rows, nouns: Iterable[Assignment]) -> None:
        share, placed = self._share, self._placed
        for (key, _), noun in zip(rows, nouns, strict=True):
            # The id of nearly all is plainly that; only the others are worth a call.
            if key != f"{noun.scope}|{noun.id}" and key != encode(noun.scope, noun.id):
                raise Corrupt(
                    f"assignment {key!r} holds another one, {noun.id!r} of scope {noun.scope!r}; "
                    "restore it from a backup"
                )
            placed.append(place(key, noun, share))

    def finish(self) -> Snapshot:
        """The snapshot; nothing may be added any more."""
        after = advance(self._base, map(Fact, self._few))
        after.users = _of(self._users)
        after.groups = _of(self._groups)
        after.parents = Table.of(self._parents, [*map(tuple, self._parents.values())])
        after.resources = _of(self._resources)
        homes = Counter(noun.type for noun in self._resources.values() if noun.scope is not None)
        after.homes = _of(homes)
        after.resource_groups = _of(self._resource_groups)
        after.selectors = _of(self._selectors)
        after.by_principal = gathered_by("principal", gathered_by_scope, self._placed)
        # Whoever asks for these first makes them from the above; those of the base are the base's.
        del after.members, after.assignments, after.by_role, after.by_resource_group
        del after.owned_by, after.reports
        return after


def _of(values: Mapping[str, _V]) -> Table[str, _V]:
    return Table.of(values, values.values())


_GATHER = cast(
    Mapping[type, Callable[[_Loading, _Rows, Sequence[Any]], None]],
    {
        User: _Loading.users,
        Group: _Loading.groups,
        Membership: _Loading.memberships,
        Resource: _Loading.resources,
        ResourceGroup: _Loading.resource_groups,
        Assignment: _Loading.assignments,
    },
)
"""How the kinds are gathered of which there may be very many."""
