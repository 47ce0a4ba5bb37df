"""Role assignments: list, get, create, switch on and off, delete, and check a proposed one."""

from typing import Any

import falcon
import msgspec

from placet.errors import AlreadyExists, Invalid, NotFound
from placet.model import Assignment, IncludedScope
from placet_falcon.decoding import Body, read_query
from placet_falcon.harness.answers import Paged, answer, orders_of, page_json
from placet_falcon.harness.assignment_words import (
    NEWEST,
    SORTS,
    AssignmentBody,
    check_changes,
    draft,
    fault_message,
    fault_messages,
    is_admin,
    noun_of,
    refuse_early,
    response_json,
    speakable,
)
from placet_falcon.harness.errors import Refused, not_found
from placet_falcon.harness.scopes import Scoped, path_text
from placet_falcon.harness.words import check_named
from placet_falcon.host import Call, call_of

__all__ = ["Assignments", "Item", "Validation", "created", "deleted"]


class _Validation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    role_assignment: AssignmentBody
    validate_principal: bool | None = None
    validate_role: bool | None = None
    validate_resource_group: bool | None = None


class Assignments:
    """The assignments of one scope."""

    _body = Body(AssignmentBody, extra=True)

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One page."""
        call, page = call_of(req), read_query(req, Paged, extra=True)
        found = call.placet.assignments.search(
            (IncludedScope(page.scope),),
            where=speakable,
            orders=orders_of(page.sort_orders, SORTS, NEWEST),
            skip=page.skip,
            limit=page.page_size,
            actor=call.actor,
        )
        account = call.placet.account
        answer(req, resp, page_json(page, found, lambda noun: response_json(account, noun)))

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """A new one."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        body = self._body.read(req)
        refuse_early(body, call.placet.account, scope)
        answer(req, resp, response_json(call.placet.account, created(call, body, scope)))


class Item:
    """One assignment. `identifier` is in the path, or fixed where the path is a word of its own."""

    _body = Body(AssignmentBody, extra=True)

    def on_get(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """The assignment."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        missing = f"Role assignment with identifier [{identifier}] is not found in the given scope"
        try:
            found = call.placet.assignments.get(identifier, scope=scope, actor=call.actor)
        except NotFound:
            raise not_found(missing) from None
        if not speakable(found):
            raise not_found(missing)
        answer(req, resp, response_json(call.placet.account, found))

    def on_put(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """The assignment, enabled or disabled; nothing else of it changes."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        body, account = self._body.read(req), call.placet.account
        if body.identifier and body.identifier != identifier:
            raise Refused(
                "INVALID_REQUEST",
                "Role assignment identifier in the request body and the url do not match.",
            )

        def switched(stored: Assignment) -> Assignment:
            check_changes(body, stored, account)
            return msgspec.structs.replace(stored, disabled=bool(body.disabled))

        try:
            noun = call.placet.assignments.change(
                identifier, switched, scope=scope, actor=call.actor
            )
        except NotFound:
            where = path_text(account, scope)
            raise Refused(
                "INVALID_REQUEST", f"Could not find the role assignment in the scope {where}"
            ) from None
        answer(req, resp, response_json(account, noun))

    def on_delete(self, req: falcon.Request, resp: falcon.Response, identifier: str) -> None:
        """Remove the assignment; it is the answer."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        answer(req, resp, response_json(call.placet.account, deleted(call, identifier, scope)))


class Validation:
    """Whether a proposed assignment could be made; changes nothing, and asks for no right."""

    _body = Body(_Validation, extra=True)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """What is wrong with principal, role and resource group, of those asked about."""
        call, scope = call_of(req), read_query(req, Scoped, extra=True).scope
        asked = self._body.read(req)
        body = asked.role_assignment
        faults = call.placet.assignments.faults(draft(body, scope), actor=call.actor)
        said = fault_messages(faults, call.placet.account, body, scope)
        answer(
            req,
            resp,
            {
                "principalValidationResult": _result(asked.validate_principal, said["principal"]),
                "roleValidationResult": _result(asked.validate_role, said["role"]),
                "resourceGroupValidationResult": _result(
                    asked.validate_resource_group, said["resource_group"]
                ),
            },
        )


def created(call: Call, body: AssignmentBody, scope: str) -> Assignment:
    """The assignment, made. Raises Refused, Invalid, AccessDenied or AlreadyExists."""
    noun = noun_of(body, scope)
    assignments = call.placet.assignments
    try:
        return assignments.create(noun, actor=call.actor, distinct=True)
    except AlreadyExists as error:
        raise Refused("DUPLICATE_FIELD", error.message) from None
    except Invalid:
        account = call.placet.account
        faults = assignments.faults(noun, actor=call.actor)
        if not faults:
            raise
        raise Refused("INVALID_REQUEST", fault_message(faults, account, body, scope)) from None


def deleted(call: Call, identifier: str, scope: str) -> Assignment:
    """The assignment, removed. Raises Refused, AccessDenied, or InvalidState for the last
    administrator, or for one that is managed.
    """
    try:
        return call.placet.assignments.delete(
            check_named("identifier", identifier),
            scope=scope,
            where=speakable,
            leaves_admin=is_admin,
            actor=call.actor,
        )
    except NotFound:
        raise Refused("INVALID_REQUEST", "Invalid Role Assignment") from None


def _result(asked: bool | None, message: str | None) -> dict[str, Any]:
    message = message if asked else None
    return {"valid": message is None, "isValid": message is None, "errorMessage": message}
