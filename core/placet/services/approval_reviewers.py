"""Who could say yes to an approval now, as far as they can be listed."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from placet.access.listing import listed
from placet.access.sources import Directory
from placet.approvals.eligibility import (
    excluded,
    latest_reviews,
    reviewed_earlier,
    sources_of,
)
from placet.approvals.evaluate import Result, evaluate
from placet.approvals.transition import status_of
from placet.errors import PlacetError
from placet.model import Approval, ApprovalStatus, ConditionHolds, Reviews, walk
from placet.services.approval_sight import ApprovalSight
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = [
    "ApprovalReviewers",
    "EligibleReviewers",
    "OpenLeaf",
    "Reviewer",
    "WhyNot",
    "named_by",
    "waiting_leaves",
]

LISTED = 100
"""The most people of one leaf that are named."""
LOOKED_AT = 10_000
"""The most people of one leaf that are asked about."""

WhyNot = Literal["", "excluded", "reviewed", "reviewed_earlier"]
"""Why somebody whom a source names could not say yes: they stand behind the request, have said
something already, or are barred as reviewers of an earlier stage; "" for who could."""


class Reviewer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who may fill a seat: their own, or, as a delegate, that of `seat_of`."""

    principal: str
    seat_of: str | None = None
    why_not: WhyNot = ""


class OpenLeaf(msgspec.Struct, frozen=True):
    """A part of the requirement that waits for reviews now, and who could give them.

    `could` counts those who could say yes. `reviewers` are who is known, those who could first and
    100 at most; nobody for a caller who must not know them. `unlisted` says that there may be more
    than were counted: whoever the account has never heard of, or more than 10,000.
    """

    name: str
    sources: tuple[str, ...]
    needed: int
    have: int
    could: int
    unlisted: bool
    reviewers: tuple[Reviewer, ...] = ()


class EligibleReviewers(msgspec.Struct, frozen=True):
    """Who could say yes to an approval, leaf by leaf; no leaf for one that waits for nobody."""

    approval: str
    status: ApprovalStatus
    leaves: tuple[OpenLeaf, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The answer as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value


class ApprovalReviewers(ApprovalSight):
    """Who is waited for."""

    def eligible_reviewers(self, id: str, *, actor: ActorLike = None) -> EligibleReviewers:
        """Who could say yes now, for each leaf that is open and not satisfied yet.

        By name, and with why not, to those only who may view or override approvals in its scope, or
        review this one; everybody else who may see it is told how many (failure mode T50). A review
        of whoever is named without a reason would be accepted, unless a plugin refuses it.
        """

        def use_case(work: Work) -> EligibleReviewers:
            approval = self._visible(work, id)
            leaves = waiting_leaves(work, approval, named=self._privileged(work, approval))
            return EligibleReviewers(id, status_of(approval, work.now), leaves)

        return self._tenant.run(actor, use_case)


def waiting_leaves(
    work: Work, approval: Approval, *, named: bool, ahead: bool = False
) -> tuple[OpenLeaf, ...]:
    """The leaves that wait for reviews, and who could give them; `named` says whether by name.

    With `ahead` also those that wait for the stages before them.
    """
    if status_of(approval, work.now) != "pending":
        return ()
    directory = work.directory(approval)
    nodes = [
        (number, node)
        for number, node in enumerate(walk(approval.policy.requirement))
        if isinstance(node, Reviews | ConditionHolds)
    ]
    shown = zip(evaluate(approval, directory).leaves(), nodes, strict=True)
    return tuple(
        _leaf(work, approval, directory, number, leaf, result, named=named)
        for result, (number, leaf) in shown
        if isinstance(leaf, Reviews)
        and (result.open or ahead)
        and result.status in ("pending", "error")
    )


def _leaf(
    work: Work,
    approval: Approval,
    directory: Directory,
    number: int,
    leaf: Reviews,
    result: Result,
    *,
    named: bool,
) -> OpenLeaf:
    sources = sources_of(leaf, approval, work.now)
    known, whole = named_by(work, approval, directory, sources)
    seats: dict[str, str | None] = dict.fromkeys(sorted(known))
    for delegate, delegator in _delegates(work, directory, known):
        seats.setdefault(delegate, delegator)
    found = [
        Reviewer(person, seat_of, _why_not(approval, directory, number, person, seat_of))
        for person, seat_of in seats.items()
    ]
    found.sort(key=lambda one: (bool(one.why_not), one.principal))
    return OpenLeaf(
        leaf.name,
        sources,
        result.needed,
        result.have,
        sum(not one.why_not for one in found),
        not whole,
        tuple(found[:LISTED]) if named else (),
    )


def named_by(
    work: Work, approval: Approval, directory: Directory, sources: tuple[str, ...]
) -> tuple[frozenset[str], bool]:
    """Who is named by any of the sources, and whether that is everybody."""
    question = directory.question(approval.subject)
    found: set[str] = set()
    whole = True
    for source in sources:
        try:
            some = listed(
                work.snapshot,
                source,
                question,
                work.now,
                subject=approval.subject,
                closed=work.closed,
            )
            whole = whole and some.whole and len(some.principals) <= LOOKED_AT
            found.update(
                person
                for person in sorted(some.principals)[:LOOKED_AT]
                if directory.names(source, person)
            )
        except PlacetError:
            # Who is meant cannot be told: that is not nobody.
            whole = False
    return frozenset(found), whole


def _delegates(
    work: Work, directory: Directory, known: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Who may review in the place of somebody who is known."""
    for delegation in work.snapshot.delegations.values():
        if delegation.delegator in known and delegation.delegator in directory.delegators(
            delegation.delegate, work.now
        ):
            yield delegation.delegate, delegation.delegator


def _why_not(
    approval: Approval, directory: Directory, number: int, person: str, seat_of: str | None
) -> WhyNot:
    seat = seat_of or person
    if not excluded(approval).isdisjoint((person, seat)):
        return "excluded"
    if person in latest_reviews(approval):
        return "reviewed"
    if reviewed_earlier(number, approval, directory, seat):
        return "reviewed_earlier"
    return ""
