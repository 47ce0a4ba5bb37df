"""A program that is killed, or fails, at every statement of a joined transaction in turn.

    python tests/support/joined_crashes.py pay|ask killed|failed FOLDER

Prints a JSON row for each statement: at which it ended, and what the database holds afterwards. The
last row is of a run that nothing happened to.
"""

import json
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from placet import SYSTEM, Placet, PlacetError

POLICY = Path(__file__).parents[1] / "plugins" / "sqlite" / "policy.toml"
MOST = 200
"""More statements than any of the transactions has."""


def main(flow: str, ending: str, folder: Path) -> None:
    """One run for each statement, each in a process of its own and on a database of its own."""
    for number in range(1, MOST):
        path = folder / f"{number}.db"
        child = os.fork()
        if child == 0:
            try:
                _run(path, flow, ending, number)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise AssertionError(f"the program failed by itself, at statement {number}")
        statement = path.with_suffix(".txt").read_text()
        row = {"number": number, "statement": statement, **_found(path)}
        print(json.dumps(row), flush=True)
        if not statement:
            return
    raise AssertionError(f"after {MOST} statements the transaction had not ended")


def _run(path: Path, flow: str, ending: str, number: int) -> None:
    """The flow, until its statement `number` ends it; where there is none, to its end."""
    with closing(sqlite3.connect(path)) as maker:
        maker.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, paid INTEGER NOT NULL)")
    with (
        Placet.open(f"sqlite:///{path}", bundle=POLICY) as placet,
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
    ):
        asked = placet.request("invoice.pay", "invoice:7", actor="user:sam")
        placet.review(asked.id, "approve", actor="user:dana")
        path.with_suffix(".txt").write_text("")
        counted = _counting(number, lambda text: path.with_suffix(".txt").write_text(text))
        if ending == "killed":
            connection.set_trace_callback(lambda text: _die() if counted(text) else None)
        else:
            connection.set_authorizer(_denying(counted))
        # Whatever fails, the application does what applications do: it rolls back.
        with suppress(sqlite3.Error, PlacetError):
            try:
                FLOWS[flow](placet, connection)
                connection.execute("COMMIT")
            finally:
                connection.set_authorizer(None)
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


def _pay(placet: Placet, connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with (
        placet.joined(connection) as inside,
        inside.permit("invoice.pay", "invoice:7", actor="user:sam"),
    ):
        connection.execute("INSERT INTO invoice VALUES (7, 900)")


def _ask(placet: Placet, connection: sqlite3.Connection) -> None:
    with placet.joined(connection) as inside:
        inside.request("invoice.pay", "invoice:8", actor="user:sam")
        connection.execute("INSERT INTO invoice VALUES (8, 0)")


FLOWS: dict[str, Callable[[Placet, sqlite3.Connection], None]] = {"pay": _pay, "ask": _ask}


def _counting(number: int, write: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether this is statement `number`; then what it was is written down."""
    seen = 0

    def counted(text: str) -> bool:
        nonlocal seen
        seen += 1
        if seen == number:
            write(text[:60])
        return seen == number

    return counted


_ACTIONS = {
    sqlite3.SQLITE_TRANSACTION: "transaction",
    sqlite3.SQLITE_SAVEPOINT: "savepoint",
    sqlite3.SQLITE_SELECT: "select",
    sqlite3.SQLITE_INSERT: "insert",
    sqlite3.SQLITE_UPDATE: "update",
    sqlite3.SQLITE_DELETE: "delete",
}


def _denying(counted: Callable[[str], bool]) -> Callable[..., int]:
    """Statement by statement; SQLite also asks about every column that is read, which may pass."""

    def authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
        name = _ACTIONS.get(action)
        if name is None or not counted(f"{name} {first or ''} {second or ''}".strip()):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    return authorize


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _found(path: Path) -> dict[str, Any]:
    with (
        Placet.open(f"sqlite:///{path}", bundle=POLICY) as placet,
        closing(sqlite3.connect(path)) as connection,
    ):
        rows = dict(connection.execute("SELECT id, paid FROM invoice").fetchall())
        (grant,) = placet.grants.list(actor=SYSTEM).items
        asked = placet.approvals.list(resource="invoice:8", actor=SYSTEM).items
        return {
            "paid": rows.get(7),
            "pass": grant.status,
            "row": 8 in rows,
            "approval": asked[0].status if asked else None,
            "chain": placet.audit.verify(actor=SYSTEM).ok,
        }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
