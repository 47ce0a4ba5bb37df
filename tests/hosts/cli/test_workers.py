"""Several workers on one SQLite file: what one of them commits, the others soon know."""

import subprocess
import time
from collections.abc import Callable

import msgspec
import pytest
from click.testing import Result

from placet_cli.remote import Server

Run = Callable[..., Result]
Serving = Callable[..., tuple["subprocess.Popen[str]", str]]

PATIENCE_S = 30.0
IN_A_ROW = 30
"""So many new connections reach every one of two workers: all but certainly (2 ** -29)."""


@pytest.fixture(scope="module")
def workers(serving: Serving) -> str:
    """The URL of a server with two workers."""
    return serving("workers.db", "--workers", "2")[1]


def test_a_right_that_is_taken_away_is_gone_in_every_worker(
    run: Run, workers: str, tokens: dict[str, str]
) -> None:
    def allowed() -> bool:
        ended = run(
            *("check", "user:sam", "invoice.read", "invoice:7", "--json", "--server", workers),
            PLACET_TOKEN=tokens["olga"],
        )
        return bool(msgspec.json.decode(ended.stdout)["outcome"] == "allowed")

    assert all(allowed() for _ in range(IN_A_ROW))
    sam = "/placet/v1/accounts/acme/users/sam?cascade=true"
    assert Server(workers).call("DELETE", sam, token=tokens["olga"]).status < 300
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if not any(allowed() for _ in range(IN_A_ROW)):
            return
    pytest.fail("a worker still lets sam through")
