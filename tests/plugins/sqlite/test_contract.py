"""The SQLite store passes the contract of every store, and leaves out nothing."""

from pathlib import Path

import pytest

import placet_sqlite
from placet.testing import OpenStore, StoreContract, UrlOf
from placet_sqlite.store import SQLiteStore


class TestSQLiteStore(StoreContract):
    plugin = placet_sqlite

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda name="main": SQLiteStore(tmp_path / f"{name}.db")

    @pytest.fixture
    def url(self, tmp_path: Path) -> UrlOf:
        return lambda name: f"sqlite:///{tmp_path / name}.db"

    @pytest.fixture
    def url_of_file(self) -> UrlOf:
        return lambda path: f"sqlite:///{path}"
