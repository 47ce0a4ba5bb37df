"""What comes in and goes out: bodies and queries read, approvals in the vendor's words written.

Fields and parameters that nobody knows are passed over, as the vendor does; its clients send some.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

import falcon
import msgspec

from placet.clock import milliseconds
from placet.model import Approval, ApprovalStatus, ServiceAccount, User, Verdict
from placet_falcon.decoding import Body, read_query
from placet_falcon.iacm.errors import BadInput

__all__ = [
    "EXECUTION",
    "STAGE",
    "STATUSES",
    "WORKSPACE_ID",
    "Create",
    "Listed",
    "Status",
    "Update",
    "approval_id",
    "item",
    "read_create",
    "read_listed",
    "read_update",
    "scope_of",
    "standing",
    "verdict_of",
]

EXECUTION = "pipeline_execution_id"
STAGE = "pipeline_stage_id"
WORKSPACE_ID = "workspace_id"
"""Names on the wire, and labels of the approval."""

Status = Literal["pending", "approved", "rejected"]
STATUSES: Mapping[Status, tuple[ApprovalStatus, ...]] = {
    "pending": ("pending",),
    "approved": ("approved",),
    "rejected": ("rejected", "expired", "cancelled", "superseded", "failed"),
}
"""The three words of the vendor, and what they stand for: whatever ended without a yes."""

_WORDS: Mapping[str, Status] = {
    status: word for word, statuses in STATUSES.items() for status in statuses
}
_VERDICTS: Mapping[str, Verdict] = {"approved": "approve", "rejected": "reject"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
_MAX_PART = 128
_MAX_CLAIM = 256
_MAX_LIMIT = 1000
_MAX_PAGE = 2**52


class Create(msgspec.Struct, frozen=True):
    """The body that opens an approval."""

    execution: str
    stage: str
    workspace: str
    status: Status


class Update(msgspec.Struct, frozen=True):
    """The body that settles one; who it says has done so is a claim."""

    status: Status
    actioned_by: str
    actioned_by_email: str

    def claim(self, known: User | ServiceAccount | None, principal: str) -> str:
        """What the body says about who decides, as far as it is not the caller."""
        names = {principal, principal.partition(":")[2].partition("@/")[0]}
        emails = set[str]()
        if known is not None:
            names |= {known.id, known.name}
            emails.add(known.email)
        by = "" if self.actioned_by in names else self.actioned_by
        email = "" if self.actioned_by_email in emails else self.actioned_by_email
        return f"{by} <{email}>".strip() if email else by


class Listed(msgspec.Struct, frozen=True):
    """The query of a list."""

    limit: int
    page: int
    workspace: str
    labels: dict[str, str]
    status: Status | None

    @property
    def skip(self) -> int:
        """How many approvals the pages before this one hold."""
        return (self.page - 1) * self.limit


class _Query(msgspec.Struct, frozen=True):
    limit: str = ""
    page: str = ""
    workspace: str = ""
    pipeline_execution_id: str = ""
    pipeline_stage_id: str = ""
    status_type: str = ""


_body: Body[dict[str, Any]] = Body(dict[str, Any], extra=True)


def scope_of(org: str, project: str) -> str:
    """The scope that a path names. Raises BadInput for a part that is empty or too long."""
    for name, part in (("org", org), ("project", project)):
        if not 1 <= len(part) <= _MAX_PART:
            raise BadInput(
                "invalid_length",
                f"{name} has {len(part)} characters; it goes from 1 to {_MAX_PART}",
            )
        if "/" in part:
            raise BadInput("invalid_format", f"{name} {part!r} holds '/', which no identifier may")
    return f"{org}/{project}"


def approval_id(id: str) -> str:
    """The id that a path names, as it is stored. Raises BadInput for what is no UUID."""
    if not _UUID.fullmatch(id):
        raise BadInput("invalid_format", f"id {id[:64]!r} is not a UUID")
    return id.lower()


def read_create(req: falcon.Request) -> Create:
    """The body of a request that opens an approval. Raises BadInput."""
    body = _read(req)
    return Create(
        _required(body, EXECUTION),
        _required(body, STAGE),
        _required(body, WORKSPACE_ID),
        _status("status", _text(body, "status") or "pending"),
    )


def read_update(req: falcon.Request) -> Update:
    """The body of a request that settles an approval. Raises BadInput."""
    body = _read(req)
    status = _status("status", _required(body, "status"))
    by, email = _text(body, "actioned_by"), _text(body, "actioned_by_email")
    for name, value in (("actioned_by", by), ("actioned_by_email", email)):
        if len(value) > _MAX_CLAIM:
            raise BadInput("invalid_length", f"{name} has more than {_MAX_CLAIM} characters")
    return Update(status, by, email)


def read_listed(req: falcon.Request) -> Listed:
    """The query of a list; an empty value is none. Raises BadInput."""
    query = read_query(req, _Query, extra=True)
    labels = {EXECUTION: query.pipeline_execution_id, STAGE: query.pipeline_stage_id}
    return Listed(
        _integer("limit", query.limit, 30, _MAX_LIMIT),
        _integer("page", query.page, 1, _MAX_PAGE),
        query.workspace,
        {name: value for name, value in labels.items() if value},
        _status("status_type", query.status_type) if query.status_type else None,
    )


def verdict_of(status: Status) -> Verdict | None:
    """What saying that status means; None for "pending"."""
    return _VERDICTS.get(status)


def standing(
    approval: Approval, people: Mapping[str, User | ServiceAccount]
) -> dict[str, str | int]:
    """The status of an approval, and who has settled it; what is not known is left out."""
    said: dict[str, str | int] = {
        "status": _WORDS[approval.status],
        "created": milliseconds(approval.created_at),
        "updated": milliseconds(approval.updated_at),
    }
    ended = approval.resolution
    if ended is not None and ended.kind in ("reviews", "override") and ended.by:
        known = people.get(ended.by)
        id = ended.by.partition(":")[2].partition("@/")[0]
        said["actioned_by"] = (known.name or known.id) if known else id
        if known and known.email:
            said["actioned_by_email"] = known.email
    return said


def item(
    account: str, approval: Approval, people: Mapping[str, User | ServiceAccount]
) -> dict[str, str | int]:
    """An approval as a list shows it."""
    org, _, project = approval.scope.partition("/")
    return {
        "account": account,
        "org": org,
        "project": project,
        "id": approval.id,
        EXECUTION: approval.labels[EXECUTION],
        STAGE: approval.labels[STAGE],
        WORKSPACE_ID: approval.labels[WORKSPACE_ID],
        **standing(approval, people),
    }


def _read(req: falcon.Request) -> dict[str, Any]:
    body = _body.read(req)
    if not body and not req.content_length:
        raise BadInput("missing_payload", "there is no body; send a JSON object")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    """A text that may be missing, or null."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadInput("invalid_field_type", f"{name} is not a text")
    return value


def _required(body: Mapping[str, Any], name: str) -> str:
    if body.get(name) is None:
        raise BadInput("missing_field", f"{name} is missing from the body")
    value = _text(body, name)
    if not value:
        raise BadInput("invalid_length", f"{name} is empty")
    return value


def _status(name: str, value: str) -> Status:
    for status in STATUSES:
        if value == status:
            return status
    raise BadInput(
        "invalid_enum_value", f"{name} is {value[:64]!r}; it is one of {', '.join(STATUSES)}"
    )


def _integer(name: str, text: str, default: int, most: int) -> int:
    if not text:
        return default
    if not _INTEGER.fullmatch(text):
        raise BadInput("invalid_field_type", f"{name} is {text[:64]!r}, which is no integer")
    value = int(text)
    if not 1 <= value <= most:
        raise BadInput("invalid_range", f"{name} is {value}; it goes from 1 to {most}")
    return value
