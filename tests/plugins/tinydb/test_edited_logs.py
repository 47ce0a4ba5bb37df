"""A log that somebody edits in the file is found out (T51).

The file is sealed as a whole, and whoever edits it can make that seal anew.
"""

from pathlib import Path

import msgspec
import pytest
from edited_logs import EDITS, Edit, Log, cut, written_anew
from office import SYSTEM, office

from placet import Placet
from placet.errors import Corrupt
from placet.services.checkpoints import Checkpoint
from placet.services.verification import Verification
from placet.storage.port import Head, StoredEvent
from placet_tinydb.file import AtomicStorage

KEYS = ["k" * 32]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "app.json"


@pytest.fixture
def kept(file: Path) -> Checkpoint:
    """A checkpoint of an office in the file, which is closed."""
    with office(f"tinydb:///{file}", secret_keys=KEYS) as placet:
        return placet.audit.checkpoint(actor=SYSTEM)


class _Row(msgspec.Struct):
    seq: int
    version: int
    at: int
    body: str
    digest: bytes
    hash: bytes

    @property
    def event(self) -> StoredEvent:
        body = self.body.encode()
        return StoredEvent(self.seq, self.version, self.at, body, self.digest, self.hash)


def log_in(file: Path) -> Log:
    rows = msgspec.json.decode(file.read_bytes())["events"].values()
    return [msgspec.convert(row, _Row).event for row in rows]


def write(file: Path, log: Log, head: Head | None = None) -> None:
    """Edit the file as its owner can, and seal it anew."""
    storage = AtomicStorage(file)
    tables = storage.read()
    assert tables is not None
    tables["events"] = {
        str(number): {
            "account": "default",
            **msgspec.to_builtins(event),
            "body": event.body.decode(),
        }
        for number, event in enumerate(log, 1)
    }
    if head is not None:
        (account,) = tables["accounts"].values()
        account.update(msgspec.to_builtins(head))
    storage.write(tables)
    storage.close()


def verify(file: Path, *kept: Checkpoint) -> Verification:
    with Placet.open(f"tinydb:///{file}", secret_keys=KEYS) as placet:
        return placet.audit.verify(checkpoints=kept, actor=SYSTEM)


def told_of(file: Path) -> str:
    """What opening or verifying says is wrong."""
    try:
        return verify(file).fault or ""
    except Corrupt as refused:
        return refused.message


@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_an_edit_of_the_file_is_found(file: Path, kept: Checkpoint, edit: Edit, told: str) -> None:
    write(file, edit(log_in(file)))
    assert told in told_of(file)


def test_the_file_is_intact_before(file: Path, kept: Checkpoint) -> None:
    write(file, log_in(file))
    assert verify(file, kept).ok


def test_an_end_that_was_cut_off_is_found_by_a_checkpoint(file: Path, kept: Checkpoint) -> None:
    write(file, *cut(log_in(file), 2))
    assert verify(file).ok
    (fault,) = verify(file, kept).checkpoint_faults
    assert fault.endswith(f"saw event {kept.seq}: its end was cut off")


def test_a_log_that_was_written_anew_is_found_by_a_checkpoint(file: Path, kept: Checkpoint) -> None:
    write(file, *written_anew(log_in(file)))
    assert verify(file).ok
    (fault,) = verify(file, kept).checkpoint_faults
    assert fault.endswith("the log was written anew")
