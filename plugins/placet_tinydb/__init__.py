"""The TinyDB store: an account's documents and log in one JSON file, for one process.

The reference storage plugin. Read it in this order:

- this module: the hook that an entry point of the group `placet` names, after the URL's scheme;
- `store.py`: the port, made of a MemoryStore that answers and a file that remembers;
- `file.py`: one commit, one atomic write;  `lock.py`: one process at a time;
- `tables.py`: what stands in the file.

Its test is `tests/plugins/tinydb/test_contract.py`: ten lines over `placet.testing.StoreContract`.
"""

from placet.hooks import hookimpl
from placet.storage.port import Store

__all__ = ["placet_open_store"]


@hookimpl
def placet_open_store(url: str) -> Store | None:
    """The store in the file that `url` names; None for the URL of another scheme.

    `tinydb:///relative.json` or `tinydb:////absolute/path.json`. Raises Invalid for another form,
    ImportError where tinydb is not installed. No file is touched before the store is first used.
    """
    if url.partition(":")[0] != "tinydb":
        return None
    # Here, so that a host can look for hooks where tinydb is not installed.
    try:
        from placet_tinydb.store import TinyDBStore
    except ImportError as error:
        raise ImportError(
            f"{url!r} needs tinydb, which is not installed: install placet[tinydb]", name=error.name
        ) from error
    return TinyDBStore.from_url(url)
