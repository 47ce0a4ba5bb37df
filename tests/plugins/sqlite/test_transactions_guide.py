"""The recipes of docs/transactions.md are programs that run, and print what they say they print."""

import subprocess
import sys
from pathlib import Path

import pytest
from markdown_blocks import blocks_in, environment, write_files


@pytest.fixture
def recipes(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """A folder with the files of the guide in it."""
    page = pytestconfig.rootpath / "docs" / "transactions.md"
    if not page.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    write_files(blocks_in(page.read_text("utf-8")), tmp_path)
    return tmp_path


def _said(recipes: Path, name: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", name],
        cwd=recipes,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_plain_sqlite3(recipes: Path) -> None:
    paid, why = _said(recipes, "plain.py")
    assert paid == "[(7, 900)]"
    assert "wants approval first" in why


def test_sqlalchemy(recipes: Path) -> None:
    pytest.importorskip("sqlalchemy", reason="SQLAlchemy is not installed here")
    assert _said(recipes, "alchemy.py") == ["[(7, 900)]"]


def test_django(recipes: Path) -> None:
    pytest.importorskip("django", reason="Django is not installed here")
    assert _said(recipes, "shop.py") == ["active", "consumed"]
