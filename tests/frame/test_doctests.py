"""The examples in the docstrings are true of the packages as they are imported.

They run here, and not through pytest's own collection of the source folders, so that on an
installed wheel the examples speak of the wheel, and no module is imported under a second name.
"""

import doctest
import importlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("placet", "placet_sqlite", "placet_tinydb", "placet_falcon", "placet_cli")


def modules(package: str) -> Iterator[str]:
    """The names of all modules of an installed package, found without importing any."""
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        for path in sorted(Path(place).rglob("*.py")):
            parts = path.relative_to(place).with_suffix("").parts
            if parts[-1] != "__main__":
                yield ".".join((package, *(part for part in parts if part != "__init__")))


@pytest.mark.parametrize("module", [name for package in PACKAGES for name in modules(package)])
def test_the_examples_of_a_module_are_true(module: str) -> None:
    assert doctest.testmod(importlib.import_module(module)).failed == 0
