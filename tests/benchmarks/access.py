"""How many checks a second, beside other engines: prints a table, and the project's goals.

    python tests/benchmarks/access.py [--sizes 1000,10000,100000,1000000] [--peers all]
                                      [--one-account] [--quick] [--json FILE]

Every peer runs in a fresh process a size. Its answers are compared with an oracle's before it is
timed, and its timed answers with those of `flat`, which the oracle has proven. Then 20,000
questions are asked in a tight loop: once to warm up, five times for the throughput (the median, by
the processor's time, so that a busy machine does not count), three times each by itself for p50 and
p99 (by the clock, whose own cost is in the row of `empty`). A peer that is too slow for so many is
asked fewer, as its row says. Memory is resident memory after loading less that before, both after a
collection and after what is free was given back to the system. The exit status is 1 where a goal is
missed.

The peers are in the dependency group `benchmarks`; one that is not installed is reported as such.
"""

import argparse
import gc
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from access_goals import fill
from access_measure import Row
from access_peers import ALL, MINE, PLAIN, peer
from access_report import Goal, goals_of, print_goals, print_rows
from access_world import World, make

HERE = Path(__file__).parent
QUICK = ("empty", "lookup", *PLAIN, *MINE)
COLD_SIZE, COLD_RUNS = 100_000, 5


def main() -> int:
    """Measure, print, judge."""
    wanted = _arguments()
    sizes = [200, 400] if wanted.quick else [int(size) for size in wanted.sizes.split(",")]
    names = QUICK if wanted.quick else ALL if wanted.peers == "all" else wanted.peers.split(",")
    seconds = 0.3 if wanted.quick else wanted.seconds
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="placet-access-") as folder:
        for size in sizes:
            world = _world(Path(folder), size, one_account=wanted.one_account, seconds=seconds)
            for name in names:
                row = _run(name, world, seconds, wanted.load_seconds)
                rows.append(row)
                _progress(row)
        measured = _goals(Path(folder), sizes, quick=wanted.quick) if "placet" in names else {}
    goals = goals_of(rows, measured)
    print_rows(rows)
    print()
    print_goals(goals)
    if wanted.json:
        wanted.json.write_bytes(msgspec.json.encode(_document(rows, goals, measured)))
    return 1 if not wanted.quick and any(goal.met is False for goal in goals) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--peers", default="all", help=f"some of {','.join(ALL)}")
    parser.add_argument("--one-account", action="store_true", help="all of a size in one account")
    parser.add_argument("--seconds", type=float, default=10.0, help="to verify and measure a peer")
    parser.add_argument("--load-seconds", type=float, default=150.0, help="to load a peer, at most")
    parser.add_argument("--quick", action="store_true", help="small, plain Python only; no verdict")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _world(folder: Path, size: int, *, one_account: bool, seconds: float) -> World:
    """The accounts and questions of a size, with the answers of `flat`, proven by the oracle."""
    place = folder / f"{size}-{'one' if one_account else 'many'}"
    place.mkdir()
    world = make(place, size, one_account=one_account, oracle_s=max(5.0, seconds * 2))
    questions = world.questions()
    trusted = peer("flat")
    trusted.load(world)
    if trusted.verified(questions.verify) != questions.verify_answers:
        raise SystemExit("`flat` and the oracle do not agree; nothing can be measured")
    questions.bulk_answers = trusted.answers(questions.bulk)
    world.keep_questions(questions)
    del trusted
    gc.collect()
    return world


def _run(name: str, world: World, seconds: float, load_seconds: float) -> Row:
    """The row of a peer, from a process of its own that is ended when its time is over."""
    none = Row(peer=name, size=world.size, one_account=len(world.names) == 1)
    command: list[str | Path] = [sys.executable, HERE / "access_measure.py", name]
    command += [world.folder, str(seconds)]
    limit = load_seconds + 6 * seconds
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        none.note = f"was still {_last(out).get('doing', 'starting')} after {limit:.0f} s"
        return none
    if process.returncode != 0:
        reason = err.strip().splitlines()[-1:] or [f"status {process.returncode}"]
        none.note = f"failed while {_last(out).get('doing', 'starting')}: {reason[0]}"
        return none
    return msgspec.convert(_last(out), Row)


def _last(out: str) -> dict[str, Any]:
    lines = out.strip().splitlines()
    return msgspec.json.decode(lines[-1], type=dict[str, Any]) if lines else {}


def _goals(folder: Path, sizes: list[int], *, quick: bool) -> dict[str, float]:
    """What is measured of placet alone: cold starts, and changes to an index in use."""
    measured: dict[str, float] = {}
    size = 200 if quick else COLD_SIZE
    if quick or COLD_SIZE in sizes:
        place = folder / "cold"
        place.mkdir()
        world = make(place, size, one_account=True, oracle_s=1.0)
        file = str(place / "placet.db")
        fill(world, f"sqlite:///{file}").close()
        for what in ("cold", "read"):
            runs = [_goal(what, world, file) for _ in range(1 if quick else COLD_RUNS)]
            measured[f"{what}_s"] = round(statistics.median(run[f"{what}_s"] for run in runs), 3)
        measured["cold_size"] = size
    place = folder / "apply"
    place.mkdir()
    world = make(place, max(sizes), one_account=True, oracle_s=0.1)
    found = _goal("apply", world)
    return measured | {name: round(value, 1) for name, value in found.items()}


def _goal(what: str, world: World, *rest: str) -> dict[str, float]:
    run = subprocess.run(
        [sys.executable, HERE / "access_goals.py", what, world.folder, *rest],
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(run.stdout, type=dict[str, float])


def _progress(row: Row) -> None:
    said = f"{row.checks_per_s:,.0f}/s" if row.checks_per_s else row.note
    print(f"{row.peer} at {row.size:,}: {said}", file=sys.stderr, flush=True)


def _document(rows: list[Row], goals: list[Goal], measured: dict[str, float]) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "rows": rows,
        "goals": goals,
        "measured": measured,
    }


if __name__ == "__main__":
    sys.exit(main())
