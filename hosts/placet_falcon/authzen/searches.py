"""The Subject, Resource and Action Search APIs: what they list, an evaluation allows."""

from typing import Any, TypeVar

import falcon
import msgspec

from placet.errors import Invalid
from placet.model import JsonObject
from placet.services.question_cursors import question_digest
from placet.services.signing import Signer
from placet_falcon.authzen.wire import (
    Action,
    Entity,
    EntityType,
    Page,
    answer,
    converted,
    read,
)
from placet_falcon.authzen.words import AskingAbout, Unknown, Words, snapshot_of
from placet_falcon.host import Call, call_of

__all__ = ["ActionSearch", "ResourceSearch", "SubjectSearch"]

PAGE = 100
LARGEST = 1000
_T = TypeVar("_T")


class _Subjects(msgspec.Struct, frozen=True):
    subject: EntityType
    action: Action
    resource: Entity
    context: JsonObject = {}
    page: Page = Page()


class _Resources(msgspec.Struct, frozen=True):
    subject: Entity
    action: Action
    resource: EntityType
    context: JsonObject = {}
    page: Page = Page()


class _Actions(msgspec.Struct, frozen=True):
    subject: Entity
    resource: Entity
    context: JsonObject = {}
    page: Page = Page()


class _Place:
    """Where a list goes on: what the token says, and the token of the next page.

    A token is bound to the account and to all that was asked, so that it is good for nothing else.
    """

    def __init__(self, signer: Signer, call: Call, asked: _Subjects | _Resources | _Actions):
        self._signer = signer
        plain = msgspec.structs.replace(asked, page=Page())
        self._bound = question_digest(call.placet.account, type(asked).__name__, plain)
        wanted = asked.page.limit
        if wanted is not None and wanted < 0:
            raise Invalid(f"page.limit is {wanted}; the least is 0")
        self.empty = wanted == 0
        self.limit = PAGE if wanted is None else min(max(wanted, 1), LARGEST)
        self.after: str | None = None
        if asked.page.token:
            content = signer.opened(asked.page.token, "page.token")
            bound, after = msgspec.json.decode(content, type=tuple[str, str | None])
            if bound != self._bound:
                raise Invalid("page.token belongs to another query; repeat that one, or start anew")
            self.after = after

    def page(self, results: list[_T], after: str | None, *, unlisted: bool = False) -> Any:
        """The answer: results, and the token of the page behind them, "" where that was all."""
        if self.empty and results:  # nobody wants any: the next page is still this one
            results, after = [], self.after
            token = self._token(after)
        else:
            token = "" if after is None else self._token(after)
        page: dict[str, Any] = {"next_token": token, "count": len(results)}
        if unlisted:
            page["properties"] = {"unlisted": True}
        return {"results": results, "page": page}

    def _token(self, after: str | None) -> str:
        return self._signer.sealed(msgspec.json.encode([self._bound, after]))


class _Search:
    """What the three have in common."""

    def __init__(self, words: Words, signer: Signer) -> None:
        self._words = words
        self._signer = signer


class SubjectSearch(_Search):
    """Who may do it to this resource?"""

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str = "") -> None:
        """A page of subjects of one type."""
        call, asked = call_of(req), converted(read(req), _Subjects)
        place = _Place(self._signer, call, asked)
        words, snapshot = self._words, snapshot_of(call)
        kind = words.kind(asked.subject.type)
        permission = words.permission(snapshot, asked.resource.type, asked.action.name)
        resource = words.resource(asked.resource)
        if (
            isinstance(kind, Unknown)
            or isinstance(permission, Unknown)
            or isinstance(resource, Unknown)
        ):
            AskingAbout(call).authorize(None)
            answer(req, resp, place.page([], None))
            return
        found = call.placet.searches.who_can(
            permission,
            resource,
            kinds=(kind,),
            properties=asked.resource.properties,
            context=asked.context,
            action_properties=asked.action.properties,
            limit=place.limit,
            after=place.after,
            actor=call.actor,
        )
        stored = snapshot.resources.get(resource)
        scope = (stored.scope if stored is not None else None) or ""
        subjects = [
            words.subject(snapshot, asked.subject.type, principal, scope)
            for principal in found.principals
        ]
        rows = [{"type": subject.type, "id": subject.id} for subject in subjects]
        answer(req, resp, place.page(rows, found.next, unlisted=found.unlisted))


class ResourceSearch(_Search):
    """To which resources may the subject do it?"""

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str = "") -> None:
        """A page of resources of one type, of those that the catalogue has."""
        call, asked = call_of(req), converted(read(req), _Resources)
        place = _Place(self._signer, call, asked)
        type_ = asked.resource.type
        principal = self._words.principal(asked.subject)
        permission = self._words.permission(snapshot_of(call), type_, asked.action.name)
        if isinstance(principal, Unknown) or isinstance(permission, Unknown):
            AskingAbout(call).authorize(None if isinstance(principal, Unknown) else principal)
            answer(req, resp, place.page([], None))
            return
        found = call.placet.searches.which(
            principal,
            permission,
            context=asked.context,
            action_properties=asked.action.properties,
            subject_properties=asked.subject.properties,
            limit=place.limit,
            after=place.after,
            actor=call.actor,
        )
        rows = [{"type": type_, "id": ref.partition(":")[2]} for ref in found.resources]
        answer(req, resp, place.page(rows, found.next, unlisted=found.unlisted))


class ActionSearch(_Search):
    """What may the subject do to this resource?"""

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str = "") -> None:
        """A page of actions."""
        call, asked = call_of(req), converted(read(req), _Actions)
        place = _Place(self._signer, call, asked)
        words, snapshot = self._words, snapshot_of(call)
        principal = words.principal(asked.subject)
        resource = words.resource(asked.resource)
        known = {permission.resource_type for permission in snapshot.permissions.values()}
        if (
            isinstance(principal, Unknown)
            or isinstance(resource, Unknown)
            or asked.resource.type not in known
        ):
            AskingAbout(call).authorize(None if isinstance(principal, Unknown) else principal)
            answer(req, resp, place.page([], None))
            return
        permissions = call.placet.searches.what_can(
            principal,
            resource,
            properties=asked.resource.properties,
            context=asked.context,
            subject_properties=asked.subject.properties,
            actor=call.actor,
        )
        names = words.actions(snapshot, asked.resource.type, permissions)
        rest = [name for name in names if place.after is None or name > place.after]
        rows = [{"name": name} for name in rest[: place.limit]]
        after = rows[-1]["name"] if len(rest) > place.limit else None
        answer(req, resp, place.page(rows, after))
