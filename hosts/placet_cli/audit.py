"""`audit`: is the log what was written to it?"""

import click

from placet_cli.backend import Backend
from placet_cli.exits import Exit
from placet_cli.output import Cell, Line, show
from placet_cli.target import on_a_target

__all__ = ["audit"]


@click.group()
def audit() -> None:
    """The log of everything that was decided and changed."""


@audit.command()
@on_a_target()
def verify(backend: Backend) -> None:
    """Walk the whole log: an event that was edited, removed or moved breaks its chain.

    Exits with 1 if a seal does not hold. Keep the head elsewhere: with it, also a log that was
    rewritten as a whole can be told.
    """
    found = backend.verification()
    intact = bool(found["ok"])
    events = f"{found['events']} event{'' if found['events'] == 1 else 's'}"
    if intact:
        verdict = Line((Cell("the log is intact", "bold green"), Cell(f": {events}")))
    else:
        told = Cell(f" after {events}: {found['fault']}")
        verdict = Line((Cell("the log is broken", "bold red"), told))
    show(found, [verdict, Line.of(f"head {found['head']}", "dim")])
    click.get_current_context().exit(Exit.YES if intact else Exit.NO)
