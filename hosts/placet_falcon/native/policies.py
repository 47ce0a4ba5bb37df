"""What was published as an approval policy, version by version."""

import falcon
import msgspec

from placet.errors import NotFound
from placet_falcon.decoding import read_query
from placet_falcon.host import call_of
from placet_falcon.native.answers import answer, cursor_page

__all__ = ["PolicyVersion", "PolicyVersions"]

_DIGITS = 18


class _List(msgspec.Struct, frozen=True):
    scope: str | None = None
    limit: int = 50
    after: str | None = None


class _InScope(msgspec.Struct, frozen=True):
    scope: str | None = None


class PolicyVersions:
    """All versions of a policy."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, account: str, id: str) -> None:
        """One page, newest first."""
        placet, actor = call_of(req)
        query = read_query(req, _List)
        found = placet.policies.versions(
            id, scope=query.scope, limit=query.limit, after=query.after, actor=actor
        )
        answer(resp, cursor_page(found))


class PolicyVersion:
    """One version of a policy."""

    def on_get(
        self, req: falcon.Request, resp: falcon.Response, account: str, id: str, number: str
    ) -> None:
        """What it said, and who published it when."""
        placet, actor = call_of(req)
        query = read_query(req, _InScope)
        if not (number.isascii() and number.isdigit() and len(number) <= _DIGITS):
            raise NotFound(f"{number[:40]!r} is no number of a version")
        answer(resp, placet.policies.version(id, int(number), scope=query.scope, actor=actor))
