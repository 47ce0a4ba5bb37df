"""Who may, what may they, which resources: the questions that a check answers, turned around.

Every list follows `check`: what it names, `check` allows, approvals included. Lists are sorted by
code point, and paged by cursors that belong to their question.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypedDict, get_args

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.exact import exact_principal
from placet.access.filtering import resource_filter
from placet.access.filters import ResourceFilter, Row, Tree, ids_of
from placet.access.registry import nearest
from placet.access.search import candidates, may, permissions_on, unlisted
from placet.access.snapshot import Snapshot
from placet.errors import Invalid
from placet.model import JsonObject
from placet.refs import EVERYONE, OWNED_KINDS, PrincipalKind, parse_principal, parse_resource
from placet.services.asking import Ask, ask
from placet.services.base import Service
from placet.services.consistency import Consistency, snapshot_of
from placet.services.question_cursors import question_digest, read_place, write_place
from placet.services.questions import Asker
from placet.services.tenant import ActorLike

__all__ = ["Circumstances", "Holders", "Paging", "Reach", "Searches", "WhatOptions", "WhoOptions"]

PEOPLE: tuple[PrincipalKind, ...] = ("user", "service_account")
KINDS = frozenset[str](get_args(PrincipalKind)) - {EVERYONE}
MAX_LIMIT = 1000


class Circumstances(TypedDict, total=False):
    """What a question may say besides who, what, on what and where; as for `check`."""

    context: JsonObject | None
    action_properties: JsonObject | None
    consistency: Consistency


class Paging(Circumstances, total=False):
    """And where, and which page: up to `limit` items (1 to 1000), behind the cursor `after`."""

    scope: str | None
    limit: int
    after: str | None


class WhatOptions(Circumstances, total=False):
    """And where, and what is said of a resource that is not stored."""

    scope: str | None
    properties: JsonObject | None


class WhoOptions(Paging, total=False):
    """And which kinds of principals, and what is said of a resource that is not stored."""

    kinds: Sequence[PrincipalKind]
    properties: JsonObject | None


class Holders(msgspec.Struct, frozen=True):
    """A page of those who may: exact references, and the cursor of the next page, if any.

    `unlisted` says that principals of whom the account has never heard may as well, for everyone
    may: then no list of those who may is whole, and this one names those who are known.
    """

    principals: tuple[str, ...]
    next: str | None
    unlisted: bool
    revision: int


class Reach(msgspec.Struct, frozen=True):
    """A page of the catalogue's resources that somebody may act on, and the next page's cursor.

    `unlisted` says that resources which are not in the catalogue may be allowed as well: for those
    there is `filter`.
    """

    resources: tuple[str, ...]
    next: str | None
    unlisted: bool
    revision: int


class Searches(Service):
    """The searches. Without an `actor` they are the embedding program's own; with one, asking
    about anybody else needs the right to view access.

    >>> from placet.bundle import loads
    >>> from placet.testing import engine
    >>> placet = engine(loads('''
    ... permissions = ["invoice.pay", "invoice.read"]
    ... resources = [{type = "invoice", id = "7"}, {type = "invoice", id = "8"}]
    ... roles = [{id = "clerk", permissions = ["invoice.*"]}]
    ... [[assignments]]
    ... to = ["user:sam", "user:kim"]
    ... role = "clerk"
    ... when = "resource.id != '8'"
    ... ''', "toml"))
    >>> placet.who_can("invoice.pay", "invoice:7").principals
    ('user:kim', 'user:sam')
    >>> placet.what_can("user:sam", "invoice:7")
    ('invoice.pay', 'invoice.read')
    >>> placet.which("user:sam", "invoice.pay").resources
    ('invoice:7',)
    >>> from placet.access.filters import Row
    >>> placet.filter("user:sam", "invoice.pay").matches(Row("invoice", "9"))
    True
    """

    def who_can(
        self,
        permission: str,
        on: str | None = None,
        *,
        scope: str | None = None,
        kinds: Sequence[PrincipalKind] = PEOPLE,
        properties: JsonObject | None = None,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
        limit: int = 100,
        after: str | None = None,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Holders:
        """Everybody of these kinds for whom `check`, with the same words, says yes.

        Raises Invalid for what is not registered, for an unknown kind, and for a cursor of another
        question; AccessDenied for an `actor` who may not view access there.
        """
        for kind in kinds:
            if kind not in KINDS:
                known = ", ".join(sorted(KINDS))
                raise Invalid(f"{kind!r} is no kind of principal that is listed; there are {known}")
        snapshot, now, closed = self._moment(consistency)
        asked = Ask(EVERYONE, permission, on, scope, properties, context, action_properties)
        question = ask(self._view, snapshot, asked)
        Asker(self._tenant, actor).authorize(None, question.scope)
        digest = question_digest(
            "who", permission, str(question.resource), question.scope, sorted(kinds),
            question.properties, question.context, question.action_properties,
        )  # fmt: skip

        def allowed(principal: str) -> bool:
            one = msgspec.structs.replace(question, principal=principal)
            return may(Inquiry(snapshot, one, now, closed=closed))

        found, following = _page(
            candidates(snapshot, question, kinds, now),
            allowed,
            digest,
            snapshot.revision,
            limit,
            after,
        )
        more = unlisted(snapshot, question, kinds, now, closed=closed)
        return Holders(found, following, more, snapshot.revision)

    def what_can(
        self,
        principal: str,
        on: str | None = None,
        *,
        scope: str | None = None,
        properties: JsonObject | None = None,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
        subject_properties: JsonObject | None = None,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> tuple[str, ...]:
        """The permissions that `check`, with the same words, allows `principal` on a resource.

        On a type as a whole where `on` is a type; on every type as a whole where it is None. Raises
        Invalid for a type that no permission is about, naming the nearest one.
        """
        snapshot, now, closed = self._moment(consistency)
        type_ = None if on is None else parse_resource(on).type
        asker = Asker(self._tenant, actor)
        names = permissions_on(snapshot, type_)
        if not names and type_ is not None:
            known = {permission.resource_type for permission in snapshot.permissions.values()}
            close = nearest(type_, known)
            hint = f"; did you mean {close!r}?" if close else ""
            raise Invalid(f"no permission is about {type_!r}{hint}")
        found = []
        for name in names:
            asked = Ask(
                principal, name, on, scope, properties, context, action_properties,
                subject_properties,
            )  # fmt: skip
            question = ask(self._view, snapshot, asked)
            asker.authorize(question.principal, question.scope)
            if may(Inquiry(snapshot, question, now, closed=closed)):
                found.append(name)
        return tuple(found)

    def which(
        self,
        principal: str,
        permission: str,
        *,
        scope: str | None = None,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
        subject_properties: JsonObject | None = None,
        limit: int = 100,
        after: str | None = None,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> Reach:
        """The resources of the catalogue for which `check`, with the same words, says yes.

        Without `scope` each is asked about at its home; with one, what lives elsewhere is not
        allowed, as in `check`. Raises Invalid for what is not registered, for a cursor of another
        question, and for a group or service account without an owner that several scopes own;
        AccessDenied for an `actor` who may not view access at `scope`, or in the
        account where none is named.
        """
        snapshot, now, closed = self._moment(consistency)
        where = self._view.scope_or(scope)
        Asker(self._tenant, actor).authorize(exact_principal(snapshot, principal, where), where)
        _refuse_ambiguous(snapshot, principal)

        def asked(on: str | None) -> Question:
            words = Ask(
                principal, permission, on, scope, None, context, action_properties,
                subject_properties,
            )  # fmt: skip
            return ask(self._view, snapshot, words)

        whole = asked(None)
        digest = question_digest(
            "which", principal, permission, scope, self._view.scope, whole.context,
            whole.action_properties, whole.subject_properties,
        )  # fmt: skip
        tree = _tree(Inquiry(snapshot, whole, now, closed=closed))
        bound = None if tree is None else ids_of(tree)
        of_type = f"{whole.resource.type}:"
        if bound is None:
            refs = (ref for ref in snapshot.resources if ref.startswith(of_type))
        else:
            refs = (ref for id in bound if (ref := of_type + id) in snapshot.resources)

        def allowed(ref: str) -> bool:
            stored = snapshot.resources.get(ref)
            if stored is None:
                return False
            home = self._view.scope_or(scope, stored.scope or "")
            # The filter is cheap and says no to most; what it lets through is checked all the same.
            if tree is not None and not tree.matches(
                Row(stored.type, stored.id, home, stored.attributes)
            ):
                return False
            return may(Inquiry(snapshot, asked(ref), now, closed=closed))

        found, following = _page(refs, allowed, digest, snapshot.revision, limit, after)
        beyond = bound is None or any(of_type + id not in snapshot.resources for id in bound)
        return Reach(found, following, beyond, snapshot.revision)

    def filter(
        self,
        principal: str,
        permission: str,
        *,
        context: JsonObject | None = None,
        action_properties: JsonObject | None = None,
        subject_properties: JsonObject | None = None,
        consistency: Consistency = "minimize_latency",
        actor: ActorLike = None,
    ) -> ResourceFilter:
        """Which rows of an application's own table `check` allows, as a tree to translate.

        A row matches exactly where `check(principal, permission, "type:id", scope=row.scope,
        properties=row.properties)` says yes; of a resource that is in the catalogue, the row says
        what is stored. Raises Invalid, naming the assignment, for what a filter cannot say, and for
        a group or service account without an owner that several scopes own; AccessDenied for an
        `actor` who may not view access in the account.
        """
        snapshot, now, closed = self._moment(consistency)
        asked = Ask(
            principal, permission, None, "", None, context, action_properties, subject_properties
        )
        question = ask(self._view, snapshot, asked)
        Asker(self._tenant, actor).authorize(question.principal, "")
        _refuse_ambiguous(snapshot, principal)
        return resource_filter(Inquiry(snapshot, question, now, closed=closed))

    def _moment(self, consistency: Consistency) -> tuple[Snapshot, datetime, bool]:
        tenant = self._tenant
        return snapshot_of(tenant, consistency), tenant.clock.now(), tenant.closed


def _page(
    keys: Iterable[str],
    keep: Callable[[str], bool],
    digest: str,
    revision: int,
    limit: int,
    after: str | None,
) -> tuple[tuple[str, ...], str | None]:
    """The next `limit` keys in order that are to be kept, and the cursor behind them."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid(f"limit is {limit}; it goes from 1 to {MAX_LIMIT}")
    last = read_place(digest, after)
    found: list[str] = []
    for key in sorted(key for key in keys if last is None or key > last):
        if keep(key):
            if len(found) == limit:
                return tuple(found), write_place(digest, revision, found[-1])
            found.append(key)
    return tuple(found), None


def _tree(inquiry: Inquiry) -> Tree | None:
    """The filter of the rows that are allowed; None where there is none that says it all."""
    try:
        return resource_filter(inquiry).tree
    except Invalid:
        return None


def _refuse_ambiguous(snapshot: Snapshot, principal: str) -> None:
    """A name that means another principal from scope to scope has no one answer."""
    ref = parse_principal(principal)
    if ref.kind not in OWNED_KINDS or ref.owner is not None:
        return
    known = snapshot.groups if ref.kind == "group" else snapshot.service_accounts
    prefix = f"{principal}@/"
    owned = sorted(name for name in known if name.startswith(prefix))
    if any(name != prefix for name in owned):
        raise Invalid(f"{principal!r} may be any of {', '.join(owned)}; write which one")
