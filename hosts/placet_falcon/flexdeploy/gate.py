"""Approving or rejecting a stage that waits at its gate."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import falcon
import msgspec

from placet.errors import Invalid
from placet.model import Approval
from placet_falcon.decoding import Body, read_query
from placet_falcon.host import call_of

__all__ = ["ApprovalGate"]

_LONG = re.compile(r"[0-9]{1,19}", re.ASCII)
_MOST = 2**63 - 1
_VERDICTS: Mapping[str, Literal["approve", "reject"]] = {
    "APPROVED": "approve",
    "REJECTED": "reject",
}


class _Query(msgspec.Struct, frozen=True):
    snapshotId: str | None = None


class _Decision(msgspec.Struct, frozen=True):
    environmentId: str | int
    gateName: str
    status: str
    notes: str | None = None
    releaseId: str | int | None = None


class ApprovalGate:
    """The gates of one release."""

    _body = Body(_Decision, extra=True)

    def on_post(self, req: falcon.Request, resp: falcon.Response, releaseId: str) -> None:
        """Decide about a snapshot that waits at the gate, or about the one that came last."""
        placet, actor = call_of(req)
        release = _long("releaseId", releaseId)
        snapshot = read_query(req, _Query, extra=True).snapshotId
        said = self._body.read(req)
        if said.releaseId is not None and _long("releaseId", said.releaseId) != release:
            raise Invalid(
                f"the body is about release {said.releaseId}, the address about {release}"
            )
        verdict = _VERDICTS.get(said.status)
        if verdict is None:
            raise Invalid(f"status is {said.status[:64]!r}; it is one of {', '.join(_VERDICTS)}")
        labels = {"environment": str(said.environmentId), "release": str(release)}
        if snapshot is not None:
            labels["snapshot"] = str(_long("snapshotId", snapshot))
        decided = placet.gates.review(
            said.gateName, verdict, labels=labels, comment=said.notes or "", actor=actor
        )
        resp.status = falcon.HTTP_201
        resp.data = msgspec.json.encode(_answer(said, release, decided))
        resp.content_type = falcon.MEDIA_JSON


def _answer(said: _Decision, release: int, decided: Approval) -> dict[str, Any]:
    snapshot = decided.labels.get("snapshot", "")
    return {
        "environmentId": str(said.environmentId),
        "gateName": said.gateName,
        "status": said.status,
        "notes": said.notes,
        "releaseId": release,
        "snapshotId": int(snapshot) if _LONG.fullmatch(snapshot) else None,
    }


def _long(name: str, value: str | int) -> int:
    """A number of 64 bits, from JSON or from text. Raises Invalid."""
    text = str(value)
    if not _LONG.fullmatch(text) or int(text) > _MOST:
        raise Invalid(f"{name} is {text[:64]!r}, which is no number of a {name.removesuffix('Id')}")
    return int(text)
