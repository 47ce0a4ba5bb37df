"""Asking and deciding, a second: create, one review, a pass; beside raw SQLite and SpiffWorkflow.

    python tests/benchmarks/approvals.py [--json FILE] [--quick] [--folder FOLDER]

A round is one request and the review that approves it. placet is asked through its public
interface, on memory and on SQLite as it is opened by default: every commit on the disk. The peers
run in the same process, in turn, on files beside it, with the same durability:

- `raw SQLite`: the same facts by hand (the approval twice, the grant, every event in a chained
  log) out of bodies that are ready made, with a primary key and no other index (`approval_raw.py`).
- `raw SQLite, all indexes`: everything that placet stores, with every index that it keeps.
- `two bare commits`: a row of a number, changed twice. Nothing that is as durable and commits twice
  can be faster, so that what a peer is over these is the most that placet could be over the peer.
- `SpiffWorkflow`: a process of one user task, kept, read again, completed and kept, as its
  documentation does it; `the process kept apart` is a leaner way (`approval_spiff.py`).

Figures are medians over the rounds' groups. Processor time is that of this process. The goals:
on SQLite half of raw SQLite, and three times SpiffWorkflow; on memory three times SpiffWorkflow.
The program ends with 1 where one is missed, and where SpiffWorkflow, of the dependency group
`benchmarks`, is not installed. `--quick` takes a few rounds, to see that all of it runs; nothing is
judged then.

The files are on the disk of the system's temporary folder, or of `--folder`; the slower that makes
a commit durable, the nearer are the ratios to 1, and to each other.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from approval_engine import Engine, Recorder
from approval_raw import Bare, IndexedRaw, Raw
from report import Goal, Report

RAW, SPIFF, SPIFF_ON_MEMORY = "raw SQLite", "SpiffWorkflow", "SpiffWorkflow on memory"
GOALS = {
    RAW: Goal(0.5, at_least=True),
    SPIFF: Goal(3, at_least=True),
    SPIFF_ON_MEMORY: Goal(3, at_least=True),
}
T = TypeVar("T")


class Peer(Protocol):
    """What does a round by its number."""

    def round(self, number: int) -> None:
        """Ask and approve."""

    def close(self) -> None:
        """Let go of the store."""


class Timed(NamedTuple):
    """Seconds that a round took, by the clock and of the processor."""

    wall: float
    processor: float


def main() -> int:
    """Measure, print, judge; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--quick", action="store_true", help="a few rounds, nothing is judged")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    wanted = parser.parse_args()
    groups, each = (2, 5) if wanted.quick else (20, 100)
    report = Report(quick=wanted.quick)
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        timed = _measure(Path(folder), groups, each)
    report.title(f"Rounds of one request and one review, a second; {groups} groups of {each}")
    for name, one in timed.items():
        note = f"{one.wall * 1e6:,.0f} us a round, {one.processor * 1e6:,.0f} of the processor"
        report.add(name, 1 / one.wall, "a second", note=note)
    report.title("placet over peers on the same kind of store")
    for name, one in timed.items():
        mine = _like(name, timed)
        if one is not mine:
            note = f"{one.processor / mine.processor:.2f} by the processor's time"
            report.add(
                f"over {name}", one.wall / mine.wall, "times", goal=GOALS.get(name), note=note
            )
    short = report.finish(wanted.json)
    ratios = [
        f"{timed[name].wall / _like(name, timed).wall:.2f} of {name}"
        if name in timed
        else f"no {name} here"
        for name in GOALS
    ]
    print(f"\nplacet, request and review: {', '.join(ratios)}")
    return short if wanted.quick or SPIFF in timed else 1


def _like(name: str, timed: Mapping[str, Timed]) -> Timed:
    """placet on the kind of store that a peer is on."""
    return timed["placet on memory" if name.endswith("memory") else "placet on SQLite"]


def _measure(folder: Path, groups: int, each: int) -> Mapping[str, Timed]:
    recorder = Recorder(folder)
    raw, indexed = Raw(folder / "raw.db"), IndexedRaw(folder / "indexed.db")
    engines: dict[str, Peer] = {
        "placet on memory": Engine("memory://", folder),
        "placet on SQLite": Engine(f"sqlite:///{folder / 'placet.db'}", folder),
    }
    peers: dict[str, Peer] = {"two bare commits": Bare(folder / "bare.db"), **_spiff(folder)}
    taken: dict[str, list[Timed]] = {}
    # The first group warms up.
    for group in range(groups + 1):
        numbers = range(group * each, (group + 1) * each)
        rounds = recorder.record(numbers)
        for name, one in {**engines, **peers}.items():
            taken.setdefault(name, []).append(_timed(one.round, numbers))
        taken.setdefault(RAW, []).append(_timed(raw.round, rounds))
        taken.setdefault(f"{RAW}, all indexes", []).append(_timed(indexed.round, rounds))
    raw.close()
    indexed.close()
    for one in (*engines.values(), *peers.values()):
        one.close()
    return {
        name: Timed(*(statistics.median(values) for values in zip(*timed[1:], strict=True)))
        for name, timed in taken.items()
    }


def _spiff(folder: Path) -> Mapping[str, Peer]:
    """SpiffWorkflow's ways to do it; none where it is not installed."""
    try:
        from approval_spiff import Documented, Lean
    except ImportError:
        return {}
    return {
        SPIFF: Documented(folder / "spiff.db"),
        f"{SPIFF}, the process kept apart": Lean(folder / "lean.db"),
        SPIFF_ON_MEMORY: Documented(":memory:"),
    }


def _timed(round: Callable[[T], None], each: Sequence[T]) -> Timed:
    wall, processor = time.perf_counter(), time.process_time()
    for one in each:
        round(one)
    return Timed(
        (time.perf_counter() - wall) / len(each), (time.process_time() - processor) / len(each)
    )


if __name__ == "__main__":
    sys.exit(main())
