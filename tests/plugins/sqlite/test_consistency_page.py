"""The page about consistency is true: its program runs, and prints what the page says."""

import re
from pathlib import Path

import pytest
from markdown_blocks import blocks_in, write_files


def test_the_program_prints_what_the_page_says(
    pytestconfig: pytest.Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = pytestconfig.rootpath / "docs" / "consistency.md"
    if not page.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    blocks = blocks_in(page.read_text("utf-8"))
    assert {block.language for block in blocks} == {"toml", "python"}
    write_files(blocks, tmp_path)
    monkeypatch.chdir(tmp_path)
    program = "".join(block.text for block in blocks if block.language == "python")
    exec(compile(program, str(page), "exec"), {})
    announced = re.findall(r"^print\(.*\)  # (True|False)", program, re.MULTILINE)
    assert capsys.readouterr().out.split() == announced
    assert announced == ["False", "False", "False", "True", "True", "False"]
