"""The benchmarks run, and say what they promise to say. How fast anything is, no test asserts."""

import json
import subprocess
import sys
from pathlib import Path


def test_access_prints_a_row_for_every_peer_and_size(checkout: Path, tmp_path: Path) -> None:
    script, file = checkout / "tests" / "benchmarks" / "access.py", tmp_path / "access.json"
    run = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    said = json.loads(file.read_text())
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
