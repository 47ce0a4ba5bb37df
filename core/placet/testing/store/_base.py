"""What the themes share: the fixtures, and made-up documents of declared kinds."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from types import MappingProxyType, ModuleType
from typing import Any, Protocol

import pytest

from placet.storage.port import (
    Change,
    Cursor,
    Doc,
    Drop,
    Index,
    IndexValue,
    Key,
    NewEvent,
    Page,
    Put,
    Query,
    Store,
    StoredEvent,
)
from placet.storage.sealing import new_event
from placet.testing.store._process import Child, starting

__all__ = [
    "ACCOUNT",
    "OTHER",
    "Handle",
    "OpenStore",
    "Start",
    "Theme",
    "UrlOf",
    "approval",
    "approval_key",
    "drop",
    "event",
    "fill",
    "ids",
    "log_of",
    "pages",
    "user",
    "user_key",
]

ACCOUNT = "acme"
OTHER = "globex"

CAPABILITIES = frozenset({"second_handle", "second_process", "reopening"})
"""What a store may declare to lack."""


class OpenStore(Protocol):
    """Opens the data of a name: empty at first, the same again afterwards."""

    def __call__(self, name: str = "main") -> Store:
        """A new handle; the caller closes it."""


Handle = Callable[[], Store]
"""Opens one more handle on the main data; the kit closes it."""

UrlOf = Callable[[str], str]
"""The URL of the data of a name, or of a file."""

Start = Callable[[], Child]
"""Starts one more process on the main data; the kit ends it."""


class Theme:
    """The fixtures of every theme."""

    lacks: Mapping[str, str] = MappingProxyType({})
    plugin: ModuleType | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, reason in cls.lacks.items():
            if name not in CAPABILITIES or not reason:
                raise TypeError(
                    f"{cls.__name__}.lacks[{name!r}] is not one of {sorted(CAPABILITIES)} with a "
                    "reason; nothing else can be left out"
                )
        for name in vars(cls):
            if name.startswith("test") and any(hasattr(base, name) for base in cls.__bases__):
                raise TypeError(
                    f"{cls.__name__} replaces {name}, which every store has to pass; declare in "
                    f"`lacks` what the store cannot do: {sorted(CAPABILITIES)}"
                )

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """The one fixture to override; see `StoreContract`."""
        raise TypeError(f"{type(self).__name__} does not override the fixture `open_store`")

    @pytest.fixture
    def url(self) -> UrlOf:
        """To override where a second process can open the data; see `StoreContract`."""
        raise TypeError(
            f"{type(self).__name__} has to say how a second process opens the data: override the "
            "fixture `url`, or declare lacks['second_process'] with the reason"
        )

    @pytest.fixture
    def url_of_file(self) -> UrlOf:
        """To override where the store has the power `Backupable`; see `StoreContract`."""
        raise TypeError(
            f"{type(self).__name__} has to say how a copy is opened: override the fixture "
            "`url_of_file` with a function that gives the URL of a file"
        )

    @pytest.fixture
    def opened(self, open_store: OpenStore) -> Iterator[Handle]:
        """Opens handles on the main data, and closes them after the test."""
        handles: list[Store] = []

        def handle() -> Store:
            handles.append(open_store())
            return handles[-1]

        yield handle
        for store in handles:
            store.close()

    @pytest.fixture
    def store(self, opened: Handle) -> Store:
        """An empty store."""
        return opened()

    @pytest.fixture
    def second(self, store: Store, opened: Handle) -> Store:
        """A second handle on the data of `store`, which stays open."""
        self._need("second_handle")
        return opened()

    @pytest.fixture
    def start(self, request: pytest.FixtureRequest, store: Store) -> Iterator[Start]:
        """Starts a process that has the data of `store` open; the kit ends it."""
        self._need("second_process")
        url: UrlOf = request.getfixturevalue("url")
        if self.plugin is None:
            raise TypeError(
                f"{type(self).__name__} has to say what a second process imports: the attribute "
                "`plugin` names no module with the hook"
            )
        name, address = self.plugin.__name__, url("main")
        with ExitStack() as running:
            yield lambda: running.enter_context(starting(name, address))

    @pytest.fixture
    def reopen(self, opened: Handle) -> Callable[[Store], Store]:
        """Closes a handle and opens its data again."""
        self._need("reopening")

        def again(store: Store) -> Store:
            store.close()
            return opened()

        return again

    def _need(self, capability: str) -> None:
        """Skip the test where the store declares that it lacks `capability`."""
        if capability in self.lacks:
            pytest.skip(f"lacks {capability}: {self.lacks[capability]}")


def user_key(id: str) -> Key:
    """The key of a user."""
    return Key("user", id)


def approval_key(id: str) -> Key:
    """The key of an approval."""
    return Key("approval", id)


def user(id: str, body: bytes = b"{}", *, expect: int | None = None, **index: IndexValue) -> Put:
    """Puts a user: a kind without an order of its own."""
    return Put(user_key(id), body, index, expect)


def approval(
    id: str,
    body: bytes = b"{}",
    *,
    created: int = 0,
    deadline: int = 0,
    expect: int | None = None,
    **index: IndexValue,
) -> Put:
    """Puts an approval: a kind with two orders and every type of field."""
    whole: Index = {"created": created, "deadline": deadline, **index}
    return Put(approval_key(id), body, whole, expect)


def event(at: int = 0, body: bytes = b"{}") -> NewEvent:
    """An event for the log."""
    return new_event(at, body)


def ids(page: Page | tuple[Doc, ...]) -> list[str]:
    """The ids of documents, in their order."""
    return [doc.key.id for doc in (page.docs if isinstance(page, Page) else page)]


def pages(store: Store, query: Query, most: int = 100) -> list[str]:
    """The ids on all pages of `query`, in order; fails where paging does not end."""
    found: list[str] = []
    after: Cursor | None = None
    for _ in range(most):
        page = store.find(
            ACCOUNT,
            Query(
                query.kind,
                query.where,
                query.range,
                query.order,
                query.descending,
                after=after,
                limit=query.limit,
            ),
        )
        assert len(page.docs) <= query.limit
        found += ids(page)
        after = page.next
        if after is None:
            return found
    raise AssertionError(f"after {most} pages there was still a next one: {found}")


def log_of(store: Store, account: str = ACCOUNT, most: int = 10_000) -> tuple[StoredEvent, ...]:
    """The whole log of an account, at most `most` events."""
    return store.events(account, 0, most)


def fill(store: Store, *changes: Change) -> int:
    """Commit `changes` to the account of the tests; the version of the commit."""
    return store.commit(ACCOUNT, changes, []).version


def drop(id: str, expect: int | None = None) -> Drop:
    """Drops a user."""
    return Drop(user_key(id), expect)
