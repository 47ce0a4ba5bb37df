"""What the SQLite store costs, over what one would write by hand: prints a table.

    python tests/benchmarks/stores.py [--json FILE] [--quick] [--only GROUP ...] [--folder FOLDER]

All figures are of one run on one machine, and all that have a goal but the last are ratios. Peers
run in turn, round by round. The program ends with 1 where a goal is missed. `--quick` takes small
sizes, to see that all of it runs: its numbers mean nothing, and no goal is judged.

- `commits`: a commit of one document and one event, new, over the same bodies in a transaction by
  hand with the same durability: a head that is compared and set, a table with a primary key, a log.
  The store also keeps the indexes that the kind declares, and seals the log. The goal is for the
  mix, which takes a user (one indexed field), an assignment (6), a grant (8) and an approval (15,
  three of them of several texts) in turn.
- `finds`: pages and counts in a large store over a small one. The shape of both is the same
  (`store_worlds.py`): a question that finds ten in one finds ten in the other. Every call names
  another requester, label or scope, so that the large file is read all over. A count passes over
  all that match, and its ratio is what that grows by.
- `bundle`: applying many assignments to a new file, over `executemany` of the same bodies.
- `watch`: the time from just before a commit until another process, which waits, has the event.

The files are on the disk of the system's temporary folder, or of `--folder`; how fast that makes a
commit durable moves the first figure: the slower, the nearer to 1.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from report import Report
from store_bundle import measure_bundle
from store_commits import measure_commits
from store_finds import fill, measure_finds, measure_reads
from store_watch import measure_watch

GROUPS = ("commits", "finds", "bundle", "watch")


def main() -> int:
    """Measure, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing is judged")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    wanted = parser.parse_args()
    report = Report(quick=wanted.quick)
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        _measure(report, Path(folder), wanted.only, wanted.quick)
    return report.finish(wanted.json)


def _measure(report: Report, folder: Path, groups: list[str], quick: bool) -> None:
    if "commits" in groups:
        before, rounds, each = (100, 2, 20) if quick else (20_000, 20, 200)
        measure_commits(report, folder, before=before, rounds=rounds, each=each)
    if "finds" in groups:
        sizes, calls = ((200, 400), 10) if quick else ((10_000, 1_000_000), 200)
        report.title("Filling, in commits of 10,000 documents and 100 events")
        small, large = (
            (path, fill(report, path, size))
            for size in sizes
            for path in (folder / f"find-{size}.db",)
        )
        measure_finds(report, small, large, calls)
        measure_reads(report, *large, calls * 5)
    if "bundle" in groups:
        assignments, times = (500, 1) if quick else (100_000, 3)
        measure_bundle(report, folder, assignments=assignments, times=times)
    if "watch" in groups:
        measure_watch(report, folder, changes=20 if quick else 200)


if __name__ == "__main__":
    sys.exit(main())
