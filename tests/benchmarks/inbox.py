"""What an inbox costs as approvals grow, on SQLite: prints a table.

    python tests/benchmarks/inbox.py [--sizes N ...] [--calls N] [--json FILE] [--quick]
        [--folder FOLDER]

One approval in 20 is pending. Of those, whatever the size, ten wait for each team and ten for the
owner of each resource; the rest, which grows with the store, waits for the holders of a role in
each of 500 projects, or for one large group, some of it in a second stage alone. A call is
`placet.approvals.inbox` as an embedder calls it: head of the log, index, store, evaluation, a page
of 50. "processor" is the median of what a call takes of it, for machines that are not quiet. Four
of these have a goal: 20 ms, whatever the size. The others are the worst we know:

- "a large backlog, by deadline": the store sorts what waits, up to 10,000 of it.
- "administers all": every permission in the account and a role in each of the projects, which are
  a thousand terms of the index.
- "reviewed nearly all": of the large group's backlog, which needs two, somebody has reviewed all
  but ten. What one has reviewed is found and left out one by one, some 2000 for a page.
- "one resource of a role": the role is held in the whole account, narrowed to one resource by its
  resource group, which no index knows; so some 2000 are evaluated for a page that stays empty.
"""

import argparse
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import msgspec
from report import Goal, Report, percentile
from store_worlds import ACCOUNT, NOW, World, event_of, parts, put_of

from placet import SYSTEM, Placet
from placet.bundle import Bundle, loads
from placet.model import Approval, ApprovalPolicy, InOrder, Requirement, Review, parse_reviews
from placet.services.approval_inbox import InboxOrder
from placet.testing import ManualClock
from placet_sqlite.store import SQLiteStore

PROJECTS = 500
LEFT = 10
"""How many of the large group's backlog somebody has not reviewed."""
_AT_ONCE = 10_000
_GOAL = Goal(20.0)
_FIGURES: tuple[tuple[str, str, InboxOrder, Goal | None], ...] = (
    ("ten waiting", "ten", "oldest", _GOAL),
    ("none waiting", "none", "oldest", _GOAL),
    ("a large backlog", "common", "oldest", _GOAL),
    ("ten waiting, by deadline", "ten", "deadline", _GOAL),
    ("a large backlog, by deadline", "common", "deadline", None),
    ("administers all", "root", "oldest", None),
    ("reviewed nearly all", "done", "oldest", None),
    ("one resource of a role", "narrow", "oldest", None),
)


def main() -> int:
    """Fill, ask, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing is judged")
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    wanted = parser.parse_args()
    sizes, calls = ([400, 800], 10) if wanted.quick else (wanted.sizes, wanted.calls)
    report = Report(quick=wanted.quick)
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
            _measure(report, Path(folder) / "inbox.db", size, calls)
    return report.finish(wanted.json)


def _measure(report: Report, path: Path, size: int, calls: int) -> None:
    report.title(f"{size:,} approvals")
    with Placet.open(f"sqlite:///{path}", clock=ManualClock(NOW), follow=False) as placet:
        backlog = Backlog(size)
        placet.apply(_people(backlog.teams), actor=SYSTEM)
        start = time.perf_counter()
        _fill(path, backlog)
        report.add(f"fill, {size:,}", size / (time.perf_counter() - start), "a second")
        for name, who, order, goal in _FIGURES:
            spent, taken = [], []
            for _ in range(calls + calls // 5):
                start, of_thread = time.perf_counter(), time.thread_time()
                page = placet.approvals.inbox(order=order, actor=f"user:{who}")
                taken.append((time.thread_time() - of_thread) * 1000)
                spent.append((time.perf_counter() - start) * 1000)
            # The first calls warm up.
            spent, taken = spent[calls // 5 :], taken[calls // 5 :]
            note = f"{len(page.items)} shown{', and more' if page.next else ''}"
            report.add(f"{name}, processor", percentile(taken, 0.5), "ms", goal=goal, note=note)
            report.add(f"{name}, p50", percentile(spent, 0.5), "ms")
            report.add(f"{name}, p99", percentile(spent, 0.99), "ms")


class Backlog:
    """Approvals by number, of which one in 20 is pending, and what each of those waits for."""

    def __init__(self, total: int) -> None:
        self.world = World(total)
        self.total = total
        self.pending = total // 20
        self.teams = max(self.pending // 100, 1)
        self._requirements = {source: parse_reviews(source) for source in self._sources()}

    def _sources(self) -> list[str]:
        teams = [f"1 from group:team-{team}@/" for team in range(self.teams)]
        return [*teams, "1 from role:lead@/", "2 from group:common@/", "1 from group:board@/",
                "1 from owner"]  # fmt: skip

    def approval(self, number: int) -> Approval:
        """One of them: those that are pending wait for ten of a team, ten of an owner, and so on.

        Of 20 that are pending, two wait for a team, two for an owner, seven for a role in a project
        and nine for the large group, three of them with a second stage behind.
        """
        made = self.world.approval(number)
        if number % 20:
            ended = msgspec.structs.replace(made, status="cancelled", reviews=())
            return ended if made.status == "pending" else made
        turn = number // 20
        lot, round = turn % 20, turn // 20
        project = f"retail/project{turn % PROJECTS}"
        resource = f"release:{round % self.teams}"
        reviews: tuple[Review, ...] = ()
        requirement: Requirement
        if lot < 2:
            requirement = self._requirements[f"1 from group:team-{round % self.teams}@/"]
        elif lot < 4:
            requirement = self._requirements["1 from owner"]
        elif lot < 11:
            requirement = self._requirements["1 from role:lead@/"]
            resource = f"service:{turn}"
        else:
            requirement = self._requirements["2 from group:common@/"]
            if lot > 16:
                requirement = InOrder(of=(requirement, self._requirements["1 from group:board@/"]))
            if self.pending - turn > LEFT * 2:
                reviews = (_abstained(made),)
        return msgspec.structs.replace(
            made,
            scope=project,
            resource=resource,
            requester="user:asker",
            contributors=(),
            status="pending",
            reviews=reviews,
            resolution=None,
            decide_by=None if number % 3 else NOW + timedelta(minutes=1 + turn),
            policy=ApprovalPolicy(
                id="p", applies_to=("release.deploy",), requirement=requirement, created_at=NOW
            ),
        )


def _abstained(approval: Approval) -> Review:
    return Review(reviewer="user:done", verdict="abstain", digest=approval.digest, at=NOW)


def _people(teams: int) -> Bundle:
    """Who they wait for: `ten` and `none` hold what many hold, where nothing waits."""
    members = {
        "common": ["user:common", "user:done"],
        "board": ["user:ten", "user:none"],
        "team-0": ["user:ten"],
    }
    leads = [("ten", "quiet/project"), ("none", "quiet/project")]
    leads += [("root", f"retail/project{number}") for number in range(PROJECTS)]
    document = {
        "permissions": ["release.deploy"],
        "roles": [{"id": "lead", "permissions": ["release.*"]}],
        "groups": [
            {"id": id, "members": members.get(id, [])}
            for id in ("common", "board", *(f"team-{team}" for team in range(teams)))
        ],
        "resource_groups": [{"id": "one", "resources": [{"type": "release", "ids": ["none"]}]}],
        "resources": [{"type": "release", "id": "none", "attributes": {"owner": "none"}}],
        "assignments": [
            {"to": ["user:root"], "role": "_account_admin"},
            {"to": ["user:narrow"], "role": "lead", "resource_group": "one"},
            *({"to": [f"user:{who}"], "role": "lead", "scope": scope} for who, scope in leads),
        ],
    }
    return loads(msgspec.json.encode(document).decode(), "json")


def _fill(path: Path, backlog: Backlog) -> None:
    store = SQLiteStore(path)
    for numbers in parts(backlog.total, _AT_ONCE):
        made = [backlog.approval(number) for number in numbers]
        store.commit(ACCOUNT, [put_of(one) for one in made], [event_of(made[0])])
    store.close()


if __name__ == "__main__":
    sys.exit(main())
