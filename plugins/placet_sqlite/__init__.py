"""The SQLite store: one file, many threads, several processes, every commit on the disk.

It needs nothing but Python: the `sqlite3` of the standard library, with SQLite 3.37 or later. Read
it in this order:

- this module: the hook;  `address.py`: what a URL says;
- `store.py`: the port, a line or two a method;
- `layout.py`: the tables, their indexes, and how they follow the declared kinds;
- `writing.py`: one commit;  `reading.py` and `finding.py`: everything that reads;
- `connections.py`: who uses which connection;  `pool.py`: what a fork does to them;
- `driver.py`: transactions, and what an error of the driver means;
- `joined.py`: a commit inside the application's own transaction;
- `upkeep.py`: backup, inspection, sizes.
"""

from placet.hooks import hookimpl
from placet.storage.port import Store

__all__ = ["placet_open_store"]


@hookimpl
def placet_open_store(url: str) -> Store | None:
    """The store in the file that `url` names; None for the URL of another scheme.

    `sqlite:///relative.db` or `sqlite:////absolute/path.db`, with `?synchronous=normal` and
    `?timeout=SECONDS` where wanted (`placet_sqlite.address`). Raises Invalid for another form. No
    file is touched before the store is first used.
    """
    if url.partition(":")[0] != "sqlite":
        return None
    # Here, so that a program that looks for hooks does not load sqlite3.
    from placet_sqlite.address import parse_address
    from placet_sqlite.store import SQLiteStore

    address = parse_address(url)
    return SQLiteStore(address.path, synchronous=address.synchronous, timeout_s=address.timeout_s)
