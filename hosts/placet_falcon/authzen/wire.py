"""What callers send, and how this surface answers. Members that nobody knows are passed over."""

from typing import Any, TypeVar

import falcon
import msgspec

from placet.errors import Invalid
from placet.model import JsonObject
from placet_falcon.authzen.ijson import read_ijson
from placet_falcon.authzen.request_id import echo
from placet_falcon.decoding import misfit, read_bytes

__all__ = ["Action", "Entity", "EntityType", "Evaluation", "Page", "answer", "converted", "read"]

T = TypeVar("T")


class Entity(msgspec.Struct, frozen=True):
    """A subject or a resource."""

    type: str
    id: str
    properties: JsonObject = {}


class EntityType(msgspec.Struct, frozen=True):
    """The subject or resource that is searched for: an id that is sent is not looked at."""

    type: str
    properties: JsonObject = {}


class Action(msgspec.Struct, frozen=True):
    """What is to be done."""

    name: str
    properties: JsonObject = {}


class Evaluation(msgspec.Struct, frozen=True):
    """May the subject do it to the resource?"""

    subject: Entity
    action: Action
    resource: Entity
    context: JsonObject = {}


class Page(msgspec.Struct, frozen=True):
    """Which page: behind `token`, at most `limit` results."""

    token: str = ""
    limit: int | None = None
    properties: JsonObject = {}


def read(req: falcon.Request) -> dict[str, Any]:
    """The object in the body of a request.

    Raises Invalid for everything else, a wrong content type and no body at all included: the
    specification answers 400 to each.
    """
    body = read_bytes(req)
    media_type = req.content_type or ""
    if media_type != falcon.MEDIA_JSON:
        media_type = media_type.partition(";")[0].strip().lower()
        if media_type != falcon.MEDIA_JSON:
            said = media_type or "of no stated type"
            raise Invalid(f"the body is {said}; send Content-Type: application/json")
    if not body.strip():
        raise Invalid("the body is empty; send a JSON object")
    value = read_ijson(body)
    if not isinstance(value, dict):
        raise Invalid("the body is not an object")
    return value


def converted(raw: Any, kind: type[T]) -> T:
    """A value of one type. Raises Invalid for what is missing or of another type."""
    try:
        return msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError as error:
        raise misfit("the request", error) from None


def answer(req: falcon.Request, resp: falcon.Response, value: Any) -> None:
    """Write `value` as JSON, under the id that the request came with."""
    echo(req, resp)
    resp.data = msgspec.json.encode(value)
    resp.content_type = falcon.MEDIA_JSON
