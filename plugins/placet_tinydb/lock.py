"""One process at a time: an operating-system lock on a side file.

The lock goes with the process, however it ends: there is never a stale one to remove by hand. The
side file stays; removing it would let two processes lock two files of one name.
"""

import os
import sys
from pathlib import Path

from placet.errors import Unavailable

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["FileLock"]


class FileLock:
    """Holds `path` locked against every other process, and every other handle in this one.

    Raises Unavailable where it is held already, or cannot be made.
    """

    def __init__(self, path: Path, guarded: Path) -> None:
        try:
            # Not inherited by programs that this process starts (PEP 446).
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(
                f"{guarded} cannot be opened: {error.strerror} for its lock file {path}; the "
                "folder has to be there, and writable"
            ) from error
        try:
            _take(self._handle)
        except OSError as error:
            os.close(self._handle)
            raise Unavailable(
                f"{guarded} is open in another process, or twice in this one ({path} is locked); "
                "close it there, or use a store that several processes can share, such as SQLite "
                "or PostgreSQL"
            ) from error

    def release(self) -> None:
        """Let the next one in. In a forked child it only closes the child's copy."""
        # Closing is enough, and right after a fork: an explicit unlock in a child would unlock the
        # file under the parent, which goes on writing.
        os.close(self._handle)
