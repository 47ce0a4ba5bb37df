"""The contract on each broken store, for pytest to collect: `TestInclusiveFeed`, ...

Run by `tests/core/testing/test_faults.py`; by hand, `pytest tests/support/broken_contract.py` shows
what the kit says about each.
"""

import broken_commits  # noqa: F401  # registers its stores
import broken_handles  # noqa: F401  # registers its stores
import broken_powers
import broken_reads  # noqa: F401  # registers its stores
import broken_writes  # noqa: F401  # registers its stores
import pytest
from faults import FAULTS, Fault
from naive_store import NaiveStore, sharing

from placet.storage.memory import MemoryStore
from placet.testing import OpenStore, StoreContract

CONTROLS = {
    store.__name__: Fault("", store, ())
    for store in (MemoryStore, NaiveStore, broken_powers.PowerfulStore)
}
"""Stores without a fault: the kit has nothing against them."""


class _Shared(StoreContract):
    lacks = {"second_process": "nothing in memory can be shared by processes"}
    store_type: type[MemoryStore]

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return sharing(self.store_type)


for _name, _fault in (FAULTS | CONTROLS).items():
    globals()[f"Test{_name}"] = type(
        f"Test{_name}", (_Shared,), {"store_type": _fault.store, "plugin": _fault.plugin}
    )
