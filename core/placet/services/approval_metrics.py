"""How approvals went: how many ended how, and how long they took."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from placet.approvals.evaluate import evaluate
from placet.approvals.timing import (
    Spread,
    decision_time,
    first_review_time,
    spread,
    stage_times,
)
from placet.clock import milliseconds
from placet.errors import Invalid
from placet.model import Approval, ApprovalStatus, InOrder, walk
from placet.refs import is_below
from placet.services.approval_sight import ApprovalSight, as_of
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query, Range

__all__ = ["ApprovalMetrics", "Metrics"]

MOST = 20_000
"""The most approvals that are looked at."""


class Metrics(msgspec.Struct, frozen=True):
    """How the approvals went that were asked for from `since` until just before `until`.

    `outcomes` counts them by their status now. Times are in seconds: `first_review` of all that
    anybody reviewed, `decision` of those approved or rejected, `stages` by name. `expired_share` is
    that of all that have ended, `override_share` that of all approved or rejected; None of none.
    `whole` is false where there were more than 20,000, of which the latest are measured.
    """

    since: datetime
    until: datetime
    requested: int
    whole: bool
    outcomes: dict[ApprovalStatus, int]
    first_review: Spread
    decision: Spread
    stages: dict[str, Spread]
    expired_share: float | None
    override_share: float | None

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON-like values."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return value


class ApprovalMetrics(ApprovalSight):
    """Figures over many approvals."""

    def metrics(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        scope: str | None = None,
        permission: str | None = None,
        actor: ActorLike = None,
    ) -> Metrics:
        """How approvals in a scope and below went; `until` None means now.

        Reads every approval of that time, 20,000 at most, newest first: some 0.1 ms each. Requests
        to look at an override afterwards are left out. Stages are measured as far as the directory
        still names those who reviewed. Needs the right to view approvals in the scope, the account
        where none is named; raises Invalid for moments without a time zone, or the wrong way round.
        """
        for name, moment in (("since", since), ("until", until)):
            if moment is not None and moment.tzinfo is None:
                raise Invalid(f"{name} is {moment.isoformat()}, without a time zone; write UTC")

        def use_case(work: Work) -> Metrics:
            start, end = since.astimezone(UTC), (until or work.now).astimezone(UTC)
            if end < start:
                raise Invalid(f"until is {end.isoformat()}, which is before since")
            at = self._view.scope_or(scope)
            work.authorize("approvals.view", at)
            found = _Figures()
            looked_at = 0
            for approval in self._between(start, None if until is None else end, permission):
                looked_at += 1
                if looked_at > MOST:
                    break
                if is_below(approval.scope, at) and approval.overrides is None:
                    self._add(work, found, as_of(approval, work))
            return found.metrics(start, end, whole=looked_at <= MOST)

        return self._tenant.run(actor, use_case)

    def _between(
        self, start: datetime, end: datetime | None, permission: str | None
    ) -> Iterator[Approval]:
        """The approvals asked for in a time, newest first; `end` None means until now."""
        query = Query(
            "approval",
            {} if permission is None else {"permission": (permission,)},
            Range("created", milliseconds(start), None if end is None else milliseconds(end)),
            order="created",
            descending=True,
            limit=MAX_PAGE,
        )
        while True:
            page = self._tenant.store.find(self._tenant.account, query)
            for doc in page.docs:
                yield decode(Approval, doc)
            if page.next is None:
                return
            query = msgspec.structs.replace(query, after=page.next)

    def _add(self, work: Work, found: "_Figures", approval: Approval) -> None:
        found.outcomes[approval.status] += 1
        if approval.resolution is not None and approval.resolution.kind == "override":
            found.overridden += 1
        for times, seconds in (
            (found.first_review, first_review_time(approval)),
            (found.decision, decision_time(approval)),
        ):
            if seconds is not None:
                times.append(seconds)
        if approval.reviews and any(
            isinstance(node, InOrder) for node in walk(approval.policy.requirement)
        ):
            tree = evaluate(approval, work.directory(approval))
            for name, seconds in stage_times(approval, tree):
                found.stages[name].append(seconds)


class _Figures:
    """What is counted on the way."""

    def __init__(self) -> None:
        self.outcomes: Counter[ApprovalStatus] = Counter()
        self.overridden = 0
        self.first_review: list[float] = []
        self.decision: list[float] = []
        self.stages: defaultdict[str, list[float]] = defaultdict(list)

    def metrics(self, since: datetime, until: datetime, *, whole: bool) -> Metrics:
        outcomes = self.outcomes
        decided = outcomes["approved"] + outcomes["rejected"]
        return Metrics(
            since=since,
            until=until,
            requested=outcomes.total(),
            whole=whole,
            outcomes={status: count for status, count in sorted(outcomes.items()) if count},
            first_review=spread(self.first_review),
            decision=spread(self.decision),
            stages={name: spread(times) for name, times in sorted(self.stages.items())},
            expired_share=_share(outcomes["expired"], outcomes.total() - outcomes["pending"]),
            override_share=_share(self.overridden, decided),
        )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
