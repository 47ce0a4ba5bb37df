"""From the words of the API to those of the engine, and back.

A subject type is a kind of principal by the setting. A resource type and an action name together
are a permission: the one that is registered for them.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from placet.access.exact import exact_principal
from placet.access.snapshot import Snapshot
from placet.errors import Invalid
from placet.refs import PrincipalKind, parse_principal, parse_resource
from placet.services.asking import Ask
from placet.services.questions import Asker
from placet_falcon.authzen.wire import Entity, Evaluation
from placet_falcon.host import Call
from placet_falcon.subject_types import read_subject_types

__all__ = ["AskingAbout", "Unknown", "Words", "snapshot_of"]


class Unknown(NamedTuple):
    """Something that the engine does not know, so that nobody is allowed it; the principal that is
    asked about, where that is known.
    """

    code: str
    text: str
    principal: str | None = None


class _Named(NamedTuple):
    """A registry, which never changes, by the words of the API. Threads may make it twice."""

    registry: object
    permissions: Mapping[tuple[str, str], tuple[str, ...]]


class Words:
    """The dictionary of one application."""

    def __init__(self, subject_types: Iterable[str]) -> None:
        self._kinds: Mapping[str, PrincipalKind] = read_subject_types(subject_types)
        self._named = _Named(None, {})

    def kind(self, subject_type: str) -> PrincipalKind | Unknown:
        """The kind of principal that a type of subject is."""
        kind = self._kinds.get(subject_type)
        if kind is None:
            return Unknown("subject_type_unknown", f"{subject_type[:64]!r} is no type of subject")
        return kind

    def principal(self, subject: Entity) -> str | Unknown:
        """The principal that a subject is."""
        kind = self.kind(subject.type)
        if isinstance(kind, Unknown):
            return kind
        principal = f"{kind}:{subject.id}"
        try:
            parse_principal(principal)
        except Invalid as error:
            return Unknown("principal_unknown", error.message)
        return principal

    def resource(self, resource: Entity) -> str | Unknown:
        """The resource, as a reference."""
        text = f"{resource.type}:{resource.id}"
        try:
            parsed = parse_resource(text)
        except Invalid as error:
            return Unknown("resource_unknown", error.message)
        if parsed.type != resource.type:  # a colon in it would make another resource of it
            return Unknown("resource_unknown", f"{resource.type[:64]!r} is no type of resource")
        return text

    def permission(self, snapshot: Snapshot, type: str, action: str) -> str | Unknown:
        """The permission of that action on that type; where several are, none is meant."""
        found = self._permissions(snapshot).get((type, action), ())
        if len(found) == 1:
            return found[0]
        if found:
            return Unknown(
                "permission_ambiguous",
                f"several permissions are {action[:64]!r} on {type[:64]!r}: "
                f"{', '.join(sorted(found))}",
            )
        return Unknown(
            "permission_unregistered",
            f"no permission is registered for {action[:64]!r} on {type[:64]!r}",
        )

    def _permissions(self, snapshot: Snapshot) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """The permissions by type and action: of the registry asked for last, and no answers."""
        named = self._named
        if named.registry is not snapshot.permissions:
            found: dict[tuple[str, str], tuple[str, ...]] = {}
            for known in snapshot.permissions.values():
                key = (known.resource_type, known.action)
                found[key] = (*found.get(key, ()), known.id)
            named = self._named = _Named(snapshot.permissions, found)
        return named.permissions

    def actions(self, snapshot: Snapshot, type: str, permissions: Iterable[str]) -> list[str]:
        """The actions that permissions on a type are, in order; each can be asked about."""
        registered = (snapshot.permissions.get(permission) for permission in permissions)
        return sorted(
            known.action
            for known in registered
            if known is not None and self.permission(snapshot, type, known.action) == known.id
        )

    def subject(self, snapshot: Snapshot, type: str, principal: str, scope: str) -> Entity:
        """A principal as a subject; asked about again, it is the same principal."""
        kind, _, exact = principal.partition(":")
        short = exact.partition("@/")[0]
        if exact != short and exact_principal(snapshot, f"{kind}:{short}", scope) == principal:
            return Entity(type, short)
        return Entity(type, exact)

    def ask(self, snapshot: Snapshot, said: Evaluation) -> Ask | Unknown:
        """The question that an evaluation is."""
        principal = self.principal(said.subject)
        if isinstance(principal, Unknown):
            return principal
        permission = self.permission(snapshot, said.resource.type, said.action.name)
        resource = self.resource(said.resource)
        if isinstance(permission, Unknown):
            return permission._replace(principal=principal)
        if isinstance(resource, Unknown):
            return resource._replace(principal=principal)
        return Ask(
            principal,
            permission,
            resource,
            properties=said.resource.properties,
            context=said.context,
            action_properties=said.action.properties,
            subject_properties=said.subject.properties,
        )


def snapshot_of(call: Call) -> Snapshot:
    """The index of the caller's account."""
    return call.placet.questions.view.tenant.index.current()


class AskingAbout:
    """Whether a caller may ask at all: the unknown tells nobody more than the known does."""

    def __init__(self, call: Call) -> None:
        self._snapshot = snapshot_of(call)
        self._asker = Asker(call.placet.questions.view.tenant, call.actor, self._snapshot)

    def authorize(self, principal: str | None) -> None:
        """Raise AccessDenied unless it may ask about `principal`, or, None, about anybody."""
        exact = None if principal is None else exact_principal(self._snapshot, principal, "")
        self._asker.authorize(exact, "")
