"""The TinyDB store passes the contract of every store."""

from pathlib import Path

import pytest

import placet_tinydb
from placet.testing import OpenStore, StoreContract
from placet_tinydb.store import TinyDBStore


class TestTinyDBStore(StoreContract):
    plugin = placet_tinydb
    lacks = {
        "second_handle": "one handle at a time; a second one is refused",
        "second_process": "one process at a time; a second one is refused",
    }

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> OpenStore:
        return lambda name="main": TinyDBStore(tmp_path / f"{name}.json")
