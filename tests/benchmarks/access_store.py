"""A store that makes placet's documents from the file of a size while they are read.

It keeps none of them: what an engine on it has in memory is its index. Documents carry what a
commit stamps on them (who made them, and when), as stored ones do. Permissions and roles, which all
accounts share, come from code: from a catalogue, as an application's own would.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import TypeVar

import msgspec
from access_model import Account
from access_world import World

from placet import Permission, Role
from placet.catalogue import Catalogue
from placet.errors import Invalid
from placet.hooks import hookimpl
from placet.model import (
    Assignment,
    Group,
    Membership,
    Noun,
    Record,
    ResourceGroup,
    ResourceSelector,
    User,
)
from placet.storage.codec import encode_noun
from placet.storage.nouns import key_of
from placet.storage.port import (
    Change,
    Committed,
    Cursor,
    Doc,
    Head,
    Key,
    NewEvent,
    Page,
    Put,
    Query,
    Store,
    StoredEvent,
)

__all__ = ["URL", "CataloguePlugin", "WorldPlugin", "puts_of"]

URL = "world://"
KINDS = ("user", "group", "membership", "resource_group", "assignment")
"""The kinds of which something is stored."""

_MADE = datetime(2026, 1, 1, tzinfo=UTC)
_HEAD = Head(version=1, seq=1, at=1_767_225_600_000)
_R = TypeVar("_R", bound=Record)


class CataloguePlugin:
    """The permissions and roles of a world, as nouns that come from code."""

    def __init__(self, world: World) -> None:
        self.world = world

    @hookimpl
    def placet_catalogue(self) -> Catalogue:
        return Catalogue(
            permissions=tuple(map(Permission.dotted, self.world.permissions)),
            roles=tuple(
                Role(id=name, permissions=tuple(sorted(given)))
                for name, given in self.world.roles.items()
            ),
        )


class WorldPlugin(CataloguePlugin):
    """Opens `world://`, the store of a world; `condition` stands in every assignment."""

    def __init__(self, world: World, condition: str | None = None) -> None:
        super().__init__(world)
        self.condition = condition

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return _WorldStore(self.world, self.condition) if url == URL else None


def puts_of(account: Account) -> Iterator[Put]:
    """What a commit of the whole account stores, for a store that keeps it."""
    for kind in KINDS:
        for noun in _nouns_of(account, kind, None):
            body, index = encode_noun(noun)
            yield Put(key_of(noun), body, index)


def _nouns_of(account: Account, kind: str, condition: str | None) -> Iterator[Noun]:
    if kind == "user":
        for user in account.users:
            yield _stamped(User(id=user.removeprefix("user:")))
    elif kind == "group":
        for ref in account.groups:
            yield _stamped(Group(id=ref.removeprefix("group:").removesuffix("@/")))
    elif kind == "membership":
        for member, groups in account.parents.items():
            for group in groups:
                yield _stamped(Membership(group=group, member=member))
    elif kind == "resource_group":
        for name, selected in account.resource_groups.items():
            ids = tuple(sorted(ref.removeprefix("res:") for ref in selected.resources))
            yield _stamped(
                ResourceGroup(
                    id=name,
                    all=selected.all,
                    resources=() if selected.all else (ResourceSelector("res", ids),),
                    include_child_scopes=selected.below,
                )
            )
    elif kind == "assignment":
        for assigned in account.assignments:
            yield _stamped(
                Assignment(
                    id=assigned.id,
                    scope=assigned.scope,
                    principal=assigned.principal,
                    role=f"{assigned.role}@/",
                    resource_group=f"{assigned.group}@/",
                    disabled=not assigned.enabled,
                    condition=condition,
                )
            )


def _stamped(noun: _R) -> _R:
    return msgspec.structs.replace(noun, created_at=_MADE, updated_at=_MADE, created_by="user:root")


class _WorldStore:
    """Reads only: one commit, long ago, stored everything."""

    def __init__(self, world: World, condition: str | None) -> None:
        self._world = world
        self._condition = condition
        self._account: Account | None = None
        self._found: tuple[str, list[tuple[str, Noun]]] = ("", [])

    def accounts(self, after: str = "", limit: int = 1000) -> tuple[str, ...]:
        return tuple(sorted(name for name in self._world.names if name > after)[:limit])

    def head(self, account: str) -> Head:
        return _HEAD

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        return (None,) * len(keys)

    def find(self, account: str, query: Query) -> Page:
        if query.where or query.range or query.order != "id" or query.descending or query.skip:
            raise Invalid("this store is read from one end to the other, a kind at a time")
        if query.kind not in KINDS:
            return Page(())
        if query.after is None:
            self._found = (query.kind, self._sorted(account, query.kind))
        kind, found = self._found
        assert kind == query.kind, "one kind is read after the other"
        ids = itemgetter(0)
        start = 0 if query.after is None else bisect_right(found, query.after.id, key=ids)
        part = found[start : start + query.limit]
        last = start + len(part) >= len(found)
        if last:  # what was handed out is the reader's, and nothing stays here
            self._found = ("", [])
            if kind == "user":  # the last of the kinds, in the order of their names
                self._account = None
        docs = []
        for id, noun in part:
            body, index = encode_noun(noun)
            docs.append(Doc(Key(kind, id), 1, body, index))
        return Page(tuple(docs), None if last else Cursor(part[-1][0], part[-1][0]))

    def _sorted(self, account: str, kind: str) -> list[tuple[str, Noun]]:
        if self._account is None or self._account.name != account:
            self._account = self._world.account(account)
        nouns = _nouns_of(self._account, kind, self._condition)
        return sorted(((key_of(noun).id, noun) for noun in nouns), key=itemgetter(0))

    def count(self, account: str, query: Query) -> int:
        raise Invalid("this store does not count")

    def commit(
        self, account: str, changes: Sequence[Change], events: Sequence[NewEvent]
    ) -> Committed:
        raise Invalid("this store is read only")

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        return ()

    def close(self) -> None:
        self._account = None
