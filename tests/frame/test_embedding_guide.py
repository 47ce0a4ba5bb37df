"""The recipes of docs/embedding.md are programs that run, and print what they say they print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_blocks import Block, blocks_in, environment, write_files

SAID = {
    "with_flask.py": ["403 has 0 of 1 from group:finance", "{'paid': 900}", "403"],
    "with_django.py": ["403 has 0 of 1 from group:finance", "{'paid': 900}"],
    "with_fastapi.py": ["403 has 0 of 1 from group:finance", "{'paid': 900}"],
    "with_an_agent.py": [
        "pending has 0 of 1 from group:finance",
        "['denied']",
        "['denied']",
        "['needs_approval']",
        "{'result': 'paid 900 for invoice 7'}",
    ],
    "with_jobs.py": ["later: has 0 of 1 from group:finance", "paid 900 for invoice 7", "0"],
    "with_a_wait.py": ["paid 900"],
    "with_asyncio.py": ["True", "approved", "paid 900"],
}
FRAMEWORKS = {"with_flask.py": "flask", "with_django.py": "django", "with_fastapi.py": "fastapi"}


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    return (checkout / "docs" / "embedding.md").read_text("utf-8")


@pytest.fixture(scope="module")
def blocks(page: str) -> list[Block]:
    return blocks_in(page)


def test_every_block_is_a_file_that_is_run_here(blocks: list[Block]) -> None:
    assert {block.file for block in blocks} == {"policy.toml", "placet_middleware.py", *SAID}


@pytest.mark.parametrize("name", SAID)
def test_the_recipe_runs_and_says_what_it_says(
    blocks: list[Block], tmp_path: Path, name: str
) -> None:
    if name in FRAMEWORKS:
        pytest.importorskip(FRAMEWORKS[name], reason=f"{FRAMEWORKS[name]} is not installed here")
    write_files(blocks, tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "error", name],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == SAID[name]


def test_what_a_recipe_prints_stands_beside_it(blocks: list[Block]) -> None:
    """The comment behind each `print`: nobody has to run a recipe to know what it does."""
    for name, said in SAID.items():
        text = "".join(block.text for block in blocks if block.file == name)
        shown = re.findall(r"^ *print\(.*\)  # (.*)$", text, re.MULTILINE)
        assert [line for line in shown if line not in said] == []


def test_every_link_leads_to_a_heading_or_a_page(page: str, checkout: Path) -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.*)$", page, re.MULTILINE)
    }
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if target.startswith("#"):
            assert target[1:] in headings
        else:
            assert (checkout / "docs" / target).is_file(), target
