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


class Ask(msgspec.Struct, frozen=True, gc=False):
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
    # Of what is not the permission's type, `question_of` says so.
    home = None if asked.on is None else snapshot.resources.get(asked.on)
    scope = view.scope_or(asked.scope, home.scope or "" if home is not None else "")
    principal = exact_principal(snapshot, asked.principal, scope)
    return question_of(view, asked, principal, permission, scope)


def question_of(
    view: View, asked: Ask, principal: str, permission: Permission, scope: str
) -> Question:
    """The same where it is known already who and where is meant: exact references."""
    on, type = asked.on, permission.resource_type
    resource = ResourceRef(type) if on is None else parse_resource(on)
    if resource[0] != type:
        raise Invalid(
            f"permission {permission.id!r} is about {type!r}, and {on!r} is not; write '{type}:ID'"
        )
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


def registered(snapshot: Snapshot, permission: str) -> Permission:
    """The permission of a name; raises Invalid, naming the nearest one, where there is none."""
    known = snapshot.permissions.get(permission)
    if known is None:
        raise unknown_permission(permission, snapshot.permissions)
    return known
