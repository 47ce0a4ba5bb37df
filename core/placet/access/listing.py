"""Everybody whom a source may name: what `names` answers for one, turned around.

More than those that it names, never fewer of those that the account knows: whoever is listed is
asked about by `names`, so that a list never disagrees with a review.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from placet.access.answers import Question
from placet.access.placements import every
from placet.access.search import candidates, people, unlisted
from placet.access.snapshot import Snapshot
from placet.access.sources import asks_as, with_included
from placet.errors import Invalid
from placet.model import parse_source
from placet.refs import EVERYONE, PrincipalKind, parse_principal, scope_chain

__all__ = ["Listed", "listed"]

_KINDS: tuple[PrincipalKind, ...] = ("user", "service_account")


class Listed(NamedTuple):
    """Principals, and whether nobody else may be named: in an open directory, those of whom the
    account has never heard are named by what names everyone."""

    principals: frozenset[str]
    whole: bool


def listed(
    snapshot: Snapshot,
    source: str,
    question: Question,
    now: datetime,
    *,
    subject: str,
    closed: bool,
) -> Listed:
    """Everybody whom `source` may name as to the question's resource and scope.

    `subject` is whose manager is meant by "manager". Raises Invalid for a source that is none, or
    that names a permission which is not registered.

    >>> from placet.model import Permission
    >>> from placet.refs import ResourceRef
    >>> about = Question("everyone", Permission.dotted("a.b"), ResourceRef("a", "1"), "")
    >>> listed(Snapshot(), "user:sam", about, datetime.min, subject="", closed=False)
    Listed(principals=frozenset({'user:sam'}), whole=True)
    """
    kind, rest = parse_source(source)
    if kind in ("user", "service_account"):
        return Listed(frozenset({source}), True)
    if kind == "group":
        return Listed(snapshot.members_of(source), True)
    if kind == "owner":
        resource = snapshot.resources.get(str(question.resource))
        return _related(None if resource is None else resource.attributes.get("owner"))
    if kind == "manager":
        user = snapshot.users.get(subject)
        return _related(None if user is None else user.attributes.get("manager"))
    if kind == "permission":
        about = asks_as(snapshot, question, rest)
        found = candidates(snapshot, about, _KINDS, now)
        return Listed(frozenset(found), not unlisted(snapshot, about, _KINDS, now, closed=closed))
    holders = {EVERYONE} if kind == "everyone" else set(_holders(snapshot, rest, question, now))
    return Listed(frozenset(people(snapshot, holders, _KINDS)), closed or EVERYONE not in holders)


def _related(named: object) -> Listed:
    """Who is meant by an attribute: a principal, or a user by id."""
    if not isinstance(named, str):
        return Listed(frozenset(), True)
    try:
        return Listed(frozenset({str(parse_principal(named))}), True)
    except Invalid:
        return Listed(frozenset({f"user:{named}"} if named else ()), True)


def _holders(snapshot: Snapshot, role: str, question: Question, now: datetime) -> Iterable[str]:
    """Who or what has the role, or one that includes it, at the scope of the question or above."""
    chain = scope_chain(question.scope)
    for ref in {role, *snapshot.roles}:
        if role in with_included(snapshot, ref):
            for placed in every(snapshot.by_role.get(ref)):
                terms = placed.terms
                if terms.effect == "allow" and placed.scope in chain and terms.open_at(now):
                    yield placed.principal
