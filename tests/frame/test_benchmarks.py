"""The benchmarks run, whatever they measure: no test says how long anything takes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[dict[str, Any]]]:
    """What a quick run of the store's benchmark prints, and the rows that it writes."""
    folder = tmp_path_factory.mktemp("stores")
    file = folder / "rows.json"
    command = (sys.executable, BENCHMARKS / "stores.py", "--quick", "--json", file)
    run = subprocess.run(
        (*command, "--folder", folder), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout, msgspec.json.decode(file.read_bytes())


def test_a_quick_run_shows_every_figure(stores: tuple[str, list[dict[str, Any]]]) -> None:
    printed, rows = stores
    assert {row["figure"].split(",")[0] for row in rows} == {
        "commit", "fill", "find", "count", "get", "events", "reopen", "bundle", "watch",
    }  # fmt: skip
    assert [row["figure"] for row in rows if row["figure"] not in printed] == []


def test_a_quick_run_judges_no_goal(stores: tuple[str, list[dict[str, Any]]]) -> None:
    _, rows = stores
    assert any(row["goal"] for row in rows)
    assert {row["met"] for row in rows} == {None}
