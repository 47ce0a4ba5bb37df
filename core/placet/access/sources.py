"""Whom a source names: `group:`, `user:`, `role:`, `permission:`, owner, manager, everyone.

Policies name requesters and reviewers by source; the same reading serves both. Membership is
always current: whoever loses a role stops counting (failure mode T37).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.errors import Invalid
from placet.model import Approval, Effect, Permission, parse_source
from placet.refs import EVERYONE, ResourceRef, is_below, parse_resource, scope_chain

__all__ = [
    "Directory",
    "SourceAt",
    "asks_as",
    "listed_by",
    "names",
    "sources_naming",
    "with_included",
]


_NAMED = ("user:", "group:", "service_account:")


def names(
    snapshot: Snapshot, source: str, question: Question, now: datetime, *, subject: str = ""
) -> bool:
    """Whether `source` names `question.principal`, as to the question's resource and scope.

    `subject` is whose manager is meant by "manager". Raises Invalid for a source that is none, or
    that names a permission which is not registered.
    """
    kind, rest = parse_source(source)
    principal = question.principal
    if kind == "everyone":
        return True
    if kind in ("user", "service_account"):
        return principal == source
    if kind == "group":
        return source in snapshot.subjects(principal)
    if kind == "role":
        return _holds_role(snapshot, rest, question, now)
    if kind == "permission":
        return Inquiry(snapshot, asks_as(snapshot, question, rest), now).allowed()
    if kind == "owner":
        resource = snapshot.resources.get(str(question.resource))
        return resource is not None and _is(principal, resource.attributes.get("owner"))
    user = snapshot.users.get(subject)
    return user is not None and _is(principal, user.attributes.get("manager"))


def _is(principal: str, named: object) -> bool:
    return isinstance(named, str) and principal in (named, f"user:{named}")


def _holds_role(snapshot: Snapshot, role: str, question: Question, now: datetime) -> bool:
    return _has_role(snapshot, role, question, now, "allow") and not _has_role(
        snapshot, role, question, now, "deny"
    )


def _has_role(
    snapshot: Snapshot, role: str, question: Question, now: datetime, effect: Effect
) -> bool:
    """Whether an assignment of the role, or of one that includes it, reaches the question.

    An allow with a condition does not make a holder; a deny with one does deny.
    """
    subjects = snapshot.subjects(question.principal)
    return any(
        placed.terms.effect == effect
        and role in with_included(snapshot, placed.role)
        and (placed.terms.condition is None or effect == "deny")
        and placed.terms.open_at(now)
        and placed.terms.narrowed_to(question.resource)
        and (selector := snapshot.selector(placed)) is not None
        and selector.covers(question.resource)
        and selector.reaches(scope, question.scope)
        for scope in scope_chain(question.scope)
        for subject in subjects
        for placed in snapshot.placed(subject, scope)
    )


def with_included(snapshot: Snapshot, role: str) -> frozenset[str]:
    """A role and all that it includes, directly or not."""
    seen = {role}
    waiting = [role]
    while waiting:
        known = snapshot.roles.get(waiting.pop())
        for ref in known.includes if known else ():
            if ref not in seen:
                seen.add(ref)
                waiting.append(ref)
    return frozenset(seen)


def listed_by(snapshot: Snapshot, source: str) -> frozenset[str] | None:
    """Everybody whom a source names, whatever is asked about, but for those who are disabled.

    None where that cannot be listed: holders of a role or a permission, owners, managers, everyone.
    """
    kind, _ = parse_source(source)
    if kind in ("user", "service_account"):
        listed = frozenset({source})
    elif kind == "group":
        listed = snapshot.members_of(source)
    else:
        return None
    return frozenset(
        person
        for person in listed
        if (known := snapshot.users.get(person) or snapshot.service_accounts.get(person)) is None
        or not known.disabled
    )


class SourceAt(NamedTuple):
    """A source that may name somebody, and `where`: in this scope and below, for `role:` and
    `permission:`; of this resource, for "owner"; of this subject, for "manager"; else everywhere.
    """

    source: str
    where: str | None = None


def sources_naming(snapshot: Snapshot, principal: str) -> Iterator[SourceAt]:
    """Every source that may name `principal` for something: what an index of sources is asked for.

    More than those that do: what it leaves out names nobody of that name.
    """
    subjects = snapshot.subjects(principal)
    for subject in subjects:
        if subject == EVERYONE or subject.startswith(_NAMED):
            yield SourceAt(subject)
    roles = {
        (placed.role, placed.scope)
        for subject in subjects
        for placed in every(snapshot.by_principal.get(subject))
        if placed.terms.effect == "allow"
    }
    held = {(ref, scope) for role, scope in roles for ref in with_included(snapshot, role)}
    permissions = {
        (permission, scope)
        for role, scope in roles
        for permission in snapshot.role_perms.get(role) or ()
    }
    yield from (SourceAt(f"role:{role}", scope) for role, scope in held)
    yield from (SourceAt(f"permission:{permission}", scope) for permission, scope in permissions)
    for name in dict.fromkeys((principal, principal.removeprefix("user:"))):
        yield from (SourceAt("owner", resource) for resource in snapshot.owned_by.get(name) or ())
        yield from (SourceAt("manager", report) for report in snapshot.reports.get(name) or ())


def asks_as(snapshot: Snapshot, question: Question, permission: str) -> Question:
    """The same question about another permission.

    It is about the same resource where the permission is for that type, and else about the
    permission's type as a whole.
    """
    registered: Permission | None = snapshot.permissions.get(permission)
    if registered is None:
        raise Invalid(f"permission {permission!r} is not registered")
    resource = question.resource
    if registered.resource_type != resource.type:
        resource = ResourceRef(registered.resource_type)
    return msgspec.structs.replace(question, permission=registered, resource=resource)


class Directory:
    """Who may review one approval, as the snapshot knows it now.

    Whom a source names is found once: nothing that it follows from changes.
    """

    def __init__(
        self, snapshot: Snapshot, approval: Approval, now: datetime, *, closed: bool = False
    ) -> None:
        self._closed = closed
        self._snapshot = snapshot
        self._now = now
        self._named: dict[tuple[str, str], bool] = {}
        self.approval = approval

    @property
    def now(self) -> datetime:
        """The moment at which it is asked."""
        return self._now

    def question(self, principal: str) -> Question:
        """The approval's own question, asked for `principal`."""
        approval = self.approval
        resource = parse_resource(approval.resource)
        permission = self._snapshot.permissions.get(approval.permission) or Permission(
            id=approval.permission, resource_type=resource.type, action=approval.permission
        )
        return Question(
            principal, permission, resource, approval.scope, approval.properties, approval.arguments
        )

    def names(self, source: str, principal: str) -> bool:
        """Whether `source` names `principal`, who must be neither disabled nor, where the directory
        is closed, unknown."""
        named = self._named.get((source, principal))
        if named is None:
            question, subject = self.question(principal), self.approval.subject
            named = not self._refuses(question) and names(
                self._snapshot, source, question, self._now, subject=subject
            )
            self._named[source, principal] = named
        return named

    def delegators(self, delegate: str, at: datetime) -> frozenset[str]:
        """In whose place `delegate` may review at `at`, by the delegations that there are now.

        A delegation counts in its scope and below, from its start until just before its end.
        Neither of the two may be disabled by now (failure mode T37).
        """
        snapshot, scope = self._snapshot, self.approval.scope
        return frozenset(
            known.delegator
            for id in snapshot.delegated.get(delegate) or ()
            if (known := snapshot.delegations.get(id)) is not None
            and is_below(scope, known.scope)
            and known.starts_at <= at < known.ends_at
            and not any(self._refuses(self.question(one)) for one in (delegate, known.delegator))
        )

    def _refuses(self, question: Question) -> bool:
        """Whether whoever asks may ask nothing at all."""
        inquiry = Inquiry(self._snapshot, question, self._now, closed=self._closed)
        return inquiry.principal_refusal() is not None

    def facts(self) -> Mapping[str, object]:
        """What conditions see: the facts of the subject's own question."""
        question = self.question(self.approval.subject)
        return Inquiry(self._snapshot, question, self._now).facts

    def candidates(self, source: str) -> frozenset[str] | None:
        """Everybody whom `source` names; None where that cannot be listed.

        Holders of a role or a permission, and everyone, are not listed: they count as reachable.
        """
        listed = listed_by(self._snapshot, source)
        if listed is None:
            return None
        return frozenset(person for person in listed if self.names(source, person))
