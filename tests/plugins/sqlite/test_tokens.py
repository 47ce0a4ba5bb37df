"""Consistency tokens between engines and processes on one file, and on a copy that is behind."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from placet import SYSTEM, Assignment, Invalid, Placet, Unavailable, at_least
from placet.services.consistency import reached
from placet.storage.copying import copy_store
from placet.storage.port import Waitable

KEYS = ("k" * 32,)
DANA = ("user:dana", "invoice.read", "invoice:7")

GIVING = """
import sys
from placet import SYSTEM, Assignment, Placet

with Placet.open(sys.argv[1], secret_keys=[sys.argv[2]]) as placet:
    placet.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"), actor=SYSTEM)
    print(placet.token())
"""


@pytest.fixture
def lagging(placet: Placet, database: Path) -> Iterator[Placet]:
    """Another engine on the same file, that sees nothing by itself."""
    with Placet.open(f"sqlite:///{database}", follow=False, secret_keys=KEYS) as opened:
        assert not opened.check(*DANA)
        yield opened


@pytest.fixture
def replica(placet: Placet, tmp_path: Path) -> Iterator[Placet]:
    """An engine on a backup of the file, as old as the start of the test."""
    assert placet.check("user:sam", "invoice.read", "invoice:7")
    copy = tmp_path / "replica.db"
    placet.store.backup(str(copy))  # type: ignore[attr-defined]  # SQLite can
    with Placet.open(f"sqlite:///{copy}", secret_keys=KEYS) as opened:
        assert not opened.check(*DANA)
        yield opened


@pytest.fixture
def writer(placet: Placet, database: Path) -> Iterator[Placet]:
    """Who writes, and gives out tokens."""
    with Placet.open(f"sqlite:///{database}", secret_keys=KEYS) as opened:
        yield opened


def _give(placet: Placet) -> str:
    placet.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"), actor=SYSTEM)
    return placet.token()


def test_an_engine_that_does_not_follow_catches_up_with_a_token(
    writer: Placet, lagging: Placet
) -> None:
    token = _give(writer)
    assert not lagging.check(*DANA)
    assert lagging.check(*DANA, consistency=at_least(token))
    assert lagging.check(*DANA), "and stays there"


def test_what_another_process_wrote_is_read_with_its_token(lagging: Placet, database: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVING, f"sqlite:///{database}", *KEYS],
        check=True,
        capture_output=True,
        text=True,
    )
    assert lagging.check(*DANA, consistency=at_least(done.stdout.strip()))


def test_without_keys_the_token_of_another_process_is_refused(
    placet: Placet, database: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVING, f"sqlite:///{database}", *KEYS],
        check=True,
        capture_output=True,
        text=True,
    )
    with pytest.raises(Invalid, match="same secret_keys"):
        placet.check(*DANA, consistency=at_least(done.stdout.strip()))


def test_a_backup_that_never_gets_there_answers_nothing(writer: Placet, replica: Placet) -> None:
    token = _give(writer)
    with pytest.raises(Unavailable, match=r"is wanted, and after 0\.01 seconds the store has"):
        replica.check(*DANA, consistency=at_least(token, within=0.01))


def test_a_backup_that_is_brought_up_to_date_meanwhile_answers(
    writer: Placet, replica: Placet
) -> None:
    """SQLite's own wait ends as soon as something comes."""
    _give(writer)
    wanted = writer.store.head("default").seq
    asked = 0

    def monotonic() -> float:
        """The time is asked for a second time once a first look has found too little."""
        nonlocal asked
        asked += 1
        if asked == 2:
            copy_store(writer.store, replica.store)
        return 0.0

    assert isinstance(replica.store, Waitable)
    tenant = replica.questions.view.tenant
    assert reached(tenant, wanted, 600.0, monotonic=monotonic).revision == wanted
    assert replica.check(*DANA)


def test_inside_a_transaction_a_token_covers_what_it_has_done_so_far(
    writer: Placet, lagging: Placet, connection: sqlite3.Connection
) -> None:
    """Kept in a row of the same transaction, it stands or falls with what it is about."""
    connection.execute("CREATE TABLE kept (token TEXT)")
    with connection, writer.joined(connection) as inside:
        token = _give(inside)
        assert inside.check(*DANA, consistency=at_least(token))
        assert writer.token() != token
        connection.execute("INSERT INTO kept VALUES (?)", (token,))
        with pytest.raises(Unavailable):
            lagging.check(*DANA, consistency=at_least(token, within=0))
    (kept,) = connection.execute("SELECT token FROM kept").fetchone()
    assert lagging.check(*DANA, consistency=at_least(kept))
    assert writer.token() == kept


def test_a_token_of_a_transaction_that_was_rolled_back_is_not_reached(
    writer: Placet, lagging: Placet, connection: sqlite3.Connection
) -> None:
    with writer.joined(connection) as inside:
        token = _give(inside)
    connection.rollback()
    with pytest.raises(Unavailable):
        lagging.check(*DANA, consistency=at_least(token, within=0))


def test_inside_a_transaction_nothing_is_waited_for(
    writer: Placet, replica: Placet, tmp_path: Path
) -> None:
    """Who could bring the store on may be waiting for this very transaction."""
    token = _give(writer)
    with closing(sqlite3.connect(tmp_path / "replica.db")) as connection:
        with (
            replica.joined(connection) as inside,
            pytest.raises(
                Unavailable, match=r"this transaction sees \d+; roll back and begin anew"
            ),
        ):
            inside.check(*DANA, consistency=at_least(token, within=600))
        connection.rollback()
