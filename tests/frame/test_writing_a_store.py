"""The guide to writing a store: its blocks, put together, are a store that passes the contract."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_blocks import Block, blocks_in, environment, files_in, write_files

from placet.storage import port
from placet.testing import store as kit
from placet.testing.store._base import CAPABILITIES

OPEN = """
from placet import SYSTEM, Placet, User

with Placet.open("ledger:///policy.db") as placet:
    placet.users.create(User(id="sam"), actor=SYSTEM)
with Placet.open("ledger:///policy.db") as placet:
    print(placet.users.get("user:sam", actor=SYSTEM).id)
"""


@pytest.fixture(scope="module")
def guide(checkout: Path) -> str:
    return (checkout / "docs" / "writing-a-store.md").read_text("utf-8")


@pytest.fixture(scope="module")
def blocks(guide: str) -> list[Block]:
    return blocks_in(guide)


@pytest.fixture
def folder(blocks: list[Block], tmp_path: Path) -> Path:
    """A folder with the files of the guide in it."""
    write_files(blocks, tmp_path)
    return tmp_path


def _run(*command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_walk_takes_less_than_150_lines_of_code(blocks: list[Block]) -> None:
    lines = [line for text in files_in(blocks).values() for line in text.splitlines()]
    assert len([line for line in lines if line.strip() and not line.startswith("# ")]) < 150


def test_every_block_is_a_file_or_is_run_here(blocks: list[Block]) -> None:
    """The one of text is the form of `lacks`, which is looked at below."""
    assert [block.language for block in blocks if not block.file] == ["sh", "text"]
    assert {block.file for block in blocks} == {
        "ledger.py", "test_ledger.py", "pyproject.toml", None
    }  # fmt: skip


def test_the_store_of_the_guide_passes_the_whole_contract(
    blocks: list[Block], folder: Path
) -> None:
    (command,) = [block.text for block in blocks if block.language == "sh"]
    done = _run("bash", "-c", command.replace("-q", "-q -p no:cacheprovider -rs"), folder=folder)
    assert done.returncode == 0, done.stdout
    said = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert [line for line in said if "has no power" not in line] == []


def test_the_store_of_the_guide_is_found_by_its_entry_point(folder: Path) -> None:
    """As pip would leave it: the module, and the metadata of a distribution beside it."""
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    metadata = folder / "placet_ledger-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    points = project["entry-points"]["placet"].items()
    lines = [f"{name} = {module}\n" for name, module in points]
    (metadata / "entry_points.txt").write_text("[placet]\n" + "".join(lines))
    done = _run(sys.executable, "-c", OPEN, folder=folder)
    assert (done.returncode, done.stdout) == (0, "sam\n"), done.stderr


def test_the_guide_names_everything_that_a_store_may_lack(blocks: list[Block]) -> None:
    (shown,) = [block.text for block in blocks if block.language == "text"]
    lacks = ast.literal_eval(shown.partition("=")[2].strip())
    assert {*lacks} == CAPABILITIES


def _rows(guide: str, heading: str) -> set[str]:
    """The first cells of the table that has this heading."""
    lines = iter(guide.splitlines())
    assert any(line.startswith(f"| {heading} |") for line in lines)
    cells: set[str] = set()
    for line in lines:
        if not line.startswith("|"):
            return cells
        cells |= {cell.strip(" `") for cell in line.split("|")[1].split(",")}
    return cells


def test_the_guide_has_a_row_for_every_theme(guide: str) -> None:
    modules = Path(kit.__file__).parent.glob("[!_]*.py")
    themes = {path.stem.replace("_", " ") for path in modules}
    assert _rows(guide, "theme") - {"---"} == themes


def test_the_guide_has_a_row_for_every_power(guide: str) -> None:
    """Joinable is about transactions of an application, and tested elsewhere."""
    powers = {name for name in port.__all__ if name.endswith("able") or name == "Probing"}
    assert _rows(guide, "power") - {"---"} == powers - {"Joinable"}
