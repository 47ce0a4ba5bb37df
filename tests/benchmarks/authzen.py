"""What an AuthZEN evaluation over HTTP costs, over a bare Falcon app: prints a table.

    python tests/benchmarks/authzen.py [--json FILE] [--quick] [--size 10000] [--rounds 15]
                                       [--seconds 1] [--clients 4]

Two servers run side by side. One is `placet serve` as it comes, on a SQLite file: a bearer token is
verified with every request, who asks must be allowed to ask, and every request is logged (to a
file), counted and named. The other is a Falcon app with `flat`, the check that somebody who knows
the data would write by hand, and nothing else (`authzen_bare.py`). Both are served by granian with
the settings of `placet serve`: one worker, eight threads. A process of its own asks them in turn,
round by round, over a few connections that are kept; its questions are the same, in the same order,
and it looks at every answer. A ratio is the median of those of the rounds, and beside it stand the
smallest and the largest. Where other programs are busy, too, the time of the processor that a
server took for a request says more (on Linux; elsewhere it is 0). The program ends with 1 where the
goal is missed. `--quick` takes small numbers, to see that all of it runs: they mean nothing, and no
goal is judged.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec
from access_model import Query
from authzen_load import Exchange, Load
from authzen_servers import HOST, Server, bare_app, placet_service, processor_s
from authzen_world import Asked, asked_of, fill
from report import Goal, Report

HERE = Path(__file__).parent
GOAL = Goal(0.7, at_least=True)
BATCH = 20


class Case(msgspec.Struct, frozen=True):
    """A kind of request, and what is sent with it."""

    figure: str
    exchanges: list[Exchange]
    goal: Goal | None = None
    note: str = ""


def main() -> int:
    """Measure, print; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="where to write the rows")
    parser.add_argument("--quick", action="store_true", help="small numbers, nothing is judged")
    parser.add_argument("--size", type=int, default=10_000, help="assignments")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one server, in one round")
    parser.add_argument("--clients", type=int, default=4, help="connections")
    wanted = parser.parse_args()
    if wanted.quick:
        wanted.size, wanted.rounds, wanted.seconds = 400, 2, 0.1
    report = Report(quick=wanted.quick)
    with tempfile.TemporaryDirectory(prefix="placet-authzen-") as name, ExitStack() as running:
        folder = Path(name)
        asked = asked_of(folder, wanted.size)
        token = fill(folder, f"sqlite:///{folder}/placet.db")
        placet = running.enter_context(placet_service(folder))
        bare = running.enter_context(bare_app(folder))
        report.title(
            f"Evaluations over HTTP, {wanted.size:,} assignments, {wanted.clients} clients, "
            f"{wanted.rounds} rounds of {wanted.seconds:g} s"
        )
        for case in _cases(asked, token):
            (folder / "exchanges").write_bytes(msgspec.msgpack.encode(case.exchanges))
            rounds = [
                _round(folder, (placet, bare), wanted, turned=bool(number % 2))
                for number in range(wanted.rounds + 1)
            ]
            _tell(report, case, rounds[1:])  # the first warms up
    return report.finish(wanted.json)


def _cases(asked: Sequence[Asked], token: str) -> Iterator[Case]:
    bearer = f"Authorization: Bearer {token}\r\n"
    one = [_exchange("evaluation", _body(each.query), int(each.allowed), bearer) for each in asked]
    yield Case("evaluation", one, GOAL, "bearer token")
    named = [
        _exchange(
            "evaluation",
            _body(each.query),
            int(each.allowed),
            f"{bearer}X-Request-ID: bfe9eb29-ab87-4ca3-be83-{number:012}\r\n",
        )
        for number, each in enumerate(asked)
    ]
    yield Case("evaluation, named", named, None, "bearer token, the client's X-Request-ID")
    many = [
        _exchange(
            "evaluations",
            {"evaluations": [_body(each.query) for each in part]},
            sum(each.allowed for each in part),
            bearer,
        )
        for at in range(0, len(asked) - BATCH, BATCH)
        for part in (asked[at : at + BATCH],)
    ]
    yield Case(f"evaluations, {BATCH} in one", many, None, "bearer token")


def _body(query: Query) -> dict[str, object]:
    kind, _, id = query.principal.partition(":")
    type, _, action = query.permission.partition(".")
    return {
        "subject": {"type": kind, "id": id},
        "action": {"name": action},
        "resource": {"type": type, "id": query.resource.partition(":")[2]},
    }


def _exchange(path: str, body: dict[str, object], allowed: int, headers: str) -> Exchange:
    content = msgspec.json.encode(body)
    head = (
        f"POST /access/v1/{path} HTTP/1.1\r\nHost: {HOST}\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return Exchange(head.encode() + content, allowed)


class Turn(msgspec.Struct, frozen=True):
    """What one server did under a load, and the microseconds of processor for each request."""

    load: Load
    processor_us: float


def _round(
    folder: Path, servers: tuple[Server, Server], wanted: argparse.Namespace, *, turned: bool
) -> tuple[Turn, Turn]:
    """The load on each of two servers, one after the other, and the other way round."""
    turns = {}
    for server in reversed(servers) if turned else servers:
        before = processor_s(server.pid)
        run = subprocess.run(
            [sys.executable, HERE / "authzen_load.py", str(server.port), folder / "exchanges",
             str(wanted.clients), str(wanted.seconds)],
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        load = msgspec.json.decode(run.stdout, type=Load)
        spent = processor_s(server.pid) - before
        turns[server.port] = Turn(load, spent / load.count * 1e6)
    return turns[servers[0].port], turns[servers[1].port]


def _tell(report: Report, case: Case, rounds: Sequence[tuple[Turn, Turn]]) -> None:
    ratios = [placet.load.per_s / bare.load.per_s for placet, bare in rounds]
    report.add(
        f"{case.figure}, over the bare app",
        statistics.median(ratios),
        "times",
        goal=case.goal,
        note=f"{min(ratios):.2f} to {max(ratios):.2f}; {case.note}",
    )
    for at, name in enumerate(("placet", "bare app")):
        turns = [pair[at] for pair in rounds]
        p50, p99 = (
            statistics.median(getattr(turn.load, field) for turn in turns)
            for field in ("p50_ms", "p99_ms")
        )
        spent = statistics.median(turn.processor_us for turn in turns)
        report.add(
            f"{case.figure}, {name}",
            statistics.median(turn.load.per_s for turn in turns),
            "per s",
            note=f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, {spent:.0f} us of processor each",
        )


if __name__ == "__main__":
    sys.exit(main())
