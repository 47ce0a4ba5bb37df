"""A log that somebody edits in the file, with nothing but `sqlite3`, is found out (T51)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from edited_logs import EDITS, Edit, Log, cut, written_anew
from office import SYSTEM, office

from placet import InvalidState, Placet
from placet.services.checkpoints import Checkpoint
from placet.services.verification import Verification
from placet.storage.port import Head, StoredEvent
from placet_sqlite.layout import SEQ_BITS

KEYS = ["k" * 32]
COLUMNS = "seq, version, at, body, digest, hash"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "app.db"


@pytest.fixture
def kept(file: Path) -> Checkpoint:
    """A checkpoint of an office in the file, which is closed."""
    with office(f"sqlite:///{file}", secret_keys=KEYS) as placet:
        return placet.audit.checkpoint(actor=SYSTEM)


@pytest.fixture
def editor(file: Path, kept: Checkpoint) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file)) as connection:
        yield connection


def log_in(editor: sqlite3.Connection) -> Log:
    rows = editor.execute(f"SELECT {COLUMNS} FROM placet_event ORDER BY seq").fetchall()
    return [StoredEvent(*row) for row in rows]


def write(editor: sqlite3.Connection, log: Log, head: Head | None = None) -> None:
    (account,) = editor.execute("SELECT number FROM placet_account").fetchone()
    editor.execute("DELETE FROM placet_event")
    editor.executemany(
        "INSERT INTO placet_event (number, version, at, body, digest, hash) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                *(account << SEQ_BITS | event.seq, event.version, event.at),
                *(event.body, event.digest, event.hash),
            )
            for event in log
        ],
    )
    if head is not None:
        editor.execute(
            "UPDATE placet_account SET version = ?, seq = ?, at = ?, hash = ?",
            (head.version, head.seq, head.at, head.hash),
        )
    editor.commit()


def verify(file: Path, *kept: Checkpoint) -> Verification:
    with Placet.open(f"sqlite:///{file}", secret_keys=KEYS) as placet:
        return placet.audit.verify(checkpoints=kept, actor=SYSTEM)


@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_an_edit_of_the_file_is_found(
    file: Path, editor: sqlite3.Connection, edit: Edit, told: str
) -> None:
    """T22, T51."""
    write(editor, edit(log_in(editor)))
    assert (verify(file).fault or "").startswith(told)


def test_the_file_is_intact_before(file: Path, kept: Checkpoint) -> None:
    assert verify(file, kept).ok


def test_an_end_that_was_cut_off_is_found_by_a_checkpoint(
    file: Path, editor: sqlite3.Connection, kept: Checkpoint
) -> None:
    """T51."""
    write(editor, *cut(log_in(editor), 2))
    assert verify(file).ok
    (fault,) = verify(file, kept).checkpoint_faults
    assert fault.endswith(f"saw event {kept.seq}: its end was cut off")


def test_a_log_that_was_written_anew_is_found_by_a_checkpoint(
    file: Path, editor: sqlite3.Connection, kept: Checkpoint
) -> None:
    write(editor, *written_anew(log_in(editor)))
    assert verify(file).ok
    (fault,) = verify(file, kept).checkpoint_faults
    assert fault.endswith("the log was written anew")


def test_inside_of_a_transaction_no_checkpoint_is_made(
    file: Path, editor: sqlite3.Connection
) -> None:
    """What is signed has to last, and a transaction may yet be rolled back."""
    with (
        Placet.open(f"sqlite:///{file}", secret_keys=KEYS) as placet,
        placet.joined(editor) as inside,
    ):
        with pytest.raises(InvalidState, match="outside of a transaction"):
            inside.audit.checkpoint(actor=SYSTEM)
        editor.rollback()
