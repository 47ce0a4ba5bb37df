"""What was published as an approval policy, version by version.

Each version is a document of its own, put by the commit that publishes it: a page of them costs
what it shows, however long the log is. The log shows the same documents, so that one which was
edited behind placet's back is told, as any other.
"""

import msgspec

from placet.model import ApprovalPolicy, PolicyVersion
from placet.services.base import Listing
from placet.services.cursors import read_cursor, write_cursor
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.nouns import key_of
from placet.storage.port import Cursor, Query, Store

__all__ = ["keep_current", "keep_version", "last_number", "version_of", "versions_of"]


def keep_version(
    work: Work, policy: ApprovalPolicy, before: ApprovalPolicy | None, approval: str | None
) -> None:
    """Keep what `work` publishes in place of `before`, and `before` where it was not kept yet."""
    if before is not None:
        keep_current(work, before)
    version = PolicyVersion(
        policy=_bare(policy),
        published_at=work.now,
        published_by=work.actor.principal,
        on_behalf_of=work.actor.on_behalf_of,
        approval=approval,
    )
    work.put(version, new=True)


def keep_current(work: Work, policy: ApprovalPolicy) -> None:
    """Keep a policy that is stored as the version that it is, where it was not kept yet."""
    if _kept(work, policy, policy.version) is None:
        work.put(_told_by(policy), new=True)


def last_number(store: Store, account: str, ref: str) -> int:
    """The number of the last version that was published under a name; 0 where none was kept.

    What somebody else publishes in the meantime is a conflict for whoever publishes the next.
    """
    page = store.find(account, msgspec.structs.replace(_query(ref), limit=1))
    return decode(PolicyVersion, page.docs[0]).number if page.docs else 0


def versions_of(
    store: Store, account: str, policy: ApprovalPolicy, *, limit: int, after: str | None
) -> Listing[PolicyVersion]:
    """One page of the versions of a policy as it is stored, newest first."""
    start = read_cursor("number", after)
    query = msgspec.structs.replace(_query(policy.ref), after=start, limit=limit)
    page = store.find(account, query)
    found = [decode(PolicyVersion, doc) for doc in page.docs]
    place = page.next
    if start is None and (not found or found[0].number < policy.version):
        found.insert(0, _told_by(policy))
        if len(found) > limit:
            found.pop()
            place = Cursor(found[-1].number, key_of(found[-1]).id)
    return Listing(tuple(found), next=write_cursor("number", place))


def version_of(work: Work, policy: ApprovalPolicy, number: int) -> PolicyVersion | None:
    """One version of a policy as it is stored; None where there is none, or it was not kept."""
    kept = _kept(work, policy, number)
    return _told_by(policy) if kept is None and number == policy.version else kept


def _kept(work: Work, policy: ApprovalPolicy, number: int) -> PolicyVersion | None:
    return work.get(PolicyVersion, policy.scope, policy.id, str(number))


def _told_by(policy: ApprovalPolicy) -> PolicyVersion:
    """What the policy itself tells of its publication, where no document was kept of it."""
    return PolicyVersion(
        policy=_bare(policy),
        published_at=policy.updated_at,
        # A record knows who made it, and not who has changed it since.
        published_by=policy.created_by if policy.version == 1 else "",
    )


def _bare(policy: ApprovalPolicy) -> ApprovalPolicy:
    """The policy without the version of the document that it was read from."""
    return msgspec.structs.replace(policy, etag=0)


def _query(ref: str) -> Query:
    return Query("policy_version", where={"policy": (ref,)}, order="number", descending=True)
