"""Create, get, list, update and delete, for every noun of the table: one resource, not twelve."""

from typing import Any
from urllib.parse import quote

import falcon
import msgspec

from placet.errors import Invalid
from placet.model import Credential, Record, plain
from placet_falcon.decoding import NoQuery, read_query
from placet_falcon.host import Host, call_of
from placet_falcon.native.answers import answer, numbered_page
from placet_falcon.native.nouns import Noun

__all__ = ["Collection", "Item", "record_json"]

_NEVER = -1
"""An `etag` that no record has."""


class _InScope(msgspec.Struct, frozen=True):
    scope: str | None = None


class _List(msgspec.Struct, frozen=True):
    scope: str | None = None
    search: str = ""
    sort: str = "id"
    descending: bool = False
    skip: int = 0
    limit: int = 100


class _Delete(msgspec.Struct, frozen=True):
    scope: str | None = None
    cascade: bool = False


class Collection:
    """All records of a noun."""

    def __init__(self, host: Host, noun: Noun) -> None:
        self._host = host
        self._noun = noun
        self._body = noun.body()

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """One numbered page."""
        placet, actor = call_of(req)
        query = read_query(req, _List)
        found = self._noun.service(placet).list(
            scope=query.scope,
            search=query.search,
            sort=query.sort,
            descending=query.descending,
            skip=query.skip,
            limit=query.limit,
            actor=actor,
        )
        page = numbered_page(found)
        answer(resp, {**page, "items": [record_json(noun) for noun in page["items"]]})

    def on_post(self, req: falcon.Request, resp: falcon.Response, account: str) -> None:
        """A new record."""
        placet, actor = call_of(req)
        read_query(req, NoQuery)
        noun = self._noun.noun(self._body.read(req), None, None)
        stored = self._noun.service(placet).create(noun, actor=actor)
        _answer_record(resp, stored, falcon.HTTP_201)
        name = stored.ref if self._noun.path == "resources" else stored.id
        address = f"/placet/v1/accounts/{account}/{self._noun.path}/{quote(name, safe='')}"
        scope = getattr(stored, "scope", None)
        if scope and self._noun.path != "resources":
            address += f"?scope={quote(scope, safe='')}"
        resp.location = self._host.address(address, account)


class Item:
    """One record."""

    def __init__(self, noun: Noun) -> None:
        self._noun = noun
        self._body = noun.body()

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """The record, with its version as ETag."""
        placet, actor = call_of(req)
        query = read_query(req, _InScope)
        found = self._noun.service(placet).get(id, scope=query.scope, actor=actor)
        _answer_record(resp, found)

    def on_put(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """Replace the record, whole; with If-Match, only that version of it."""
        placet, actor = call_of(req)
        query = read_query(req, _InScope)
        noun = self._noun.noun(self._body.read(req), id, query.scope, _if_match(req))
        stored = self._noun.service(placet).update(noun, actor=actor)
        _answer_record(resp, stored)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """Remove the record; what was removed is the answer."""
        placet, actor = call_of(req)
        query = read_query(req, _Delete)
        if req.get_header("If-Match") is not None:
            raise Invalid("If-Match belongs to PUT; a deletion takes whatever version there is")
        removed = self._noun.service(placet).delete(
            id, scope=query.scope, cascade=query.cascade, actor=actor
        )
        answer(resp, record_json(removed))


def record_json(noun: Record) -> dict[str, Any]:
    """A record as JSON values; never a secret, nor a hash of one."""
    value: dict[str, Any] = plain(noun)
    if isinstance(noun, Credential):
        value.pop("secret_hash", None)
    return value


def _answer_record(resp: falcon.Response, noun: Any, status: str = falcon.HTTP_200) -> None:
    answer(resp, record_json(noun), status)
    resp.etag = str(noun.etag)


def _if_match(req: falcon.Request) -> int:
    """The version that a PUT is for; 0 for any."""
    sent = req.if_match
    if not sent or "*" in sent:
        return 0
    if len(sent) > 1:
        raise Invalid("If-Match holds more than one version; a record has one")
    text = str(sent[0])
    # A version is at least 1, and 0 would mean any.
    return (int(text) or _NEVER) if text.isascii() and text.isdigit() and len(text) < 19 else _NEVER
