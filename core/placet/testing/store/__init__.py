"""The conformance kit of the store port: one module a theme, put together as `StoreContract`."""

from placet.testing.store._base import OpenStore
from placet.testing.store.commit import CommitTheme
from placet.testing.store.conflicts import ConflictsTheme
from placet.testing.store.documents import DocumentsTheme
from placet.testing.store.large import LargeTheme
from placet.testing.store.log import LogTheme
from placet.testing.store.model import ModelTheme
from placet.testing.store.opening import OpeningTheme
from placet.testing.store.pages import PagesTheme
from placet.testing.store.queries import QueriesTheme
from placet.testing.store.reopening import ReopeningTheme
from placet.testing.store.second_handle import SecondHandleTheme
from placet.testing.store.threads import ThreadsTheme
from placet.testing.store.versions import VersionsTheme

__all__ = ["OpenStore", "StoreContract"]


class StoreContract(
    DocumentsTheme,
    VersionsTheme,
    CommitTheme,
    ConflictsTheme,
    QueriesTheme,
    PagesTheme,
    LogTheme,
    ThreadsTheme,
    SecondHandleTheme,
    ReopeningTheme,
    OpeningTheme,
    LargeTheme,
    ModelTheme,
):
    """What every store has to do. Subclass it and override one fixture.

    `open_store` is a function of a name. The first call with a name opens an empty store; a later
    call with the same name opens the same data again: a second handle while the first is open, a
    reopening once it is closed. Different names never share data, nor do different tests. The kit
    closes every handle that it opened.

        class TestMyStore(StoreContract):
            plugin = placet_mystore

            @pytest.fixture
            def open_store(self, tmp_path):
                return lambda name="main": MyStore(tmp_path / name)

    `plugin` is the module that an entry point would load: the one with `placet_open_store`.

    `lacks` declares what the store cannot do, each with its reason, and the tests about it are
    reported as skipped: "second_handle" (two handles on the same data at once), "reopening" (data
    outlives the handle). Nothing else can be left out.

    A store with a limit on the changes of one commit has an attribute `max_changes`.
    """
