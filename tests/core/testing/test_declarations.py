"""What the author of a store is told when the test class says too little, or too much."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from kit_runs import run_pytest

from placet.testing import StoreContract
from placet.testing import store as kit
from placet.testing.store._base import Theme

MEMORY = """
import pytest
from placet.storage import memory
from placet.storage.memory import MemoryStore
from placet.testing import StoreContract

class TestMine(StoreContract):
    plugin = memory
"""
OPENS = """
    @pytest.fixture
    def open_store(self):
        return lambda name="main": MemoryStore()
"""
LOOK = """
import sys
import pytest

class Look:
    def pytest_collection_finish(self, session):
        kit = [m for name, m in sys.modules.items() if name.startswith("placet.testing.store")]
        rewriting = [m for m in kit if "Rewriting" in type(m.__loader__).__name__]
        print("plain:", [m.__name__ for m in kit if m not in rewriting], "of many:", len(kit) > 20)

sys.exit(pytest.main(["--co", "-q", "-p", "no:cacheprovider", sys.argv[1]], [Look()]))
"""
FIRST = "test_a_missing_document_is_none"
PROCESS = "test_a_process_that_ends_without_closing_harms_nothing"


def _said(folder: Path, text: str, *tests: str) -> str:
    """What pytest says about these tests of a test class."""
    file = folder / "test_mine.py"
    file.write_text(text)
    done = run_pytest([f"{file}::TestMine::{test}" for test in tests], folder, "--tb=short", "-rs")
    # pytest breaks no line of an error, but repeats it with marks in front.
    return re.sub(r"\s+", " ", done.stdout)


def test_a_class_without_open_store_is_told_so(tmp_path: Path) -> None:
    said = _said(tmp_path, MEMORY, FIRST)
    assert "TypeError: TestMine does not override the fixture `open_store`" in said
    assert "1 error" in said


def test_a_class_that_says_nothing_of_a_second_process_is_told_so(tmp_path: Path) -> None:
    said = _said(tmp_path, MEMORY + OPENS, PROCESS)
    assert "TestMine has to say how a second process opens the data" in said
    assert "override the fixture `url`, or declare lacks['second_process']" in said


def test_a_class_with_a_url_and_no_plugin_is_told_so(tmp_path: Path) -> None:
    url = "\n    @pytest.fixture\n    def url(self):\n        return lambda name: 'memory://'\n"
    said = _said(
        tmp_path, MEMORY.replace("plugin = memory", "plugin = None") + OPENS + url, PROCESS
    )
    assert "TestMine has to say what a second process imports" in said


def test_a_process_that_cannot_open_the_data_fails_with_its_own_words(tmp_path: Path) -> None:
    url = "\n    @pytest.fixture\n    def url(self):\n        return lambda name: 'memory://x'\n"
    said = _said(tmp_path, MEMORY + OPENS + url, PROCESS)
    assert "the second process ended with exit code 1 instead of answering" in said
    assert "'memory://x' names a memory store" in said


def test_a_store_that_can_be_copied_has_to_say_how_a_copy_is_opened(tmp_path: Path) -> None:
    backup = "\n    def backup(self, path, progress=None):\n        pass\n"
    text = MEMORY.replace("class Test", f"class Copied(MemoryStore):{backup}\nclass Test")
    said = _said(
        tmp_path,
        text + OPENS.replace("MemoryStore()", "Copied()"),
        "test_a_copy_of_an_empty_store_is_empty",
    )
    assert "TestMine has to say how a copy is opened: override the fixture `url_of_file`" in said


def test_what_is_lacking_is_reported_with_its_reason(tmp_path: Path) -> None:
    lacks = '    lacks = {"second_process": "it lives in one head"}\n'
    said = _said(tmp_path, MEMORY + lacks + OPENS, PROCESS)
    assert "SKIPPED" in said
    assert "lacks second_process: it lives in one head" in said


def test_a_power_that_is_missing_is_reported_by_its_name(tmp_path: Path) -> None:
    said = _said(tmp_path, MEMORY + OPENS, "test_a_store_in_use_is_ready")
    assert "has no power Probing" in said


def test_a_failing_assertion_shows_its_two_sides(tmp_path: Path) -> None:
    """In every module of the kit, and in those that the tests lean on."""
    text = MEMORY.replace("class Test", "class Broken(MemoryStore):\n    count = 7\n\nclass Test")
    broken = "\n    def head(self, account):\n        return 'no head'\n"
    text = text.replace("    count = 7\n", broken)
    said = _said(
        tmp_path,
        text + OPENS.replace("MemoryStore()", "Broken()"),
        "test_an_account_without_commits_has_the_empty_head",
    )
    assert "assert 'no head' == Head(" in said


def test_every_module_of_the_kit_is_rewritten() -> None:
    """Registered before it is imported, or the two sides of an assertion would not be shown."""
    contract = Path(__file__).parents[1] / "storage" / "test_memory_contract.py"
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(contract)], capture_output=True, text=True, check=False
    )
    assert "plain: [] of many: True" in done.stdout, done.stdout[-2000:] + done.stderr


@pytest.mark.parametrize(
    "lacks",
    [{"threads": "too hard"}, {"reopening": ""}, {"second-process": "a typing error"}],
    ids=["not to be left out", "without a reason", "misspelt"],
)
def test_anything_else_cannot_be_lacking(lacks: Mapping[str, str]) -> None:
    (name,) = lacks
    with pytest.raises(TypeError, match=f"TestMine.lacks\\['{name}'\\] is not one of .*reopening"):
        type("TestMine", (StoreContract,), {"lacks": lacks})


@pytest.mark.parametrize("replacement", [None, lambda self: None], ids=["None", "a function"])
def test_a_test_of_the_contract_cannot_be_replaced(replacement: object) -> None:
    with pytest.raises(TypeError, match=f"TestMine replaces {FIRST}, which every store has to"):
        type("TestMine", (StoreContract,), {FIRST: replacement})


def test_a_class_may_add_tests_of_its_own() -> None:
    mine = type("TestMine", (StoreContract,), {"test_mine": lambda self: None})
    assert issubclass(mine, StoreContract)


def test_no_two_themes_have_a_test_of_the_same_name() -> None:
    """The second would silently hide the first."""
    themes = [theme for theme in kit.StoreContract.__mro__ if theme.__base__ is Theme]
    names = [name for theme in themes for name in vars(theme) if name.startswith("test")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_fact_of_the_contract_has_a_docstring() -> None:
    names = [name for name in dir(StoreContract) if name.startswith("test")]
    assert [name for name in names if not getattr(StoreContract, name).__doc__] == []
