"""May they? Up to ten thousand questions in one call, answered in order."""

from collections.abc import Iterator
from typing import Annotated, Any

import falcon
import msgspec

from placet.errors import AccessDenied, Invalid
from placet.model import JsonObject
from placet.refs import parse_principal
from placet.services.asking import Ask
from placet_falcon.decoding import Body
from placet_falcon.harness.answers import answer
from placet_falcon.harness.errors import Refused
from placet_falcon.harness.scopes import scope_json, scope_of
from placet_falcon.harness.words import KINDS, PrincipalType, check_named, invalid, principal_type
from placet_falcon.host import Call, Host, call_of

__all__ = ["AccessControlList"]


class _ResourceScope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    account_identifier: str | None = None
    org_identifier: str | None = None
    project_identifier: str | None = None


class _Check(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    resource_type: str
    permission: str
    resource_scope: _ResourceScope | None = None
    resource_identifier: str | None = None
    resource_attributes: dict[str, str] | None = None


class _Principal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    principal_identifier: str | None = None
    principal_type: PrincipalType | None = None
    identifier: str | None = None
    type: PrincipalType | None = None


class _Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    permissions: Annotated[tuple[_Check, ...], msgspec.Meta(max_length=10_000)]
    principal: _Principal | None = None


class AccessControlList:
    """Questions about the caller, or, with the right to view access, about anybody."""

    _body = Body(_Request, extra=True)

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """One row for each question, in the order of the request."""
        call, asked = call_of(req), self._body.read(req)
        principal = _principal_of(call, asked.principal)
        # One look at the head of the log, so that all rows are of one moment or a later one.
        call.placet.questions.view.tenant.index.latest()
        try:
            rows = [self._row(call, principal, check) for check in asked.permissions]
        except AccessDenied as error:
            if not error.permission:
                raise
            raise Refused(
                "INVALID_REQUEST",
                "Missing principal in context or User doesn't have permission to check access for "
                "a different principal",
            ) from None
        who = parse_principal(principal)
        kind = principal_type(who.kind)
        answer(
            req,
            resp,
            {
                "principal": {
                    "principalIdentifier": who.id,
                    "principalType": kind,
                    "identifier": who.id,
                    "type": kind,
                },
                "accessControlList": [
                    {name: value for name, value in row.items() if value is not None}
                    for row in rows
                ],
            },
        )

    def _row(self, call: Call, principal: str, check: _Check) -> dict[str, Any]:
        where = check.resource_scope or _ResourceScope()
        account = call.placet.account
        if where.account_identifier not in (None, "", account):
            raise AccessDenied(
                f"these credentials are of account {account!r}, not of {where.account_identifier!r}"
            )
        if check.resource_identifier and check.resource_attributes:
            raise invalid(
                "permissions", "holds resourceIdentifier and resourceAttributes together; give one"
            )
        scope = scope_of(where.org_identifier, where.project_identifier)
        permitted = any(
            self._permitted(call, principal, check, place) for place in _places(check, scope)
        )
        self._host.decided("allowed" if permitted else "denied")
        return {
            "permission": check.permission,
            "resourceScope": {
                name: value for name, value in scope_json(account, scope).items() if value
            },
            "resourceType": check.resource_type,
            "resourceAttributes": check.resource_attributes,
            "resourceIdentifier": check.resource_identifier,
            "permitted": permitted,
        }

    def _permitted(self, call: Call, principal: str, check: _Check, scope: str) -> bool:
        questions = call.placet.questions
        if questions.unregistered(check.permission) is not None:
            return False
        on = check.resource_type
        if check.resource_identifier:
            on = f"{on}:{check.resource_identifier}"
        properties: JsonObject = dict(check.resource_attributes or {})
        try:
            asked = Ask(principal, check.permission, on, scope, properties)
            return questions.decide(asked, actor=call.actor).allowed
        except Invalid:
            # A permission about another type of resource gives nothing on this one.
            return False


def _places(check: _Check, scope: str) -> Iterator[str]:
    """Where a grant may stand: a question about a scope itself is also one within that scope."""
    yield scope
    inner = check.resource_identifier or ""
    depth = scope.count("/") + bool(scope)
    wanted = {"ORGANIZATION": 0, "PROJECT": 1}.get(check.resource_type)
    if wanted == depth and inner and "/" not in inner:
        yield f"{scope}/{inner}" if scope else inner


def _principal_of(call: Call, said: _Principal | None) -> str:
    if said is None:
        return call.actor.principal
    id = said.principal_identifier or said.identifier
    kind = said.principal_type or said.type
    if id is None and kind is None:
        return call.actor.principal
    if not id or not kind:
        raise invalid("principal", "needs principalIdentifier and principalType")
    check_named("principal.principalIdentifier", id)
    own = call.actor.ref
    if (own.kind, own.id) == (KINDS[kind], id):
        return call.actor.principal
    return f"{KINDS[kind]}:{id}"
