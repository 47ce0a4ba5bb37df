"""The conformance kit of the store port: one module a theme, put together as `StoreContract`."""

from placet.testing.store._base import OpenStore, UrlOf
from placet.testing.store.accounts import AccountsTheme
from placet.testing.store.collation import CollationTheme
from placet.testing.store.commit import CommitTheme
from placet.testing.store.conflicts import ConflictsTheme
from placet.testing.store.documents import DocumentsTheme
from placet.testing.store.large_commits import LargeCommitsTheme
from placet.testing.store.large_values import LargeValuesTheme
from placet.testing.store.log import LogTheme
from placet.testing.store.model import ModelTheme
from placet.testing.store.opening import OpeningTheme
from placet.testing.store.pages import PagesTheme
from placet.testing.store.powers import PowersTheme
from placet.testing.store.queries import QueriesTheme
from placet.testing.store.reopening import ReopeningTheme
from placet.testing.store.resume import ResumeTheme
from placet.testing.store.second_handle import SecondHandleTheme
from placet.testing.store.second_process import SecondProcessTheme
from placet.testing.store.threads import ThreadsTheme
from placet.testing.store.versions import VersionsTheme

__all__ = ["OpenStore", "StoreContract", "UrlOf"]


class StoreContract(
    DocumentsTheme,
    AccountsTheme,
    VersionsTheme,
    CommitTheme,
    ConflictsTheme,
    QueriesTheme,
    PagesTheme,
    CollationTheme,
    LogTheme,
    ResumeTheme,
    ThreadsTheme,
    SecondHandleTheme,
    SecondProcessTheme,
    ReopeningTheme,
    OpeningTheme,
    LargeValuesTheme,
    LargeCommitsTheme,
    PowersTheme,
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

            @pytest.fixture
            def url(self, tmp_path):
                return lambda name: f"mystore:///{tmp_path / name}"

    `plugin` is the module that an entry point would load: the one with `placet_open_store`.

    `url` is a function of a name, too, and gives the URL under which `plugin` opens the data that
    `open_store` opens for that name: a second process is told no more than this URL and the name of
    the module, which it has to be able to import.

    `lacks` declares what the store cannot do, each with its reason, and the tests about it are
    reported as skipped: "second_handle" (two handles on the same data at once), "second_process"
    (handles in two processes at once; else `url` is needed), "reopening" (data outlives the
    handle). Nothing else can be left out, and no test can be replaced.

    Optional powers of the port (`Waitable`, `Probing`, ...) are tested where the store has them; a
    store that is `Backupable` overrides `url_of_file`, which gives the URL that opens a copy.

    A store with a limit on the changes of one commit has an attribute `max_changes`.
    """
