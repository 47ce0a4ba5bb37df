"""The page about policy as code is true: its example prints what it shows, its table is whole."""

import re
from pathlib import Path

import pytest
from markdown_blocks import blocks_in, write_files

from placet.access.changes import AccessChange

PAGE = Path(__file__).parents[3] / "docs" / "policy-as-code.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def test_the_example_prints_what_is_shown(
    page: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = blocks_in(page)
    write_files(blocks, tmp_path)
    monkeypatch.chdir(tmp_path)
    (program,) = [block.text for block in blocks if block.language == "python"]
    (shown,) = [block.text for block in blocks if block.language == "text"]
    exec(compile(program, str(PAGE), "exec"), {})
    assert capsys.readouterr().out == shown


def test_the_table_names_every_member_of_a_change(page: str) -> None:
    rows = re.findall(r"^\| ([^|]*) \|", page.partition("| member |")[2], re.M)
    named = {word for row in rows for word in re.findall(r"`(\w+)`", row)}
    assert named == {"text", *AccessChange.__struct_fields__}
