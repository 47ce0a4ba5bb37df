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


def test_authzen_asks_both_servers_and_judges_nothing(tmp_path: Path) -> None:
    script, file = BENCHMARKS / "authzen.py", tmp_path / "authzen.json"
    run = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    rows = msgspec.json.decode(file.read_bytes())
    assert [row["figure"] for row in rows if row["goal"]] == ["evaluation, over the bare app"]
    assert all(row["value"] > 0 and row["figure"] in run.stdout for row in rows)
    assert {row["met"] for row in rows} == {None}


def test_access_prints_a_row_for_every_peer_and_size(tmp_path: Path) -> None:
    script, file = BENCHMARKS / "access.py", tmp_path / "access.json"
    run = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    said = msgspec.json.decode(file.read_bytes())
    rows = {(row["peer"], row["size"]): row for row in said["rows"]}
    peers = ("empty", "lookup", "flat", "walk", "placet", "placet_condition", "placet_decide")
    assert rows.keys() == {(peer, size) for peer in peers for size in (200, 400)}
    for row in rows.values():
        assert row["checks_per_s"] > 0, row
        assert 0 < row["p50_us"] <= row["p99_us"], row
        assert row["verified"] > 0 or row["peer"] == "empty", row
    names = [goal["name"] for goal in said["goals"]]
    assert "one change to the largest index, p50 in us" in names
    assert all(name in run.stdout for name in names)


def test_inbox_prints_a_row_for_every_inbox_and_size(tmp_path: Path) -> None:
    script, file = BENCHMARKS / "inbox.py", tmp_path / "inbox.json"
    run = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    rows = msgspec.json.decode(file.read_bytes())
    figures = [row["figure"] for row in rows]
    assert figures.count("ten waiting, p50") == figures.count("a large backlog, p99") == 2
    assert all("shown" in row["note"] for row in rows if "processor" in row["figure"])
