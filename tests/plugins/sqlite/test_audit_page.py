"""The page about the audit log is true: what it runs prints what it says."""

import re
import subprocess
from pathlib import Path

import pytest
from markdown_blocks import Block, blocks_in, environment, write_files

_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?")


@pytest.fixture(scope="module")
def blocks(pytestconfig: pytest.Config) -> list[Block]:
    page = pytestconfig.rootpath / "docs" / "audit.md"
    if not page.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    return blocks_in(page.read_text("utf-8"))


@pytest.fixture
def folder(blocks: list[Block], tmp_path: Path) -> Path:
    """A folder with the files of the page in it."""
    write_files(blocks, tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def followed(
    blocks: list[Block], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """A folder in which all commands of the page have been run, and what they said."""
    folder = tmp_path_factory.mktemp("followed")
    write_files(blocks, folder)
    return folder, run(folder, "".join(block.text for block in blocks if block.language == "sh"))


def run(folder: Path, script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_block_is_of_a_language_that_is_run_here(blocks: list[Block]) -> None:
    assert {block.language for block in blocks} == {"sh", "text", "toml", "python", "crontab"}


def test_the_commands_print_what_the_page_says(
    blocks: list[Block], followed: tuple[Path, "subprocess.CompletedProcess[str]"]
) -> None:
    _, done = followed
    assert done.returncode == 0, done.stdout
    shown = "".join(block.text for block in blocks if block.language == "text")
    assert _TIME.sub("TIME", _HASH.sub("HASH", done.stdout)) == shown


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"user:sam"', '"user:kim"', "the body of event 1 was edited"),
        ('"seq":1', '"seq":2', "event 1 is missing, or out of order"),
        ('"at":"20', '"at":"21', "event 1 does not follow"),
    ],
)
def test_the_recipe_finds_what_was_edited(
    followed: tuple[Path, "subprocess.CompletedProcess[str]"],
    tmp_path: Path,
    old: str,
    new: str,
    why: str,
) -> None:
    folder, _ = followed
    (line,) = (folder / "audit.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "edited.jsonl").write_text(line.replace(old, new, 1))
    done = run(folder, f"python3 verify.py < {tmp_path / 'edited.jsonl'}")
    assert (done.returncode, why in done.stdout) == (1, True), done.stdout


def test_the_programs_print_what_the_page_says(
    blocks: list[Block],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    program = "".join(
        block.text for block in blocks if block.language == "python" and block.file is None
    )
    exec(compile(program, "audit.md", "exec"), {})
    announced = re.findall(r"^ *print\(.*\)  # (.*)$", program, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == announced
    assert len(announced) == 5


def test_the_lines_of_the_crontab_are_commands_that_run(blocks: list[Block], folder: Path) -> None:
    (lines,) = [block.text for block in blocks if block.language == "crontab"]
    commands = [re.sub(r"^(\S+ ){5}\s*", "", line) for line in lines.splitlines()]
    start = next(block.text for block in blocks if block.language == "sh")
    script = "\n".join((start, *commands)).replace("/mnt/elsewhere", ".")
    done = run(folder, script)
    assert (done.returncode, len(commands)) == (0, 2), done.stdout
