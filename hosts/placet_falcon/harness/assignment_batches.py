"""Many role assignments in one call: each entry stands alone, and failures are passed over."""

from typing import Any

import falcon
import msgspec

from placet.errors import PlacetError, StoreError
from placet_falcon.decoding import Body, read_query
from placet_falcon.harness.answers import answer
from placet_falcon.harness.assignment_words import AssignmentBody, refuse_early, response_json
from placet_falcon.harness.assignments import created, deleted
from placet_falcon.harness.errors import Refused
from placet_falcon.harness.scopes import Scoped
from placet_falcon.host import call_of

__all__ = ["Deletion", "Multi"]


class _Many(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    role_assignments: tuple[AssignmentBody, ...]


class Multi:
    """Create many; the answer holds those that were created now, in the order of the request."""

    _body: Body[_Many | None] = Body(_Many | None, extra=True)  # type: ignore[arg-type]  # a union

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """What cannot be created is left out, whatever the reason."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        sent = None if req.content_length in (None, 0) else self._body.read(req)
        if sent is None:
            raise Refused("INVALID_REQUEST", "Request body is empty")
        bodies = sent.role_assignments
        account = call.placet.account
        for body in bodies:
            refuse_early(body, account, scope)
        made: list[dict[str, Any]] = []
        for body in bodies:
            try:
                made.append(response_json(account, created(call, body, scope)))
            except StoreError:
                raise
            except (PlacetError, Refused):
                continue
        answer(req, resp, made)


class Deletion:
    """Delete many."""

    _body: Body[tuple[str, ...]] = Body(tuple[str, ...], extra=True)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """How many went, and why the others did not."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        failed: list[dict[str, str]] = []
        identifiers = self._body.read(req)
        for identifier in identifiers:
            try:
                deleted(call, identifier, scope)
            except StoreError:
                raise
            except PlacetError as error:
                failed.append({"roleAssignmentId": identifier, "errorMessage": error.message})
            except Refused as refused:
                said = refused.description or ""
                failed.append({"roleAssignmentId": identifier, "errorMessage": said})
        answer(
            req,
            resp,
            {
                "successfullyDeleted": len(identifiers) - len(failed),
                "failedToDelete": len(failed),
                "roleAssignmentErrorResponseDTOList": failed,
            },
        )
