"""`audit`: is the log what was written to it, and what stands in it?"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO

import click

from placet.errors import Invalid, Unavailable
from placet.model import plain
from placet.services.checkpoints import Checkpoint, read_checkpoints
from placet.services.verification import verify_export
from placet_cli.backend import Backend, Exported, Json
from placet_cli.exits import Exit
from placet_cli.output import Cell, Line, note, show
from placet_cli.target import Target, on_a_target, secret_keys, with_target

__all__ = ["audit"]


@click.group()
def audit() -> None:
    """The log of everything that was decided and changed."""


@audit.command(short_help="Say whether the log is what was written to it.")
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Checkpoints that were kept elsewhere, one a line: they tell an end that was cut off.",
)
@click.option(
    "--export",
    "exported",
    type=click.File("rb"),
    metavar="FILE",
    help="Walk along an exported log ('-' is standard input) instead of a store or a server.",
)
@with_target
def verify(target: Target, kept: Path | None, exported: IO[bytes] | None) -> None:
    """Walk the whole log: an event that was edited, removed or moved breaks its chain.

    Exits with 1 if a seal does not hold, or a checkpoint is not met. Without checkpoints, nobody
    can tell an end that was cut off, or a log that was written anew as a whole.
    """
    checkpoints = () if kept is None else _kept_in(kept)
    if kept is not None and not checkpoints:
        # An empty file proves nothing, and must not look as if it did.
        raise Invalid(f"{str(kept)!r} holds no checkpoint; `placet audit checkpoint` makes one")
    if exported is not None:
        keys = secret_keys()
        result = verify_export(exported, checkpoints, secret_keys=keys)
        found: Json = {**plain(result), "ok": result.ok}
    else:
        with target.opened() as backend:
            found = backend.verification(checkpoints)
    intact = bool(found["ok"])
    show(found, _told(found))
    click.get_current_context().exit(Exit.YES if intact else Exit.NO)


@audit.command(short_help="Sign what the log ends with, to be kept elsewhere.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append it to FILE, instead of writing it to standard output. The last one in FILE has to "
    "hold; the walk begins there.",
)
@on_a_target()
def checkpoint(backend: Backend, out: Path | None) -> None:
    """Write one line that says what the log ends with now, signed with the newest secret key.

    Kept where those who can write to the store cannot, it tells later that the end of the log was
    cut off, or the log written anew: `placet audit verify --checkpoint FILE`. On a store, the keys
    are in the variable PLACET_SECRET_KEYS; through a server, they are those of the server.

    \b
    Every hour, from cron:
      7 * * * *  placet audit checkpoint --server https://... --out /mnt/elsewhere/checkpoints
    """
    known = () if out is None or not out.exists() else _kept_in(out)
    made = backend.checkpoint(known[-1] if known else None)
    if out is None:
        show(plain(made), [Line.of(made.line)])
        return
    _append(out, made.line)
    show(plain(made), [Line.of(f"event {made.seq} is signed in {out}")])


@audit.command(short_help="Write the log as lines of JSON.")
@click.option("--after", type=click.IntRange(min=0), default=0, help="Behind this number.")
@click.option("--kind", help="Only events of this kind: approval.approved, for one.")
@click.option("--principal", metavar="WHO", help="Only what WHO did.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it to FILE, instead of standard output.",
)
@on_a_target()
def export(
    backend: Backend, after: int, kind: str | None, principal: str | None, out: Path | None
) -> None:
    """Write the events, oldest first, each as one line of JSON with its seal.

    What was exported from the first event on, and without a filter, can be verified by anybody:
    `placet audit verify --export FILE`. To go on with a file, name its last number with --after.
    """
    lines = backend.export(Exported(after=after, kind=kind, principal=principal))
    # Before the file is touched: whoever may not see the log does not empty it either.
    first = tuple(islice(lines, 1))
    count = 0
    with _writing(out) as write:
        for line in chain(first, lines):
            write(line)
            count += 1
    note(f"{count} event{'' if count == 1 else 's'}")


@contextmanager
def _writing(out: Path | None) -> Iterator[Callable[[bytes], object]]:
    """What writes to a file, which is made anew, or to standard output."""
    try:
        if out is None:
            yield partial(click.echo, nl=False)
        else:
            with out.open("wb") as file:
                yield file.write
    except OSError as error:
        raise Unavailable(f"{out or 'stdout'} cannot be written: {error.strerror}") from error


def _kept_in(file: Path) -> tuple[Checkpoint, ...]:
    """The checkpoints in a file."""
    try:
        return tuple(read_checkpoints(file.read_text("utf-8").splitlines()))
    except OSError as error:
        raise Invalid(f"{str(file)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{str(file)!r} is not UTF-8 at byte {error.start}") from error


def _append(file: Path, line: str) -> None:
    try:
        with file.open("a", encoding="utf-8") as kept:
            kept.write(f"{line}\n")
            kept.flush()
            os.fsync(kept.fileno())
    except OSError as error:
        raise Unavailable(f"{str(file)!r} cannot be written: {error.strerror}") from error


def _told(found: Json) -> Iterable[Line]:
    """The verdict in lines."""
    events = f"{found['events']} event{'' if found['events'] == 1 else 's'}"
    if found["fault"] is not None:
        told = Cell(f" after {events}: {found['fault']}")
        yield Line((Cell("the log is broken", "bold red"), told))
    elif found["ok"]:
        count = found["checkpoints"]
        met = f", {count} checkpoint{'' if count == 1 else 's'} met" if count else ""
        yield Line((Cell("the log is intact", "bold green"), Cell(f": {events}{met}")))
    else:
        told = Cell(f": every seal of {events} holds, and not every checkpoint is met")
        yield Line((Cell("the log is not what it was", "bold red"), told))
    yield from (Line.of(f"  {fault}") for fault in found["checkpoint_faults"])
    yield Line.of(f"head {found['head']}", "dim")
