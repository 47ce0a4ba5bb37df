"""From the words of a caller to the question that they mean."""

import msgspec

from placet.access.answers import Question
from placet.access.exact import exact_principal
from placet.access.registry import unknown_permission
from placet.access.snapshot import Snapshot
from placet.errors import Invalid
from placet.model import JsonObject, Permission
from placet.refs import ResourceRef, parse_resource
from placet.services.base import View

__all__ = ["Ask", "ask", "question_of", "registered"]


class Ask(msgspec.Struct, frozen=True):
    """May `principal` use `permission`, on a resource, in a scope? In the words of who asks.

    Without `on` the permission's type as a whole is meant; without `scope`, the home of the
    resource, or the scope of the view. `properties` count for a resource that is not stored,
    `subject_properties` by the names that a setting trusts, `context` and `action_properties`
    always.

    >>> Ask("user:sam", "invoice.pay", "invoice:7").scope is None
    True
    """

    principal: str
    permission: str
    on: str | None = None
    scope: str | None = None
    properties: JsonObject | None = None
    context: JsonObject | None = None
    action_properties: JsonObject | None = None
    subject_properties: JsonObject | None = None


def ask(view: View, snapshot: Snapshot, asked: Ask) -> Question:
    """The question that a caller's words mean.

    Raises Invalid for an unregistered permission, naming the nearest one, and for a resource of
    another type than the permission's.
    """
    permission = registered(snapshot, asked.permission)
    resource = _resource(permission, asked.on)
    home = snapshot.resources.get(str(resource))
    scope = view.scope_or(asked.scope, home.scope or "" if home is not None else "")
    principal = exact_principal(snapshot, asked.principal, scope)
    return _question(view, asked, principal, permission, resource, scope)


def question_of(
    view: View, asked: Ask, principal: str, permission: Permission, scope: str
) -> Question:
    """The same where it is known already who and where is meant: exact references."""
    resource = _resource(permission, asked.on)
    return _question(view, asked, principal, permission, resource, scope)


def registered(snapshot: Snapshot, permission: str) -> Permission:
    """The permission of a name; raises Invalid, naming the nearest one, where there is none."""
    known = snapshot.permissions.get(permission)
    if known is None:
        raise unknown_permission(permission, snapshot.permissions)
    return known


def _resource(permission: Permission, on: str | None) -> ResourceRef:
    if on is None:
        return ResourceRef(permission.resource_type)
    resource = parse_resource(on)
    if resource.type != permission.resource_type:
        raise Invalid(
            f"permission {permission.id!r} is about {permission.resource_type!r}, and {on!r} is "
            f"not; write '{permission.resource_type}:ID'"
        )
    return resource


def _question(
    view: View,
    asked: Ask,
    principal: str,
    permission: Permission,
    resource: ResourceRef,
    scope: str,
) -> Question:
    said = asked.subject_properties
    if said:
        trusted = view.tenant.settings.trusted_subject_properties
        said = {name: value for name, value in said.items() if name in trusted}
    return Question(
        principal,
        permission,
        resource,
        scope,
        asked.properties or {},
        asked.context or {},
        said or {},
        asked.action_properties or {},
    )
