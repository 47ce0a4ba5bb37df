"""What one principal holds for one permission at one scope: grants, compiled; never an answer.

A check asks this and little else: whether the resource is in what is held plainly, and only where
there is more to ask (a deny, a condition, a time) those assignments one by one. Everything that
depends on the resource, the request or the moment is asked each time anew: a kept answer is what
most published advisories in this field are about (failure modes 13 to 16).
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import msgspec

from placet.access.answers import Reason
from placet.access.match import Placed, Selector
from placet.access.placements import at_scope
from placet.access.snapshot import Snapshot
from placet.access.views import SHARDS
from placet.model import Permission
from placet.refs import EVERYONE, ResourceRef, parse_principal, scope_chain, scope_level

__all__ = ["Held", "Candidate", "held_by", "place_name"]

_MERGED = 64
_NOTHING: frozenset[str] = frozenset()
_NAMED = frozenset({"user", "service_account"})


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """An assignment that reaches a scope, with what it selects and what its role gives.

    `lasting` says that its selector is all that limits it: no window, no single resources.
    """

    placed: Placed
    selector: Selector
    gives: frozenset[str]
    lasting: bool

    def counts(self, resource: ResourceRef, now: datetime) -> bool:
        """Whether it speaks about this resource at this moment; its condition is not asked."""
        if not self.lasting:
            terms = self.placed.terms
            if not (terms.open_at(now) and terms.narrowed_to(resource)):
                return False
        return self.selector.all or self.selector.covers(resource)


class Held(msgspec.Struct, frozen=True):
    """Everything of a principal that may decide about one permission at one scope.

    `plain` are allows without conditions, times and the like, `more` the other allows, `denies`
    what denies; nearest scope first. `whole`, `resources` and `lists` are what `plain` comes to:
    every resource of the type, or these. `governed` says that approval policies are about the
    permission, `housed` that resources of the type have homes, and `simple` that nothing else has
    to be asked: neither of the two, and there is no `more` and no `denies`.
    """

    principal: str
    permission: Permission
    scope: str
    type: str
    refused: Reason | None
    unknown: bool
    plain: tuple[Candidate, ...]
    more: tuple[Candidate, ...]
    denies: tuple[Candidate, ...]
    whole: bool
    resources: Collection[str]
    lists: tuple[Collection[str], ...]
    governed: bool
    housed: bool
    simple: bool

    def plainly(self, resource: ResourceRef) -> bool:
        """Whether an allow without conditions covers the resource; denies are not asked."""
        if self.whole or not self.plain:
            return self.whole
        named = str(resource)
        return named in self.resources or any(named in part for part in self.lists)


def _compiled(snapshot: Snapshot, principal: str, permission: Permission, scope: str) -> Held:
    """What `principal` (an exact reference) holds for `permission` at `scope`."""
    refused, unknown = _refusal(snapshot, principal, permission, scope)
    type = permission.resource_type
    plain: list[Candidate] = []
    more: list[Candidate] = []
    denies: list[Candidate] = []
    for reach in _reaching(snapshot, principal, scope):
        if permission.id not in reach.gives:
            continue
        terms = reach.placed.terms
        if terms.effect == "deny":
            denies.append(reach)
        elif terms.plain:
            plain.append(reach)
        else:
            more.append(reach)
    whole = refused is None and any(
        reach.selector.all or type in reach.selector.types for reach in plain
    )
    lists = () if whole or refused is not None else tuple(_listed(plain))
    resources = frozenset(one for part in lists if len(part) <= _MERGED for one in part)
    governed = bool(snapshot.policies_for.get(permission.id))
    housed = bool(snapshot.homes.get(type))
    return Held(
        principal=principal,
        permission=permission,
        scope=scope,
        type=type,
        refused=refused,
        unknown=unknown,
        plain=tuple(plain),
        more=tuple(more),
        denies=tuple(denies),
        whole=whole,
        resources=resources,
        lists=tuple(part for part in lists if len(part) > _MERGED),
        governed=governed,
        housed=housed,
        simple=refused is not None or not (more or denies or governed or housed),
    )


def held_by(snapshot: Snapshot, principal: str, permission: Permission, scope: str) -> Held:
    """What `principal` holds for `permission` at `scope`, compiled once as long as it is so."""
    view = snapshot.views.shards[hash(principal) % SHARDS].get(principal)
    pair = (permission.id, scope)
    held: Held | None = None if view is None else view.get(pair)
    if held is None:
        held = _compiled(snapshot, principal, permission, scope)
        if snapshot.permissions.get(permission.id) == permission:
            snapshot.views.keep(principal, pair, held)
    return held


def _listed(plain: list[Candidate]) -> Iterator[Collection[str]]:
    for reach in plain:
        if reach.selector.resources:
            yield reach.selector.resources


def _reaching(snapshot: Snapshot, principal: str, scope: str) -> tuple[Candidate, ...]:
    """Every enabled assignment of the principal that reaches the scope, nearest scope first."""
    view = snapshot.views.shards[hash(principal) % SHARDS].get(principal)
    found: tuple[Candidate, ...] | None = None if view is None else view.get(scope)
    if found is None:
        found = tuple(_walk(snapshot, principal, scope))
        snapshot.views.keep(principal, scope, found)
    return found


def _walk(snapshot: Snapshot, principal: str, scope: str) -> Iterator[Candidate]:
    # By name, not as they were loaded: which of them a reason names must not depend on that.
    subjects = sorted(
        snapshot.subjects(principal), key=lambda one: (one != principal, one == EVERYONE, one)
    )
    held = [snapshot.by_principal.get(subject) for subject in subjects]
    for placed_in in scope_chain(scope):
        for part in held:
            for placed in sorted(at_scope(part, placed_in), key=lambda one: one.key):
                selector = snapshot.selector(placed)
                terms = placed.terms
                if (
                    selector is not None
                    and selector.reaches(placed_in, scope)
                    and not terms.disabled
                ):
                    gives = snapshot.role_perms.get(placed.role) or _NOTHING
                    yield Candidate(placed, selector, gives, terms.lasting)


def _refusal(
    snapshot: Snapshot, principal: str, permission: Permission, scope: str
) -> tuple[Reason | None, bool]:
    """Why nothing at all could allow it, and whether the directory does not know who asks."""
    if not permission.grants:
        text = f"permission {permission.id} is {permission.status} and gives nothing"
        return Reason("permission_inactive", text), False
    level = scope_level(scope)
    if level not in permission.allowed_scope_levels:
        allowed = ", ".join(permission.allowed_scope_levels)
        text = f"{permission.id} is not used at {level} level, only at {allowed}"
        return Reason("scope_level", text), False
    known: Any = snapshot.users.get(principal) or snapshot.service_accounts.get(principal)
    if known is None:
        return None, parse_principal(principal).kind in _NAMED
    if known.disabled:
        return Reason("principal_disabled", f"{principal} is disabled"), False
    return None, False


def place_name(scope: str) -> str:
    """A scope as a sentence names it.

    >>> place_name(""), place_name("retail")
    ('the account', 'retail')
    """
    return scope or "the account"
