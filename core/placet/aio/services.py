"""The services of an engine, awaited: one line for each use case, the signature is its own.

What a service has besides its use cases is not here: what bundles and hosts share with it.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from placet.aio.hops import Hopping, awaited, waited
from placet.services.access_requests import AccessRequests
from placet.services.approvals import Approvals
from placet.services.assignments import Assignments
from placet.services.audit import Audit
from placet.services.authentication import Authentication
from placet.services.credentials import Credentials
from placet.services.directory import Groups
from placet.services.gates import Gates, GateState
from placet.services.grants import Grants
from placet.services.permits import Permits
from placet.services.policies import Policies
from placet.services.questions import Questions
from placet.services.records import Records
from placet.services.searches import Searches
from placet.services.tenant import ActorLike

__all__ = [
    "AsyncAccessRequests",
    "AsyncApprovals",
    "AsyncAssignments",
    "AsyncAudit",
    "AsyncAuthentication",
    "AsyncCredentials",
    "AsyncGates",
    "AsyncGrants",
    "AsyncGroups",
    "AsyncPermits",
    "AsyncPolicies",
    "AsyncQuestions",
    "AsyncRecords",
    "AsyncSearches",
]

S_co = TypeVar("S_co", bound=Records[Any], covariant=True)


class AsyncRecords(Hopping[S_co]):
    """`placet.roles`, and every other noun that is administered."""

    create = awaited(Records.create)
    update = awaited(Records.update)
    change = awaited(Records.change)
    get = awaited(Records.get)
    list = awaited(Records.list)
    delete = awaited(Records.delete)


class AsyncAssignments(AsyncRecords[Assignments]):
    """`placet.assignments`."""

    create = awaited(Assignments.create)
    delete = awaited(Assignments.delete)
    search = awaited(Assignments.search)
    tally = awaited(Assignments.tally)
    faults = awaited(Assignments.faults)


class AsyncGroups(AsyncRecords[Groups]):
    """`placet.groups`."""

    members = awaited(Groups.members)
    add_members = awaited(Groups.add_members)
    remove_members = awaited(Groups.remove_members)


class AsyncCredentials(AsyncRecords[Credentials]):
    """`placet.credentials`."""

    issue = awaited(Credentials.issue)


class AsyncPolicies(AsyncRecords[Policies]):
    """`placet.policies`."""

    propose = awaited(Policies.propose)
    propose_removal = awaited(Policies.propose_removal)
    versions = awaited(Policies.versions)
    version = awaited(Policies.version)


class AsyncGates(AsyncRecords[Gates]):
    """`placet.gates`."""

    status = awaited(Gates.status)

    async def wait(
        self,
        id: str,
        digest: str | None = None,
        *,
        timeout: float,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        actor: ActorLike = None,
    ) -> GateState:
        """`Gates.wait` that holds no thread up."""
        watched = await self.awaiting(id, digest, scope=scope, labels=labels, actor=actor)
        return await waited(watched, timeout)

    awaiting = awaited(Gates.awaiting)
    request = awaited(Gates.request)
    review = awaited(Gates.review)
    take = awaited(Gates.take)


class AsyncApprovals(Hopping[Approvals]):
    """`placet.approvals`."""

    request = awaited(Approvals.request)
    open = awaited(Approvals.open)
    review = awaited(Approvals.review)
    review_many = awaited(Approvals.review_many)
    override = awaited(Approvals.override)
    revise = awaited(Approvals.revise)
    withdraw = awaited(Approvals.withdraw)
    cancel = awaited(Approvals.cancel)
    cancel_all = awaited(Approvals.cancel_all)
    revoke = awaited(Approvals.revoke)
    settle = awaited(Approvals.settle)
    get = awaited(Approvals.get)
    reviewable = awaited(Approvals.reviewable)
    list = awaited(Approvals.list)
    count = awaited(Approvals.count)
    explain = awaited(Approvals.explain)
    inbox = awaited(Approvals.inbox)
    requests = awaited(Approvals.requests)
    reviews = awaited(Approvals.reviews)
    eligible_reviewers = awaited(Approvals.eligible_reviewers)
    simulate = awaited(Approvals.simulate)
    simulate_request = awaited(Approvals.simulate_request)
    metrics = awaited(Approvals.metrics)
    standings = awaited(Approvals.standings)
    people = awaited(Approvals.people)
    requestable = awaited(Approvals.requestable)

    def seen_with(self, permission: str) -> "AsyncApprovals":
        """The same service, for callers who see an approval because they hold `permission`."""
        return AsyncApprovals(lambda: self._behind().seen_with(permission))


class AsyncAccessRequests(Hopping[AccessRequests]):
    """`placet.access_requests`."""

    offers = awaited(AccessRequests.offers)
    request = awaited(AccessRequests.request)
    get = awaited(AccessRequests.get)
    cancel = awaited(AccessRequests.cancel)
    reevaluate = awaited(AccessRequests.reevaluate)


class AsyncGrants(Hopping[Grants]):
    """`placet.grants`."""

    get = awaited(Grants.get)
    list = awaited(Grants.list)
    take = awaited(Grants.take)
    revoke = awaited(Grants.revoke)


class AsyncAudit(Hopping[Audit]):
    """`placet.audit`."""

    list = awaited(Audit.list)
    verify = awaited(Audit.verify)
    checkpoint = awaited(Audit.checkpoint)


class AsyncPermits(Hopping[Permits]):
    """`placet.permits`."""

    permit = awaited(Permits.permit)


class AsyncQuestions(Hopping[Questions]):
    """`placet.questions`."""

    check_many = awaited(Questions.check_many)
    decide = awaited(Questions.decide)
    explain = awaited(Questions.explain)
    unregistered = awaited(Questions.unregistered)


class AsyncSearches(Hopping[Searches]):
    """`placet.searches`."""

    who_can = awaited(Searches.who_can)
    what_can = awaited(Searches.what_can)
    which = awaited(Searches.which)
    filter = awaited(Searches.filter)


class AsyncAuthentication(Hopping[Authentication]):
    """`placet.authentication`."""

    token = awaited(Authentication.token)
    password = awaited(Authentication.password)
