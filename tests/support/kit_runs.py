"""Runs the store kit in a process of its own, and says which of its tests failed."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

__all__ = ["QUICK", "Outcome", "run_kit", "run_pytest"]

QUICK = ("-k", "not 250_000 and not random_use")
"""Without the two tests that take seconds on any store."""

TIMEOUT = 3600.0


class Outcome(NamedTuple):
    """Of one test class: the names of its tests by how they ended, with their parameters."""

    failed: frozenset[str]
    passed: frozenset[str]

    def fails(self, test: str) -> bool:
        """Whether the test failed; one without parameters named, with any."""
        return any(name == test or name.partition("[")[0] == test for name in self.failed)


def run_kit(
    selection: Sequence[str], folder: Path, *options: str, imports: Iterable[Path] = ()
) -> Mapping[str, Outcome]:
    """Run pytest on files or node ids, with nothing of the project's configuration.

    Gives the outcome of each test class by its name. Raises AssertionError, with what pytest
    printed, when the run itself went wrong. `folder` is for its files; `imports` are searched
    first.
    """
    report = folder / "report.xml"
    options = ("--tb=no", f"--junitxml={report}", *options)
    done = run_pytest(selection, folder, *options, imports=imports)
    # 0: all passed; 1: some failed. Everything else is a fault of the run.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return _read(report)


def run_pytest(
    selection: Sequence[str], folder: Path, *options: str, imports: Iterable[Path] = ()
) -> "subprocess.CompletedProcess[str]":
    """Run pytest as `run_kit` does, for those who want to see what it prints."""
    settings = folder / "kit.ini"
    settings.write_text("[pytest]\n")
    path = [*map(str, imports), *(entry for entry in sys.path if entry)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-W", "error", "-c", str(settings)),
            *("--rootdir", str(folder), "--import-mode=importlib"),
            *("-p", "no:cacheprovider", "-p", "no:randomly"),
            *options,
            *selection,
        ],
        cwd=folder,
        env={**kept, "PYTHONPATH": os.pathsep.join(path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def _read(report: Path) -> Mapping[str, Outcome]:
    failed: defaultdict[str, set[str]] = defaultdict(set)
    passed: defaultdict[str, set[str]] = defaultdict(set)
    for case in ElementTree.parse(report).iter("testcase"):
        kind = case.get("classname", "").rpartition(".")[2]
        name = case.get("name", "")
        if case.find("failure") is not None or case.find("error") is not None:
            failed[kind].add(name)
        elif case.find("skipped") is None:
            passed[kind].add(name)
    return {
        kind: Outcome(frozenset(failed[kind]), frozenset(passed[kind]))
        for kind in {*failed, *passed}
    }
