"""What a change does to somebody's access, as data and in a sentence."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Literal

import msgspec

from placet.access.changes.places import Place, height_of
from placet.access.changes.standing import RANKS, Standing
from placet.model import plain
from placet.refs import EVERYONE, ScopeLevel, spoken

__all__ = ["AccessChange", "AccessChanges", "Asking", "Kind", "by_size"]

Kind = Literal["gain", "loss"]

FEW = 5
"""So many ids or permissions a sentence names; the data names all."""


class Asking(msgspec.Struct, frozen=True, omit_defaults=True):
    """An approval policy that is asked, an exact reference; `when` is its condition, if any."""

    policy: str
    when: str | None = None


class AccessChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Permissions that somebody gains or loses, on some resources, somewhere, for some time.

    `principal` is an exact reference, `everyone`, or, where a policy lets people ask, a source of
    it such as `owner`. `was` and `now` are the answers before and after; with `asks` the
    "approval_required" is that of somebody who may ask for what they do not hold.

    `resources` are those it is about, None for all of `types` but those in `but`. `levels` narrows
    the places to scopes of these levels, where it is not empty. `condition` is what has to be true,
    `unless` what must not be, `denies` conditions of denies that make the difference. It counts
    from `not_before` (None for now) until just before `expires_at`.

    The rest says by what: the `roles` that give it, `through` which group or everyone, on which
    `resource_groups`; the roles of denies that came or went (`denied`), the approval policies that
    are asked, or no longer are; `moved` says where resources live now that lived elsewhere.
    """

    kind: Kind
    principal: str
    permissions: tuple[str, ...]
    was: Standing
    now: Standing
    places: tuple[Place, ...]
    types: tuple[str, ...]
    resources: tuple[str, ...] | None = None
    but: tuple[str, ...] = ()
    levels: tuple[ScopeLevel, ...] = ()
    asks: bool = False
    condition: str | None = None
    unless: tuple[str, ...] = ()
    denies: tuple[str, ...] = ()
    not_before: datetime | None = None
    expires_at: datetime | None = None
    roles: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    policies: tuple[Asking, ...] = ()
    moved: str = ""

    @property
    def above(self) -> Standing:
        """The better of the two answers: what is gained, or was held."""
        return self.now if self.kind == "gain" else self.was

    def as_dict(self) -> dict[str, Any]:
        """The change as JSON-like values, with its sentence as `text`."""
        return {**plain(self), "text": str(self)}

    def __str__(self) -> str:
        what = f"{_few(self.permissions, 'permissions')} on {self._resources()}"
        tail = "".join((self._where(), self._when(), self._why()))
        return f"{spoken(self.principal)} {self._verb()} {what}{tail}"

    def _verb(self) -> str:
        gain = self.kind == "gain"
        if self.asks and not self.roles:
            return "may ask for" if gain else "may no longer ask for"
        if self.asks:
            return "gains" if gain else "loses"
        if self.was == self.now == "approval_required":
            return "no longer needs the same approval for" if gain else "needs other approval for"
        if RANKS[self.was] and RANKS[self.now]:
            return "no longer needs approval for" if gain else "needs approval from now on for"
        if not self.roles and self.denied:
            return "is no longer denied" if gain else "is denied"
        return "gains" if gain else "loses"

    def _resources(self) -> str:
        if self.resources is not None:
            return _few(self.resources, f"resources of type {self.types[0]}")
        if len(self.types) > 1:
            return "all resources"
        left = f" but {_few(self.but, 'of them')}" if self.but else ""
        return f"every {self.types[0]}{left}"

    def _where(self) -> str:
        where = " and in ".join(map(str, self.places))
        levels = f", at {' or '.join(self.levels)} level" if self.levels else ""
        return f" in {where}".replace(" in below ", " below ") + levels

    def _when(self) -> str:
        conditions = [text for text in (self.condition, " or ".join(self.denies)) if text]
        parts = [
            f" when {' and '.join(conditions)}" if conditions else "",
            f" unless {' or '.join(self.unless)}" if self.unless else "",
            f" from {self.not_before.isoformat()}" if self.not_before else "",
            f" until {self.expires_at.isoformat()}" if self.expires_at else "",
        ]
        if self.above == "approval_required" and not self.asks and "denied" in (self.was, self.now):
            parts.append(", with approval")
        if self.asks and self.roles and self.kind == "loss":
            parts.append(", and may ask for it")
        return "".join(parts)

    def _why(self) -> str:
        return f" ({'; '.join(parts)})" if (parts := list(self._reasons())) else ""

    def _reasons(self) -> Iterator[str]:
        if self.roles:
            through = f" of {_few(tuple(map(spoken, self.through)))}" if self.through else ""
            yield f"role {_few(tuple(map(spoken, self.roles)))}{through}"
        if self.resource_groups:
            yield f"resource group {_few(tuple(map(spoken, self.resource_groups)))}"
        if self.denied:
            no = "no longer denied" if self.kind == "gain" else "denied"
            yield f"{no} role {_few(tuple(map(spoken, self.denied)))}"
        for asking in self.policies:
            when = f" when {asking.when}" if asking.when else ""
            yield f"policy {spoken(asking.policy)}{when}"
        if self.moved:
            yield self.moved


class AccessChanges(msgspec.Struct, frozen=True):
    """Who gains and who loses, the largest reach first."""

    gains: tuple[AccessChange, ...] = ()
    losses: tuple[AccessChange, ...] = ()


def by_size(change: AccessChange) -> tuple[Any, ...]:
    """The key that sorts the largest reach first.

    By scope, account before organization before project; then all resources before listed ones,
    what needs no approval before what does, many permissions before few, everyone before others,
    and by name.
    """
    listed = change.resources
    return (
        height_of(change.places),
        listed is not None,
        0 if listed is None else -len(listed),
        -RANKS[change.above],
        -len(change.permissions),
        change.principal != EVERYONE,
        change.principal,
        change.permissions,
        str(change),
    )


def _few(names: Collection[str], what: str = "more") -> str:
    if len(names) <= FEW:
        return ", ".join(names)
    return f"{len(names)} {what}"
