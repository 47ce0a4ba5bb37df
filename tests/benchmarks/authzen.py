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
smallest and the largest. The program ends with 1 where the goal is missed. `--quick` takes small
numbers, to see that all of it runs: they mean nothing, and no goal is judged.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from access_model import Query
from authzen_load import Exchange, Load
from authzen_world import ACCOUNT, Asked, asked_of, fill
from report import Goal, Report

from placet_cli.serve import port_of

HERE = Path(__file__).parent
GOAL = Goal(0.7, at_least=True)
BATCH = 20
HOST = "127.0.0.1"
_START_S = 60.0


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
        placet, bare = (
            running.enter_context(server) for server in (_placet(folder), _bare(folder))
        )
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


def _round(
    folder: Path, ports: tuple[int, int], wanted: argparse.Namespace, *, turned: bool
) -> tuple[Load, Load]:
    """The load on each of two servers, one after the other, and the other way round."""
    loads = {}
    for port in reversed(ports) if turned else ports:
        run = subprocess.run(
            [sys.executable, HERE / "authzen_load.py", str(port), folder / "exchanges",
             str(wanted.clients), str(wanted.seconds)],
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        loads[port] = msgspec.json.decode(run.stdout, type=Load)
    return loads[ports[0]], loads[ports[1]]


def _tell(report: Report, case: Case, rounds: Sequence[tuple[Load, Load]]) -> None:
    ratios = [placet.per_s / bare.per_s for placet, bare in rounds]
    report.add(
        f"{case.figure}, over the bare app",
        statistics.median(ratios),
        "times",
        goal=case.goal,
        note=f"{min(ratios):.2f} to {max(ratios):.2f}; {case.note}",
    )
    for at, name in enumerate(("placet", "bare app")):
        loads = [pair[at] for pair in rounds]
        p50, p99 = (
            statistics.median(getattr(load, name) for load in loads)
            for name in ("p50_ms", "p99_ms")
        )
        report.add(
            f"{case.figure}, {name}",
            statistics.median(load.per_s for load in loads),
            "per s",
            note=f"p50 {p50:.2f} ms, p99 {p99:.2f} ms",
        )


@contextmanager
def _placet(folder: Path) -> Iterator[int]:
    """`placet serve`; its port."""
    port = port_of(HOST, 0)
    command = [sys.executable, "-m", "placet_cli", "serve", "--port", str(port)]
    command += ["--store", f"sqlite:///{folder}/placet.db", "--account", ACCOUNT]
    with _serving(command, port, folder / "placet.log", PLACET_SECRET_KEYS="k" * 32):
        yield port


@contextmanager
def _bare(folder: Path) -> Iterator[int]:
    """The bare app; its port."""
    port = port_of(HOST, 0)
    command = [sys.executable, str(HERE / "authzen_bare.py"), str(folder), str(port)]
    with _serving(command, port, folder / "bare.log", PYTHONPATH=_path()):
        yield port


def _path() -> str:
    """Where a worker of the bare app finds it."""
    return os.pathsep.join(part for part in (str(HERE), os.environ.get("PYTHONPATH")) if part)


@contextmanager
def _serving(command: list[str], port: int, log: Path, **variables: str) -> Iterator[None]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, env={**os.environ, **variables}
        )
        try:
            end = time.monotonic() + _START_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{command} does not serve: {log.read_text()}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=5):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
