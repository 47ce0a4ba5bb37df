"""What makes access void that has not begun ends it, in the same commit.

Somebody may lose what let them ask between the approval and the start: nothing runs at the start
that could look again. So each commit that changes who may do what looks at the access that has not
begun, as it leaves the account, and at the moment of each start; between two such commits only time
passes. What is minted meanwhile meets the account's authority, which the same commit puts.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from placet.access.advance import Fact, advance
from placet.access.snapshot import Snapshot
from placet.approvals.starting import refused_at_start
from placet.clock import milliseconds
from placet.errors import Corrupt, PlacetError
from placet.model import Approval, Assignment, Grant, Noun
from placet.services.grant_writing import revoke_grant
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.entries import RawChange
from placet.storage.kinds import MAX_PAGE
from placet.storage.nouns import AUTHORITY_KINDS, key_for
from placet.storage.port import Doc, Query, Range, Store

__all__ = ["end_refused_starts", "refuse_starts"]

_log = logging.getLogger("placet.starting")

N = TypeVar("N", bound=Noun)


def refuse_starts(store: Store, work: Work) -> None:
    """Revoke what `work` makes void of the access that has not begun, if it may make any void."""
    if any(_may_refuse(change) for entry in work.entries for change in entry):
        end_refused_starts(store, work)


def _may_refuse(change: RawChange) -> bool:
    if change.kind != "assignment" or change.before is not UNSET:
        return change.kind in AUTHORITY_KINDS
    made = change.noun()
    # What an approval gives takes nothing from anybody.
    return not (isinstance(made, Assignment) and made.approval is not None)


def end_refused_starts(store: Store, work: Work, *, within: timedelta | None = None) -> None:
    """Revoke the access that has not begun, and begins `within` a time, where it is refused."""
    before = work.snapshot  # first: what is found now is guarded by its authority
    soon = None if within is None else work.now + within
    if soon is not None and not store.find(work.account, _begins(work.now, soon)).docs:
        return
    waiting = [one for one in _not_begun(store, work) if work.left(one.grant) is one.grant]
    for id, why in _refused(work, before, waiting).items():
        grant = work.get(Grant, id)
        if grant is not None and (soon is None or grant.starts_at < soon):
            revoke_grant(work, grant, f"refused before it began: {why}")


class _NotBegun(NamedTuple):
    grant: Grant
    approval: Approval | None
    """None where there is none that can be read."""
    assignment: Assignment


def _refused(work: Work, before: Snapshot, waiting: Sequence[_NotBegun]) -> Mapping[str, str]:
    """Of what has not begun, what is refused as `work` leaves the account: its id, and why.

    One may have asked by the role that another will give, and none by what it gives itself: so none
    of them is there at first, and what is right without the others comes back before those are
    asked about again.
    """
    if not waiting:
        return {}
    world = advance(work.world, (Fact(one.assignment, gone=True) for one in waiting))
    while True:
        refused = {one.grant.id: _why(one, before, world, closed=work.closed) for one in waiting}
        right = [one for one in waiting if refused[one.grant.id] is None]
        if not right or len(right) == len(waiting):
            return {id: why for id, why in refused.items() if why is not None}
        world = advance(world, (Fact(one.assignment) for one in right))
        waiting = [one for one in waiting if refused[one.grant.id] is not None]


def _why(one: _NotBegun, before: Snapshot, world: Snapshot, *, closed: bool) -> str | None:
    resource = one.grant.resource
    if resource in before.resources and resource not in world.resources:
        return f"{resource} was deleted"
    if one.approval is None:
        return f"approval {one.grant.approval} cannot be read"
    try:
        return refused_at_start(one.grant, one.approval, world, closed=closed)
    except PlacetError as error:
        # An error opens no door, and stands in the way of no other change.
        return f"it cannot be told whether it may: {error}"


def _not_begun(store: Store, work: Work) -> Iterator[_NotBegun]:
    query = _begins(work.now)
    while True:
        page = store.find(work.account, query)
        if not page.docs:
            return
        grants = [one for doc in page.docs if (one := _readable(Grant, doc)) is not None]
        approvals = _read(store, work, Approval, [(one.approval,) for one in grants])
        minted = [(one.scope, one.assignment or "") for one in grants]
        assignments = _read(store, work, Assignment, minted)
        for grant, approval, assignment in zip(grants, approvals, assignments, strict=True):
            if assignment is not None and grant.starts_at > work.now:
                yield _NotBegun(grant, approval, assignment)
        if page.next is None:
            return
        query = msgspec.structs.replace(query, after=page.next)


def _begins(since: datetime, until: datetime | None = None) -> Query:
    """The access that begins in this time; in the first millisecond, more than that."""
    within = Range("starts", milliseconds(since), None if until is None else milliseconds(until))
    return Query("grant", range=within, limit=MAX_PAGE)


def _read(
    store: Store, work: Work, noun: type[N], keys: Sequence[tuple[str, ...]]
) -> list[N | None]:
    """Nouns that the authority guards: what is read here makes no conflict of its own."""
    docs = store.get(work.account, [key_for(noun, *parts) for parts in keys])
    return [None if doc is None else _readable(noun, doc) for doc in docs]


def _readable(noun: type[N], doc: Doc) -> N | None:
    """The noun in a document; None for one that is spoilt, which stands in nobody's way."""
    try:
        return decode(noun, doc)
    except Corrupt:
        _log.exception("access that has not begun cannot be looked at")
        return None
