"""List, create, show and update: everything that the vendor's API has."""

import falcon
import msgspec

from placet import NotFound
from placet.model import Approval as Stored
from placet.services.approvals import Approvals as Service
from placet_falcon.host import Call, call_of
from placet_falcon.iacm.catalogue import APPROVE, EDIT, VIEW, WORKSPACE
from placet_falcon.iacm.wire import (
    EXECUTION,
    STAGE,
    STATUSES,
    WORKSPACE_ID,
    approval_id,
    item,
    read_create,
    read_listed,
    read_update,
    scope_of,
    standing,
    verdict_of,
)

__all__ = ["Approval", "Approvals"]

ORIGIN = "iacm"


class Approvals:
    """The approvals of a project."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, org: str, project: str) -> None:
        """One page, newest first."""
        call, approvals = _called(req, org, project)
        asked = read_listed(req)
        found = approvals.list(
            scope=scope_of(org, project),
            origin=ORIGIN,
            permission=APPROVE,
            resource=f"{WORKSPACE}:{asked.workspace}" if asked.workspace else None,
            labels=asked.labels,
            status=STATUSES[asked.status] if asked.status else None,
            skip=asked.skip,
            limit=asked.limit,
            actor=call.actor,
        ).items
        people = approvals.people(found, actor=call.actor)
        account = call.placet.account
        _answer(resp, [item(account, approval, people) for approval in found])

    def on_post(self, req: falcon.Request, resp: falcon.Response, org: str, project: str) -> None:
        """Open an approval; one that is settled at once is reviewed by the caller at once."""
        call, approvals = _called(req, org, project)
        wanted = read_create(req)
        opened = approvals.open(
            APPROVE,
            f"{WORKSPACE}:{wanted.workspace}",
            {EXECUTION: wanted.execution, STAGE: wanted.stage},
            needs=EDIT,
            scope=scope_of(org, project),
            verdict=verdict_of(wanted.status),
            labels={
                EXECUTION: wanted.execution,
                STAGE: wanted.stage,
                WORKSPACE_ID: wanted.workspace,
            },
            origin=ORIGIN,
            actor=call.actor,
        )
        _answer(resp, {"id": opened.id})


class Approval:
    """One approval."""

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, org: str, project: str, id: str
    ) -> None:
        """How it stands: what a pipeline asks until it is settled."""
        call, approvals = _called(req, org, project)
        approval = _found(call, approvals, org, project, id)
        _answer(resp, standing(approval, approvals.people((approval,), actor=call.actor)))

    def on_put(
        self, req: falcon.Request, resp: falcon.Response, org: str, project: str, id: str
    ) -> None:
        """Settle it, as the caller, whoever the body names."""
        call, approvals = _called(req, org, project)
        said = read_update(req)
        approval = _found(call, approvals, org, project, id)
        verdict = verdict_of(said.status)
        if verdict is None:
            approvals.reviewable(approval.id, actor=call.actor)
        else:
            principal = call.actor.principal
            known = approvals.people((approval,), actor=call.actor).get(principal)
            claim = said.claim(known, principal)
            approvals.review(approval.id, verdict, claimed_by=claim, actor=call.actor)
        resp.data = b""
        resp.content_length = 0


def _called(req: falcon.Request, org: str, project: str) -> tuple[Call, Service]:
    call = call_of(req)
    return call, call.placet.at(scope_of(org, project)).approvals.seen_with(VIEW)


def _found(call: Call, approvals: Service, org: str, project: str, id: str) -> Stored:
    """The approval that a path names; one of another scope, or of another kind, is none here."""
    approval = approvals.get(approval_id(id), actor=call.actor)
    if approval.scope != scope_of(org, project) or approval.origin != ORIGIN:
        raise NotFound(f"there is no approval {id!r} in project {project!r} of {org!r}")
    return approval


def _answer(resp: falcon.Response, value: object) -> None:
    resp.data = msgspec.json.encode(value)
    resp.content_type = falcon.MEDIA_JSON
