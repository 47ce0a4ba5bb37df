"""The questions that turn `check` around: who may, what may they, which resources.

Whoever comes into question is found through the index; then each is asked about as `check` asks,
by the same function, so that a list never disagrees with a check (failure modes 30 to 32).
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.decide import applicable_policies, rule
from placet.access.match import Placed
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.conditions import FALSE, TRUE
from placet.conditions.roots import roots_of
from placet.refs import EVERYONE, PrincipalKind, scope_chain

__all__ = ["candidates", "may", "people", "permissions_on", "unlisted"]

_DIRECTORY = frozenset({"user", "service_account"})
"""The kinds of principals that a closed directory has to know."""


def may(inquiry: Inquiry) -> bool:
    """Whether the answer is yes, now and without anybody else: what `check` says."""
    if not inquiry.held.governed:
        return inquiry.allowed()
    return rule(inquiry).outcome == "allowed"


def candidates(
    snapshot: Snapshot, question: Question, kinds: Collection[PrincipalKind], now: datetime
) -> set[str]:
    """Everybody of these kinds who could be allowed, and more; in no order.

    Of `question` the principal does not count. Whoever is left out holds nothing that reaches.
    """
    return people(
        snapshot, {placed.principal for placed in _giving(snapshot, question, now)}, kinds
    )


def people(
    snapshot: Snapshot, principals: Iterable[str], kinds: Collection[PrincipalKind]
) -> set[str]:
    """Everybody of these kinds who is one of `principals`, in one of them or, where everyone is
    among them, known at all."""
    found: set[str] = set()
    for principal in principals:
        if principal == EVERYONE:
            found.update(snapshot.users, snapshot.service_accounts, snapshot.groups)
            found.update(snapshot.parents)
        else:
            found.add(principal)
            if principal.startswith("group:"):
                found |= _within(snapshot, principal)
    return {name for name in found if name.partition(":")[0] in kinds}


def unlisted(
    snapshot: Snapshot,
    question: Question,
    kinds: Collection[PrincipalKind],
    now: datetime,
    *,
    closed: bool,
) -> bool:
    """Whether principals that the account has never heard of may be allowed, so that no list of
    those who may is whole.

    They hold what everyone holds, where ids that are not in the directory are legal.
    """
    if closed and _DIRECTORY.issuperset(kinds):
        return False
    anybody = Inquiry(snapshot, msgspec.structs.replace(question, principal=EVERYONE), now)
    if anybody.refusal() is not None:
        return False
    if any(_certain(anybody, placed) for placed in anybody.reaching("deny")):
        return False
    allows = [placed for placed in anybody.reaching("allow") if _possible(anybody, placed)]
    satisfied = {ref for placed in allows for ref in placed.terms.policies}
    return bool(allows) and all(
        policy.needed != "always"
        or policy.ref in satisfied
        or (policy.when is not None and "subject" in roots_of(policy.when))
        for policy in applicable_policies(anybody)
    )


def permissions_on(snapshot: Snapshot, type_: str | None) -> list[str]:
    """The permissions that are about a type, or all of them, in order."""
    return sorted(
        known.id
        for known in snapshot.permissions.values()
        if type_ is None or known.resource_type == type_
    )


def _giving(snapshot: Snapshot, question: Question, now: datetime) -> Iterator[Placed]:
    """The allows of the permission at the scope of the question or above it."""
    chain = scope_chain(question.scope)
    permission = question.permission.id
    for role, given in snapshot.role_perms.items():
        if permission in given:
            for placed in every(snapshot.by_role.get(role)):
                terms = placed.terms
                if terms.effect == "allow" and placed.scope in chain and terms.open_at(now):
                    yield placed


def _within(snapshot: Snapshot, group: str) -> set[str]:
    """Everybody in a group, and the groups within it."""
    found: set[str] = set()
    waiting: list[str] = [group]
    while waiting:
        members: Iterable[str] = snapshot.members.get(waiting.pop()) or ()
        for member in members:
            if member not in found:
                found.add(member)
                if member.startswith("group:"):
                    waiting.append(member)
    return found


def _certain(anybody: Inquiry, deny: Placed) -> bool:
    """Whether a deny to everyone denies, whoever asks."""
    condition = deny.terms.condition
    if condition is None:
        return True
    return (
        "subject" not in roots_of(condition.text) and condition.evaluate(anybody.facts) is not FALSE
    )


def _possible(anybody: Inquiry, allow: Placed) -> bool:
    """Whether an allow to everyone allows somebody."""
    condition = allow.terms.condition
    if condition is None or "subject" in roots_of(condition.text):
        return True
    return condition.evaluate(anybody.facts) is TRUE
