"""The model: random commits and reads give what the memory store gives."""

import pytest

from placet.storage.port import Store
from placet.testing.store._base import Theme

__all__ = ["ModelTheme"]


class ModelTheme(Theme):
    """The store against the memory store."""

    def test_random_use_gives_what_the_memory_store_gives(self, store: Store) -> None:
        """Same results, refusals, pages and log, step by step."""
        pytest.importorskip("hypothesis", reason="the model test needs hypothesis")
        from placet.testing.store._machine import run_machine

        run_machine(store)
