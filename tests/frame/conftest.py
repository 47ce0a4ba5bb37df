"""What the tests of the frame stand on: the checkout, not the installed packages."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def checkout(pytestconfig: pytest.Config) -> Path:
    """The root of the project; skips where the tests stand alone, without the sources."""
    root = pytestconfig.rootpath
    if not (root / "pyproject.toml").is_file() or not (root / "core" / "placet").is_dir():
        pytest.skip("the tests do not stand in a checkout of the project")
    return root
