"""What access changes say, read as a person would: which questions each of them is about."""

from collections.abc import Iterator
from datetime import datetime

from guarded_worlds import NOW, Asked, World, edit
from random_worlds import PERMISSIONS, RESOURCES, SCOPES

from placet.access.advance import Fact
from placet.access.changes import AccessChange, Place
from placet.model import Membership
from placet.refs import scope_level

__all__ = ["about", "named_for", "probed", "questions"]

MORE_RESOURCES = (*RESOURCES, ("doc", "never"), ("job", "never"), ("docs", "never"))
MORE_SCOPES = (*SCOPES, "o3", "o1/p9", "o3/p1")


def questions(principal: str, moments: tuple[datetime, ...]) -> Iterator[Asked]:
    """Every question of one principal, some about resources and scopes that nobody names."""
    for permission in PERMISSIONS:
        for resource in MORE_RESOURCES:
            if resource[0] == permission.rpartition(".")[0]:
                for scope in MORE_SCOPES:
                    for at in moments:
                        yield Asked(principal, permission, resource, scope, at)


def about(change: AccessChange, asked: Asked) -> bool:
    """Whether a change says something of this question, its principal and conditions aside."""
    return (
        asked.permission in change.permissions
        and _resource(change, ":".join(asked.resource))
        and any(_place(place, asked.scope) for place in change.places)
        and (change.not_before or NOW) <= asked.at
        and (change.expires_at is None or asked.at < change.expires_at)
        and (not change.levels or scope_level(asked.scope) in change.levels)
    )


def named_for(change: AccessChange, asked: Asked, world: World) -> bool:
    """Whether a change is told of somebody who the asker is, in that world."""
    return change.principal in {"everyone", *world.naive._who(asked.principal)}


def probed(world: World, principal: str) -> tuple[World, str]:
    """Somebody who is that principal and nobody else: of a group, a member of only that one."""
    if principal == "everyone":
        return world, "user:probe"
    if not principal.startswith("group:"):
        return world, principal
    return edit(world, [Fact(Membership(group=principal, member="user:probe"))]), "user:probe"


def _resource(change: AccessChange, resource: str) -> bool:
    if change.resources is not None:
        return resource in change.resources
    return resource not in change.but and resource.partition(":")[0] in change.types


def _place(place: Place, scope: str) -> bool:
    if scope == place.scope:
        return place.here
    within = place.below and _under(scope, place.scope)
    return within and not any(scope == left or _under(scope, left) for left in place.but)


def _under(scope: str, above: str) -> bool:
    return scope != above and (not above or scope.startswith(f"{above}/"))
