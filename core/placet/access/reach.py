"""What an assignment reaches, as a region that can be compared with another.

A check asks whether one question lies in a region; the widening guard asks whether one region lies
in another, for every question there could be. Both read the same things: the role's permissions in
the index, the `Selector`, the `Terms`. What a comparison cannot tell counts as not contained.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from placet.access.match import EVERYTHING, Placed, Selector
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.model import Permission
from placet.refs import EVERYONE, ScopeLevel, is_below, parse_resource, scope_level

__all__ = [
    "Alike",
    "Holdings",
    "Reach",
    "Root",
    "attributes_read",
    "contains",
    "holds",
    "names_nobody",
    "reach_of",
    "usable",
]

Root = tuple[str, bool]
"""A scope, and whether what lies under it belongs to it."""

Alike = Literal["nobody", "stranger", "actor"]
"""Of whom a condition on `subject` says the same as of the holder of a gain: of nobody else, of
whoever has no attributes either, or of the actor, who is the holder."""

_NAMED = r"(?:resource|context|action)(?:\.\w+)+"
_OWN = re.compile(
    rf"(^|[(&|?:])\s*(?:subject\.id\s*(?:==|\bin\b)\s*{_NAMED}|{_NAMED}\s*==\s*subject\.id)"
    r"(?=\s*(?:$|[)&|?:]))"
)
"""That something is one's own: a whole comparison, from one logical operator to the next."""

_BELOW: dict[ScopeLevel, tuple[ScopeLevel, ...]] = {
    "account": ("account", "organization", "project"),
    "organization": ("organization", "project"),
    "project": ("project",),
}


class Reach(NamedTuple):
    """Permissions, on resources, in scopes, under a condition, in a window of time.

    `principal` is whose they are and `role` by which role they come, an exact reference; None where
    they come by none.
    """

    permissions: frozenset[str]
    selector: Selector = EVERYTHING
    only: frozenset[str] | None = None
    roots: tuple[Root, ...] = (("", True),)
    condition: str | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    principal: str = EVERYONE
    role: str | None = None

    def ids(self, type: str) -> frozenset[str] | None:
        """The resources of a type that it reaches; None for all of them, and the type as a whole.

        >>> Reach(frozenset(), only=frozenset({"invoice:7"})).ids("invoice")
        frozenset({'7'})
        """
        chosen = None
        if not (self.selector.all or type in self.selector.types):
            chosen = _ids(self.selector.resources, type)
        if self.only is None or type in self.only:
            return chosen
        narrowed = _ids(self.only, type)
        return narrowed if chosen is None else chosen & narrowed

    def clear(self) -> "Reach":
        """The same without its condition: what it comes to where nobody can tell that one."""
        return self._replace(condition=None)


def reach_of(snapshot: Snapshot, placed: Placed | None, now: datetime) -> Reach | None:
    """What an assignment reaches from `now` on; None where that is nothing."""
    if placed is None:
        return None
    terms, selector = placed.terms, snapshot.selector(placed)
    if terms.disabled or selector is None:
        return None
    if terms.expires_at is not None and terms.expires_at <= now:
        return None
    roots = _roots(selector, placed.scope)
    permissions = snapshot.role_perms.get(placed.role)
    if not roots or not permissions:
        return None
    return Reach(
        permissions,
        selector,
        terms.only,
        roots,
        None if terms.condition is None else terms.condition.text,
        terms.not_before,
        terms.expires_at,
        placed.principal,
        placed.role,
    )


def contains(outer: Reach, inner: Reach, now: datetime) -> bool:
    """Whether `outer` reaches whatever `inner` does from `now` on, their permissions aside."""
    return (
        _selects(outer, inner)
        and all(any(holds(over, root) for over in outer.roots) for root in inner.roots)
        and outer.condition in (None, inner.condition)
        and _lasts(outer, _start(inner, now), inner.expires_at)
    )


def holds(over: Root, root: Root) -> bool:
    """Whether all of a root belongs to another one.

    >>> holds(("retail", True), ("retail/shop", False)), holds(("retail", False), ("retail", True))
    (True, False)
    """
    if over[1]:
        return is_below(root[0], over[0])
    return over[0] == root[0] and not root[1]


def usable(permission: Permission, root: Root) -> bool:
    """Whether a permission means anything at a scope, or under it where that belongs to it."""
    level = scope_level(root[0])
    levels = _BELOW[level] if root[1] else (level,)
    return not set(levels).isdisjoint(permission.allowed_scope_levels)


@lru_cache(maxsize=1024)
def attributes_read(condition: str, root: str) -> frozenset[str] | None:
    """The names of the attributes of `subject` or `resource` that a condition reads.

    None where it may read any: it names the root in some other way than by a plain path. The empty
    set where it does not look at attributes.

    >>> sorted(attributes_read("subject.properties.team == 'a' && subject.id != ''", "subject"))
    ['team']
    >>> attributes_read("subject.properties[context.name] == 'a'", "subject") is None
    True
    """
    found: set[str] = set()
    for named in re.finditer(rf"\b{root}\b(\.properties\.(\w+)|\.(?:id|type)\b)?", condition):
        if named[1] is None:
            return None
        if named[2] is not None:
            found.add(named[2])
    return frozenset(found)


@lru_cache(maxsize=1024)
def names_nobody(condition: str) -> bool:
    """Whether a condition says the same of all who have no attributes, but for what is their own.

    What it reads of `subject` are attributes, or its id to find its own by. Anything else may tell
    one by its name or kind; what looks as if it did counts.

    >>> names_nobody("subject.id == resource.properties.owner")
    True
    >>> names_nobody("subject.id == 'sam'")
    False
    """
    rest = re.sub(r"(?<![\w.])subject\.properties\b", "", condition)
    # A comment may hold what looks like an operator.
    return "//" not in condition and re.search(r"\bsubject\b", _OWN.sub(r"\1", rest)) is None


class Holdings:
    """What somebody holds at one moment, to be asked whether it covers a region.

    `strict` is for the actor whose rights are the measure: it must hold now, denies of its own
    count against it, and a condition on `subject` that is the same text says another thing about it
    than about who would be given it, even if everyone holds it under that. Otherwise it is what a
    holder has of a thing already. `fresh` are permissions that mean something else from now on, so
    that nobody holds them yet.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        principal: str,
        now: datetime,
        *,
        fresh: frozenset[str] = frozenset(),
        strict: bool = False,
        effect: str = "allow",
    ) -> None:
        self._snapshot = snapshot
        self._now = now
        self._fresh = fresh
        self._strict = strict
        self._allows: list[Reach] = []
        self._denies: list[Reach] = []
        self._by: dict[str, tuple[list[Reach], list[Reach]]] = {}
        for subject in snapshot.subjects(principal):
            for placed in every(snapshot.by_principal.get(subject)):
                reach = reach_of(snapshot, placed, now)
                if reach is None:
                    continue
                if placed.terms.effect == effect:
                    self._allows.append(reach)
                elif strict:
                    self._denies.append(reach)

    def covers(
        self,
        permission: Permission,
        ids: frozenset[str] | None,
        root: Root,
        of: Reach,
        alike: Alike = "nobody",
    ) -> bool:
        """Whether they reach a permission on resources of its type in a scope, as `of` does.

        One piece has to hold the scope, the condition and the window; resources may add up. `alike`
        is asked of the strict: of whom a condition on `subject` says the same as of who is given.
        """
        if permission.id in self._fresh:
            return False
        if permission.id not in self._by:
            self._by[permission.id] = (
                [held for held in self._allows if permission.id in held.permissions],
                [held for held in self._denies if permission.id in held.permissions],
            )
        allows, denies = self._by[permission.id]
        type = permission.resource_type
        if any(self._takes(deny, type, ids, root, of) for deny in denies):
            return False
        missing = ids
        for held in allows:
            if not self._fits(held, root, of, alike):
                continue
            reached = held.ids(type)
            if reached is None:
                return True
            if missing is not None:
                missing -= reached
                if not missing:
                    return True
        return False

    def _fits(self, held: Reach, root: Root, of: Reach, alike: Alike) -> bool:
        start = self._now if self._strict else _start(of, self._now)
        return (
            any(holds(over, root) for over in held.roots)
            and (held.condition is None or self._implies(held, of.condition, alike))
            and _lasts(held, start, of.expires_at)
        )

    def _implies(self, held: Reach, condition: str | None, alike: Alike) -> bool:
        """Whether a held piece under a condition is as good: only where the text is the same."""
        if held.condition != condition or condition is None:
            return False
        if not self._strict or re.search(r"\bsubject\b", condition) is None or alike == "actor":
            return True
        # What everyone holds under it, a stranger would hold as well.
        return alike == "stranger" and held.principal == EVERYONE and names_nobody(condition)

    def _takes(
        self, deny: Reach, type: str, ids: frozenset[str] | None, root: Root, of: Reach
    ) -> bool:
        """Whether a deny takes any part away; its condition is not asked."""
        reached = deny.ids(type)
        meet = ids is None or reached is None or not ids.isdisjoint(reached)
        meet = meet and (reached is None or bool(reached))
        return (
            meet
            and any(holds(over, (root[0], False)) or holds(root, over) for over in deny.roots)
            and (deny.expires_at is None or deny.expires_at > _start(of, self._now))
            and (of.expires_at is None or deny.not_before is None
                 or deny.not_before < of.expires_at)
        )  # fmt: skip


def _ids(resources: Iterable[str], type: str) -> frozenset[str]:
    start = f"{type}:"
    return frozenset(one.removeprefix(start) for one in resources if one.startswith(start))


def _selects(outer: Reach, inner: Reach) -> bool:
    over, under = outer.selector, inner.selector
    narrowed = outer.only is None or (inner.only is not None and inner.only <= outer.only)
    return narrowed and (
        over.all
        or (
            not under.all
            and under.types <= over.types
            and all(over.covers(parse_resource(resource)) for resource in under.resources)
        )
    )


def _roots(selector: Selector, placed: str) -> tuple[Root, ...]:
    """The scopes that an assignment placed in `placed` reaches, as few roots."""
    if selector.included is None:
        return (_root(placed, selector.include_child_scopes),)
    found: list[Root] = []
    for scope, children in selector.included:
        if is_below(scope, placed):
            found.append(_root(scope, children))
        elif children and is_below(placed, scope):
            found.append(_root(placed, True))
    return tuple(dict.fromkeys(found))


def _root(scope: str, children: bool) -> Root:
    # Nothing lies under a project: with or without it is the same.
    return (scope, children and scope_level(scope) != "project")


def _start(reach: Reach, now: datetime) -> datetime:
    return now if reach.not_before is None else max(reach.not_before, now)


def _lasts(reach: Reach, start: datetime, end: datetime | None) -> bool:
    return (reach.not_before is None or reach.not_before <= start) and (
        reach.expires_at is None or (end is not None and reach.expires_at >= end)
    )
