"""How long the tests look: short by default, at full length in the soak."""

import os

from hypothesis import settings

# Nothing is timed in a test, so that a slow machine fails none.
settings.register_profile("default", deadline=None, max_examples=50)
settings.register_profile("soak", deadline=None, max_examples=1000)
settings.load_profile("soak" if os.environ.get("SOAK") else "default")
