"""The page about questions about approvals does what it says."""

from pathlib import Path

import pytest
from markdown_blocks import blocks_in

PAGE = Path(__file__).parents[3] / "docs" / "approvals-questions.md"


def test_the_examples_run() -> None:
    if not PAGE.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    blocks = [block for block in blocks_in(PAGE.read_text()) if block.language == "python"]
    assert blocks
    for block in blocks:
        exec(compile(block.text, PAGE.name, "exec"), {})
