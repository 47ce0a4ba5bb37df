"""The page about searches is true: its example runs, and its table of the tree is whole."""

import re
from pathlib import Path
from typing import get_args

import pytest

from placet.access.filters import Tree

PAGE = Path(__file__).parents[3] / "docs" / "searches.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def test_the_example_runs(page: str) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})


def test_the_table_names_every_node_with_its_members(page: str) -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+) \|(.*?)\| .* \|$", page.partition("| `is` |")[2], re.M)
    named = {
        word: tuple(re.findall(r"`(\w+)`", members))
        for words, members in rows
        for word in re.findall(r"`(\w+)`", words)
    }
    assert named == {
        str(node.__struct_config__.tag): node.__struct_fields__ for node in get_args(Tree)
    }
