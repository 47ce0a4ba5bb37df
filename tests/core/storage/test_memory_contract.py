"""The memory store passes the contract of every store."""

import pytest

from placet.storage import memory
from placet.storage.memory import MemoryStore
from placet.testing import OpenStore, StoreContract


class TestMemoryStore(StoreContract):
    plugin = memory
    lacks = {
        "second_handle": "each opening is a store of its own",
        "second_process": "no process can look into the memory of another",
        "reopening": "nothing in memory outlives the object",
    }

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return lambda name="main": MemoryStore()
