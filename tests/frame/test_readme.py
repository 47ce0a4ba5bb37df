"""Every code block of the README runs, and says what it says it does.

Blocks that begin with `# name.ext` are files; the Python blocks run one after the other in one
namespace; the shell blocks run in bash, in the folder of those files.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_blocks import Block, blocks_in, environment, write_files

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def readme(pytestconfig: pytest.Config) -> str:
    path = pytestconfig.rootpath / "README.md"
    if not path.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    return path.read_text()


@pytest.fixture(scope="module")
def blocks(readme: str) -> list[Block]:
    return blocks_in(readme)


@pytest.fixture
def folder(blocks: list[Block], tmp_path: Path) -> Iterator[Path]:
    """A folder with the files of the README in it, in which the test stands."""
    write_files(blocks, tmp_path)
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def test_every_block_is_of_a_language_that_is_run_here(blocks: list[Block]) -> None:
    assert {block.language for block in blocks} == {"sh", "text", "toml", "python"}


def test_the_python_blocks_run_and_print_what_they_say(
    blocks: list[Block], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    namespace: dict[str, object] = {}
    for block in blocks:
        if block.language == "python" and not block.file:
            exec(compile(block.text, "README.md", "exec"), namespace)
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == ["has 0 of 1 from group:finance", "paid 900 for invoice 7"]
    assert said[2].startswith("denied: user:dana invoice.pay on invoice:7")


def test_what_stands_behind_the_questions_is_what_they_answer(folder: Path) -> None:
    from placet import Placet

    with Placet.open("memory://", bundle="policy.toml") as placet:
        assert placet.check("user:sam", "invoice.read", "invoice:7") is True
        outcome = placet.decide("user:sam", "invoice.pay", "invoice:7").outcome
    assert outcome == "approval_required"


@pytest.mark.parametrize("command", ["validate", "test"])
def test_the_policy_is_valid_and_passes_its_own_tests(folder: Path, command: str) -> None:
    done = subprocess.run(
        ["placet", command, "policy.toml"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_store_of_ones_own_passes_the_contract(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-k", "not many and not 250_000 and not random_use", "test_counting.py"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_the_service_answers_curl(blocks: list[Block], folder: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("there is no curl on this machine")
    (script,) = [b.text for b in blocks if b.language == "sh" and "placet serve" in b.text]
    done = subprocess.run(
        ["bash", "-e", "-m", "-c", script + "wait\n"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout
    assert '"allowed":true' in said, said + done.stderr
    assert '"status":"pending"' in said
    assert "invoice.pay" in said.rpartition("}")[2], "the list of what waits comes last"


def test_the_demo_prints_what_the_readme_shows(blocks: list[Block], folder: Path) -> None:
    (shown,) = [block.text for block in blocks if block.language == "text"]
    done = subprocess.run(
        ["placet", "demo", "--once"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert _changing(done.stdout) == _changing(shown)


def _changing(transcript: str) -> list[str]:
    """The lines without what differs from run to run: ids, hashes, the port."""
    plain = _ID.sub("ID", transcript)
    plain = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", plain)
    plain = re.sub(r"head is [0-9a-f]+", "head is HASH", plain)
    return [line.rstrip() for line in plain.strip().splitlines()]


def test_the_set_up_is_two_commands_and_both_are_run(
    blocks: list[Block], pytestconfig: pytest.Config
) -> None:
    commands = [b.text.strip() for b in blocks if b.language == "sh" and "-m venv" in b.text]
    assert commands == [
        "python3 -m venv .venv && .venv/bin/pip install -q '.[serve]' && .venv/bin/placet demo",
        "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox",
    ]
    assert commands[1] in (pytestconfig.rootpath / ".ci" / "run").read_text().splitlines()


def test_the_first_command_works_on_a_copy_of_the_project(
    blocks: list[Block], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """Set-up, install and demo as a newcomer does them; the demo ends instead of serving."""
    if sys.version_info[:2] != (3, 11) and not os.environ.get("SOAK"):
        pytest.skip("once is enough: it runs on Python 3.11, and everywhere in the soak")
    (command,) = [b.text.strip() for b in blocks if "placet demo" in b.text and "venv" in b.text]
    ignored = shutil.ignore_patterns(".*", "__pycache__", "dist", "build")
    copy = shutil.copytree(pytestconfig.rootpath, tmp_path / "placet", ignore=ignored)
    done = subprocess.run(
        ["bash", "-c", f"{command} --once".replace("python3 ", f"{sys.executable} ", 1)],
        cwd=copy,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "every step came out right" in done.stdout
