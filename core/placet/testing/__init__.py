"""For tests: `StoreContract`, which every store has to pass.

Needs pytest, and hypothesis for the model test; `import placet` never imports this package.
"""

import pytest

# Before the import: else a failing assert in the kit would not show its two sides.
pytest.register_assert_rewrite("placet.testing.store")

from placet.testing.store import OpenStore, StoreContract  # noqa: E402  # see above

__all__ = ["OpenStore", "StoreContract"]
