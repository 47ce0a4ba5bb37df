"""Tasks of the profile: a handle that names approvals, and what is said of them.

A handle is opaque, and cannot be made up: it has a MAC. It gives nobody a right: every operation on
it asks who calls. Nothing but the approvals is stored.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from placet.errors import Invalid
from placet.model import ApprovalStatus
from placet.services.access_requests import Requested
from placet.services.signing import Signer
from placet_falcon.authzen.offers import REQUESTS, prefix_of
from placet_falcon.authzen.problems import Problem
from placet_falcon.authzen.words import snapshot_of
from placet_falcon.host import Call, Host

__all__ = ["Task", "Tasks"]

TaskStatus = Literal["pending", "approved", "denied", "expired", "cancelled", "failed", "partial"]
_STATUSES: dict[ApprovalStatus, TaskStatus] = {
    "pending": "pending",
    "approved": "approved",
    "rejected": "denied",
    "expired": "expired",
    "cancelled": "cancelled",
    "superseded": "cancelled",
    "failed": "failed",
}
_SINGLE, _BUNDLE = b"1", b"n"
_ID_BYTES = 16


class Task(NamedTuple):
    """What a handle stands for: approvals, and whether they were asked for as `items`."""

    ids: tuple[str, ...]
    bundle: bool


class Tasks:
    """Gives out handles, knows them again, and says how a task stands."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._signer = Signer(host.settings.secret_keys, "authzen task")

    def named(self, handle: str) -> Task:
        """What a handle stands for. Raises the problem that it is none that was given out here."""
        try:
            content = self._signer.opened(handle, "task")
        except Invalid:
            raise unknown() from None
        kind, ids = content[:1], content[1:]
        starts = range(0, len(ids), _ID_BYTES)
        found = (str(uuid.UUID(bytes=ids[at : at + _ID_BYTES])) for at in starts)
        return Task(tuple(found), kind == _BUNDLE)

    def said(
        self, call: Call, requested: Sequence[Requested], account: str, *, bundle: bool
    ) -> dict[str, Any]:
        """A task on the wire, with the result of one that was approved."""
        handle = self._handle(requested, bundle=bundle)
        path = f"{prefix_of(account)}{REQUESTS}/{handle}"
        endpoint = self._host.address(path, call.placet.account)
        status = _together({_STATUSES[one.approval.status] for one in requested})
        task: dict[str, Any] = {"id": handle, "status": status, "status_endpoint": endpoint}
        ends = [one.approval.decide_by for one in requested if one.approval.status == "pending"]
        last = max((end for end in ends if end is not None), default=None)
        if last is not None and None not in ends:
            task["expires_at"] = last
        task["links"] = {"cancel": f"{endpoint}/cancel"}
        if bundle:
            task["items"] = [_item(call, one) for one in requested]
            return {"task": task}
        return {"task": task, **_result(requested[0])}

    def _handle(self, requested: Sequence[Requested], *, bundle: bool) -> str:
        ids = b"".join(uuid.UUID(one.approval.id).bytes for one in requested)
        return self._signer.sealed((_BUNDLE if bundle else _SINGLE) + ids)


def unknown() -> Problem:
    """The one answer to whoever may not know of a task, whether or not there is one."""
    return Problem("unknown_task", "there is no such task, or it is not the caller's to know of")


def _together(statuses: set[TaskStatus]) -> TaskStatus:
    """The status of several.

    >>> _together({"approved", "pending"}), _together({"denied"}), _together({"denied", "failed"})
    ('pending', 'denied', 'partial')
    """
    if "pending" in statuses:
        return "pending"
    return statuses.pop() if len(statuses) == 1 else "partial"


def _item(call: Call, requested: Requested) -> dict[str, Any]:
    approval = requested.approval
    type_, _, id = approval.resource.partition(":")
    resource: dict[str, Any] = {"type": type_, "id": id}
    if approval.properties:
        resource["properties"] = approval.properties
    permission = snapshot_of(call).permissions.get(approval.permission)
    action = approval.permission if permission is None else permission.action
    said = {"resource": resource, "action": {"name": action}}
    return {**said, "status": _STATUSES[approval.status], **_result(requested)}


def _result(requested: Requested) -> dict[str, Any]:
    """What to bring to the next evaluation; it says nothing of who decided."""
    approval, grant = requested.approval, requested.grant
    if approval.status != "approved" or approval.resolution is None or grant is None:
        return {}
    approved_at: datetime = approval.resolution.at
    said = {"id": approval.id, "approved_at": approved_at, "approved_until": grant.ends_at}
    return {"result": {"mode": "reevaluate", "approval": said}}
