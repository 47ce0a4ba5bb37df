"""`store`: look after a store as a whole, all of its accounts at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
import msgspec

from placet.clock import from_milliseconds
from placet.errors import Invalid, NotFound
from placet.hooks import Hooks
from placet.storage import memory
from placet.storage.copying import copy_store
from placet.storage.kinds import KINDS
from placet.storage.port import Backupable, Measurable, Query, Store
from placet.storage.verifying import verify_store
from placet.storage.walks import accounts
from placet_cli.backend import Json
from placet_cli.exits import Exit
from placet_cli.output import Cell, Line, Part, Table, show
from placet_cli.progress import progress_bar
from placet_cli.target import json_option

__all__ = ["PLUGINS", "store"]

PLUGINS: tuple[object, ...] = (memory,)
"""What opens stores besides the plugins that are installed."""


@click.group()
def store() -> None:
    """Look after a store: copy, verify, measure, back up.

    A store is named by its URL, such as tinydb:///approvals.json, and holds any number of
    accounts; these commands work on all of them.
    """


@store.command(short_help="Copy a store into another, of any kind.")
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@json_option
def copy(source: str, target: str) -> None:
    """Copy the store at the URL SRC into the one at the URL DST, of any kind.

    Everything comes out the same: documents, versions, events and their seals. DST is empty, or an
    earlier copy of SRC: then only what is new is copied. Interrupt it as you like; the same command
    goes on. DST must not be in use meanwhile; SRC may, if its kind of store is for more than one
    process.

    \b
    To move to another kind of store without a long stop:
      placet store copy OLD_URL NEW_URL     while the old one is in use; where it is very
                                            busy, this ends with 5 and has copied most
      (stop what writes to the old one)
      placet store copy OLD_URL NEW_URL     the rest
      (start on the new one)
    """
    if source == target:
        raise Invalid("SRC and DST are the same store; a copy needs two")
    with _opened(source) as there, _opened(target) as here, progress_bar() as tell:
        copied = copy_store(there, here, tell)
    if not copied:
        raise _empty("SRC")
    rows = [
        (
            Cell(one.account),
            Cell(f"{one.documents:,}"),
            Cell(f"{one.head.seq:,}"),
            Cell(f"{one.head.version:,}"),
            Cell(f"{one.commits:,}"),
        )
        for one in copied
    ]
    document = [
        {
            "account": one.account,
            "documents": one.documents,
            "events": one.head.seq,
            "version": one.head.version,
            "head": one.head.hash.hex(),
            "copied": one.commits,
        }
        for one in copied
    ]
    heading = ("ACCOUNT", "DOCUMENTS", "EVENTS", "COMMITS", "COPIED NOW")
    show({"accounts": document}, [Table(heading, rows, ""), _verdict("alike", _counted(document))])


@store.command(short_help="Look for anything in a store that placet did not write.")
@click.argument("url")
@json_option
def verify(url: str) -> None:
    """Look for anything in the store at URL that placet did not write.

    Every event is tried against the chain, every document against its form and against what the
    log says last about it, and the store's own files and indexes where it can look at them. Prints
    a line for each fault and exits with 1 if there are any. Nothing is changed; the store may be in
    use.
    """
    with _opened(url) as opened:
        found = verify_store(opened)
    if not found.accounts and found.ok:
        raise _empty("URL")
    faults = [Line.of(fault, "red") for fault in found.damage]
    for one in found.accounts:
        faults.extend(
            Line((Cell(f"{one.account}: ", "bold"), Cell(fault, "red"))) for fault in one.faults
        )
    document: Json = {"ok": found.ok, **msgspec.to_builtins(found)}
    if found.ok:
        verdict = _verdict("intact", _counted(document["accounts"]))
    else:
        verdict = Line.of(_number(len(faults), "fault"), "bold red")
    show(document, [*faults, verdict])
    click.get_current_context().exit(Exit.YES if found.ok else Exit.NO)


@store.command(short_help="Count what a store holds.")
@click.argument("url")
@json_option
def stats(url: str) -> None:
    """Count what the store at URL holds: documents by kind, events, commits, bytes.

    Times are those of an account's first and last event, in UTC.
    """
    with _opened(url) as opened:
        found = [_stats(opened, account) for account in accounts(opened)]
        sizes = dict(opened.measures()) if isinstance(opened, Measurable) else None
    show({"accounts": found, "bytes": sizes}, _tables(found, sizes))


@store.command(short_help="Write a copy of a store to a file, while it is in use.")
@click.argument("url")
@click.argument("path", type=click.Path())
@json_option
def backup(url: str, path: str) -> None:
    """Write a copy of the store at URL to the new file PATH, while the store is in use.

    The file is a store of the same kind: to restore, name it in a URL. Only some kinds of store
    can do this; `placet store copy` works with all of them.
    """
    with _opened(url) as opened:
        if not isinstance(opened, Backupable):
            scheme = url.partition(":")[0]
            raise Invalid(
                f"{scheme}:// stores cannot be backed up into a file; copy this one into another "
                "store: placet store copy URL NEW_URL"
            )
        with progress_bar() as tell:
            opened.backup(path, lambda done, of: tell(path, done, of))
    show({"path": path}, [_verdict("backed up", f"to {path}")])


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    """The store at `url`, closed at the end."""
    if url.partition(":")[0] == "memory":
        raise Invalid(
            f"{url!r} is empty at every start and kept nowhere; name a store that lasts, such as "
            "tinydb:///approvals.json"
        )
    opened = Hooks(PLUGINS).open_store(url)
    try:
        yield opened
    finally:
        opened.close()


def _empty(name: str) -> NotFound:
    """The end of a command that found nothing: more often a mistyped URL than a new store."""
    return NotFound(f"the store at {name} holds no account; is that the URL you mean?")


def _stats(opened: Store, account: str) -> Json:
    head = opened.head(account)
    kinds = {kind: opened.count(account, Query(kind)) for kind in KINDS}
    first = opened.events(account, 0, 1)
    return {
        "account": account,
        "documents": sum(kinds.values()),
        "kinds": {kind: count for kind, count in kinds.items() if count},
        "events": head.seq,
        "version": head.version,
        "first_event": from_milliseconds(first[0].at).isoformat() if first else None,
        "last_event": from_milliseconds(head.at).isoformat() if first else None,
    }


def _tables(found: Sequence[Json], sizes: Json | None) -> Iterator[Part]:
    yield Table(
        ("ACCOUNT", "DOCUMENTS", "EVENTS", "COMMITS", "FIRST EVENT", "LAST EVENT"),
        [
            (
                Cell(one["account"]),
                *(Cell(f"{one[name]:,}") for name in ("documents", "events", "version")),
                *(Cell((one[name] or "-")[:16]) for name in ("first_event", "last_event")),
            )
            for one in found
        ],
        "the store holds no account",
    )
    kinds = [
        (Cell(one["account"]), Cell(kind), Cell(f"{count:,}"))
        for one in found
        for kind, count in one["kinds"].items()
    ]
    if kinds:
        yield Table(("ACCOUNT", "KIND", "DOCUMENTS"), kinds, "")
    if sizes:
        rows = [(Cell(name), Cell(f"{size:,}")) for name, size in sizes.items()]
        yield Table(("SIZE OF", "BYTES"), rows, "")


def _counted(found: Sequence[Json]) -> str:
    """How much there is in those accounts, in words."""
    documents, events = (sum(one[name] for one in found) for name in ("documents", "events"))
    return ", ".join(
        _number(count, name)
        for count, name in ((len(found), "account"), (documents, "document"), (events, "event"))
    )


def _number(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _verdict(word: str, what: str) -> Line:
    return Line((Cell(word, "bold green"), Cell(f": {what}")))
