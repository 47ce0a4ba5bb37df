"""A progress bar on a terminal, and silence anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from placet_cli.output import as_json, safe

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Tell", "bar_on", "progress_bar"]

Tell = Callable[[str, int, int], None]
"""Told what is being worked on, what is done of it, and of how much."""


@contextmanager
def progress_bar() -> Iterator[Tell]:
    """A bar on standard error while the block runs, where that is a terminal.

    Elsewhere, and with `--json`, what is told goes nowhere.
    """
    if as_json() or not sys.stderr.isatty():
        yield lambda what, done, of: None
        return
    from rich.console import Console

    with bar_on(Console(stderr=True)) as tell:
        yield tell


@contextmanager
def bar_on(console: "Console") -> Iterator[Tell]:
    """A bar on that console; gone at the end of the block."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        shown = ""

        def tell(what: str, done: int, of: int) -> None:
            nonlocal shown
            if what != shown:
                # The time that is left is that of this one, not of the one before.
                bar.reset(task, description=safe(what))
                shown = what
            bar.update(task, completed=done, total=of)

        yield tell
