"""A joined transaction that is killed, or fails, at any of its statements: all of it, or nothing.

`python tests/support/joined_crashes.py pay killed FOLDER` prints the table.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "support" / "joined_crashes.py"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")


def _table(flow: str, ending: str, folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, PROGRAM, flow, ending, folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("ending", ["killed", "failed"])
def test_the_pass_is_taken_exactly_if_the_row_is_written(ending: str, tmp_path: Path) -> None:
    """T09."""
    table = _table("pay", ending, tmp_path)
    assert len(table) > 10
    assert {(row["paid"], row["pass"]) for row in table[:-1]} == {(None, "active")}
    assert (table[-1]["paid"], table[-1]["pass"]) == (900, "consumed")
    assert all(row["chain"] for row in table)


@pytest.mark.parametrize("ending", ["killed", "failed"])
def test_the_approval_is_there_exactly_if_the_row_is(ending: str, tmp_path: Path) -> None:
    table = _table("ask", ending, tmp_path)
    assert len(table) > 10
    assert {(row["row"], row["approval"]) for row in table[:-1]} == {(False, None)}
    assert (table[-1]["row"], table[-1]["approval"]) == (True, "pending")
    assert all(row["chain"] for row in table)
