"""Waiting for an approval that another process decides, or a transaction of the application's."""

import math
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from placet import Approval, Invalid, Placet

REVIEWING = """
import sys
from placet import Placet

with Placet.open(sys.argv[1]) as placet:
    placet.review(sys.argv[2], "approve", actor="user:dana")
"""


@pytest.fixture
def asked(placet: Placet) -> Approval:
    return placet.request("invoice.pay", "invoice:7", {"id": 7, "amount": 900}, actor="user:sam")


@contextmanager
def _waiting(placet: Placet, asked: Approval) -> Iterator[list[str]]:
    """Somebody who waits for ever; what they have seen is there at the end of the block."""
    seen: list[str] = []
    waiter = threading.Thread(
        target=lambda: seen.append(placet.wait(asked, math.inf, actor="user:sam").status),
        daemon=True,
    )
    waiter.start()
    yield seen
    waiter.join(timeout=60)


@pytest.mark.parametrize("follow", [True, False], ids=["followed", "looked at"])
def test_what_another_process_commits_ends_the_wait(
    database: Path, asked: Approval, follow: bool
) -> None:
    url = f"sqlite:///{database}"
    with Placet.open(url, follow=follow) as other:
        with _waiting(other, asked) as seen:
            subprocess.run([sys.executable, "-c", REVIEWING, url, asked.id], check=True)
        assert seen == ["approved"]


def test_a_review_inside_a_transaction_ends_the_wait_once_it_is_committed(
    placet: Placet, connection: sqlite3.Connection, asked: Approval
) -> None:
    with _waiting(placet, asked) as seen:
        with placet.joined(connection) as inside:
            inside.review(asked.id, "approve", actor="user:dana")
        assert placet.wait(asked, 0, actor="user:sam").status == "pending"
        assert seen == []
        connection.commit()
    assert seen == ["approved"]


def test_nobody_waits_inside_a_transaction(
    placet: Placet, connection: sqlite3.Connection, asked: Approval
) -> None:
    with placet.joined(connection) as inside, pytest.raises(Invalid, match="inside a transaction"):
        inside.wait(asked, 60, actor="user:sam")
