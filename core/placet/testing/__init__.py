"""For tests: `engine` for those of applications, `StoreContract` for those of stores.

Needs pytest, and hypothesis for the model test; `import placet` never imports this package.
"""

import pytest

# Before the import: else a failing assert in the kit would not show its two sides.
pytest.register_assert_rewrite("placet.testing.store")

from placet.testing.embedded import (  # noqa: E402  # see above
    ManualClock,
    PlacetUnderTest,
    engine,
)
from placet.testing.store import OpenStore, StoreContract, UrlOf  # noqa: E402  # see above

__all__ = ["ManualClock", "OpenStore", "PlacetUnderTest", "StoreContract", "UrlOf", "engine"]
