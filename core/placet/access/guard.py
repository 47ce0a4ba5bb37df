"""The widening guard: nobody gives what they do not hold (failure modes 8, 10, 34, 36, 37).

A change is compared by what access was before it and is after it, for all current and future
holders; where somebody gains, the actor has to hold that itself, as widely, for as long, and
without a condition that cannot be told for somebody else. Beyond what it holds, an actor needs a
right of its own, as in Kubernetes: `core_authz_bind` to give a role, `core_authz_escalate` for
anything. What a change takes away is not asked about, except where that frees from a deny.

Only what was written, and who holds it, is looked at: never the whole account.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry, place_name
from placet.access.gain_finders import gains_of
from placet.access.gains import Change, Edge, Gain
from placet.access.reach import Alike, Holdings, Reach, Root, usable
from placet.access.snapshot import Snapshot
from placet.catalogue import OPERATIONS
from placet.model import SYSTEM, Actor, Permission
from placet.refs import ResourceRef, spoken

__all__ = ["Widening", "may_widen", "unbounded", "widening"]

_BIND = OPERATIONS["authz.bind"]
_ESCALATE = OPERATIONS["authz.escalate"]
_ROLE = _ESCALATE.resource_type


class Widening(msgspec.Struct, frozen=True):
    """The first thing that a change gives and the actor may not give, and the sentence about it.

    `permission`, `resource` and `scope` are what the actor would have to hold; `right` is the
    permission that would do instead.
    """

    holder: str
    permission: str
    resource: str
    scope: str
    right: str
    text: str


def may_widen(
    actor: Actor,
    before: Snapshot,
    after: Snapshot,
    edges: Iterable[Edge],
    now: datetime,
    *,
    closed: bool = False,
) -> bool:
    """Whether `actor` may make the change from `before` to `after`, which `edges` are all of.

    SYSTEM always may. See `widening`, which says what is wrong otherwise.
    """
    return widening(actor, before, after, edges, now, closed=closed) is None


def widening(
    actor: Actor,
    before: Snapshot,
    after: Snapshot,
    edges: Iterable[Edge],
    now: datetime,
    *,
    closed: bool = False,
) -> Widening | None:
    """The first thing that somebody gains by the change and `actor` may not give; None for nothing.

    `edges` are the nouns that differ, each as it was and as it is. `closed` says that principals
    have to be in the directory. Who acts for somebody gives what both hold.
    """
    if unbounded(actor, before, now, closed=closed):
        return None
    change = Change(before, after, edges, now, closed=closed)
    guard = _Guard(actor, before, now, closed=closed, fresh=change.fresh)
    for gain in gains_of(change):
        if (refused := guard.refusal(gain, after)) is not None:
            return refused
    return None


def unbounded(actor: Actor, before: Snapshot, now: datetime, *, closed: bool = False) -> bool:
    """Whether an actor may give anything at all: SYSTEM, or who may escalate in the account."""
    if actor is SYSTEM:
        return True
    guard = _Guard(actor, before, now, closed=closed)
    return guard.has_right(_ESCALATE.permission, None, ("", True))


class _Guard:
    """What one actor may give."""

    def __init__(
        self,
        actor: Actor,
        before: Snapshot,
        now: datetime,
        *,
        closed: bool,
        fresh: frozenset[str] = frozenset(),
    ) -> None:
        self._actor = actor
        self._before = before
        self._now = now
        self._fresh = fresh
        # A program that acts for somebody lends its hands: both have to hold what is given.
        self._people = tuple(dict.fromkeys((actor.principal, actor.subject)))
        self._held = tuple(
            Holdings(before, person, now, fresh=fresh, strict=True) for person in self._people
        )
        self._nobody = any(self._refused(person, closed) for person in self._people)
        self._lacking: dict[tuple[Reach, Alike], tuple[tuple[Permission, Root], ...]] = {}
        self._had: dict[str, Holdings] = {}

    def refusal(self, gain: Gain, after: Snapshot) -> Widening | None:
        """What of a gain the actor may not give; None where it may give all of it."""
        for permission, root in self._lacks(gain, after):
            if gain.new and self._has_already(gain, permission, root):
                continue
            role = gain.reach.role
            name = None if role is None else spoken(role)
            if gain.bindable and self.has_right(_BIND.permission, name, root):
                continue
            if self.has_right(_ESCALATE.permission, name, root):
                continue
            return self._widening(gain, permission, root)
        return None

    def has_right(self, right: str, role: str | None, root: Root) -> bool:
        """Whether the actor holds a right now, on one role or on all of them, throughout a root."""
        registered = self._before.permissions.get(right)
        ids = None if role is None else frozenset({role})
        moment = Reach(frozenset(), expires_at=self._now + timedelta(microseconds=1))
        return registered is not None and self._hold(registered, ids, root, moment)

    def _lacks(self, gain: Gain, after: Snapshot) -> Iterable[tuple[Permission, Root]]:
        # Many hold the same: what the actor lacks of it does not depend on who.
        alike = self._alike(gain)
        key = (gain.reach._replace(principal=""), alike)
        if gain.coverable and key in self._lacking:
            return self._lacking[key]
        lacking: list[tuple[Permission, Root]] = []
        for id in sorted(gain.reach.permissions):
            permission = after.permissions.get(id)
            if permission is None or not permission.grants:
                continue
            ids = gain.reach.ids(permission.resource_type)
            for root in gain.reach.roots:
                if (ids is None or ids) and usable(permission, root):
                    known = self._before.permissions.get(id)
                    held = known is not None and self._hold(known, ids, root, gain.reach, alike)
                    if not (held and gain.coverable):
                        lacking.append((permission, root))
        if gain.coverable:
            self._lacking[key] = tuple(lacking)
        return lacking

    def _alike(self, gain: Gain) -> Alike:
        if self._people == (gain.holder,):
            return "actor"
        return "stranger" if gain.newcomer else "nobody"

    def _hold(
        self,
        permission: Permission,
        ids: frozenset[str] | None,
        root: Root,
        of: Reach,
        alike: Alike = "nobody",
    ) -> bool:
        return (
            not self._nobody
            and permission.grants
            and all(held.covers(permission, ids, root, of, alike) for held in self._held)
        )

    def _has_already(self, gain: Gain, permission: Permission, root: Root) -> bool:
        """Whether the holder had it all along, by something else."""
        known = self._before.permissions.get(permission.id)
        if known is None or not known.grants:
            return False
        had = self._had.get(gain.holder)
        if had is None:
            had = Holdings(self._before, gain.holder, self._now, fresh=self._fresh)
            self._had[gain.holder] = had
        return had.covers(known, gain.reach.ids(known.resource_type), root, gain.reach)

    def _refused(self, person: str, closed: bool) -> bool:
        question = Question(person, _NOTHING, ResourceRef(_ROLE), "")
        asked = Inquiry(self._before, question, self._now, closed=closed)
        return asked.principal_refusal() is not None

    def _widening(self, gain: Gain, permission: Permission, root: Root) -> Widening:
        actor = self._actor.principal
        ids = gain.reach.ids(permission.resource_type)
        resource = ResourceRef(permission.resource_type, min(ids) if ids else None)
        place = place_name(root[0])
        right = (_BIND if gain.bindable else _ESCALATE).permission
        what = f"{permission.id} on {resource} in {place}"
        if gain.coverable:
            why = (
                f"{actor} does not hold it there as widely; ask somebody who does, or hold {right}"
            )
        else:
            why = f"ask somebody who holds {right} there"
        text = f"{actor} may not {gain.deed.format(what=what)} ({gain.cause}): {why}"
        return Widening(gain.holder, permission.id, str(resource), root[0], right, text)


_NOTHING = Permission(id=_ESCALATE.permission, resource_type=_ROLE, action="escalate")
