"""The file: a TinyDB storage that writes whole, at once and for good.

TinyDB's own JSON storage rewrites the file in place, and a crash in the middle leaves half of it.
This one writes beside it, makes that durable and renames: after a crash at any moment the file is
either as before or as after the write.

The file is what TinyDB expects, a JSON object of tables, and any TinyDB can read it. The first
table, `placet`, seals the others with their SHA-256: whatever else wrote to the file, cut it or
edited it is noticed at opening, and nothing is guessed.
"""

import hashlib
import os
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
from tinydb.storages import Storage

from placet.errors import Corrupt, Unavailable
from placet_tinydb.lock import FileLock

__all__ = ["AtomicStorage"]

FORMAT = 1

_HEADER = '{{"placet":{{"1":{{"format":{format},"sha256":"{sha256}"}}}},'
_READ_HEADER = re.compile(rb'\{"placet":\{"1":\{"format":(\d+),"sha256":"([0-9a-f]{64})"\}\},')

Tables = dict[str, dict[str, Any]]


class AtomicStorage(Storage):
    """The file `path`, locked until `close`, and `path.tmp` while it is written.

    Raises Unavailable where another handle has the file, or the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(path.name + ".tmp")
        self._lock = FileLock(path.with_name(path.name + ".lock"), path)
        try:
            # What a crash left: nobody was told that it was written.
            self._beside.unlink(missing_ok=True)
        except OSError as error:
            self._lock.release()
            raise Unavailable(f"{self._beside} cannot be removed: {error.strerror}") from error

    def read(self) -> Tables | None:
        """The tables without `placet`; None where there is no file yet.

        Raises Corrupt for a file that `write` did not leave so, Unavailable for one that cannot be
        read.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror}") from error
        header = _READ_HEADER.match(content)
        if header is None:
            raise Corrupt(
                f"{self._path} does not begin as a placet file does: it belongs to something else, "
                "or was cut or edited; name another file, or restore this one from a backup"
            )
        if int(header[1]) != FORMAT:
            raise Corrupt(
                f"{self._path} has format {int(header[1])}, and this placet reads {FORMAT}; open "
                "it with the release that wrote it"
            )
        rest = content[header.end() :]
        if hashlib.sha256(rest).hexdigest().encode() != header[2]:
            raise Corrupt(
                f"{self._path} was cut or edited after placet wrote it; restore it from a backup"
            )
        tables: Tables = msgspec.json.decode(b"{" + rest)
        return tables

    def write(self, data: Tables) -> None:
        """Replace all tables; when this returns, they outlive a crash of the machine.

        Raises Unavailable where that fails: the disk is full, say, or the folder read-only.
        """
        rest = msgspec.json.encode(data)[1:]
        header = _HEADER.format(format=FORMAT, sha256=hashlib.sha256(rest).hexdigest())
        try:
            # Readable by its owner only: credentials are kept here, if only as hashes.
            handle = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(handle, "wb") as file:
                file.write(header.encode())
                file.write(rest)
                file.flush()
                os.fsync(file.fileno())
            os.replace(self._beside, self._path)
            _make_durable(self._path.parent)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Let the next one open the file."""
        self._lock.release()


def _make_durable(folder: Path) -> None:
    """The new name, too: a rename is only in memory until the folder is synced."""
    if sys.platform == "win32":  # which cannot open a folder, and journals renames itself
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
