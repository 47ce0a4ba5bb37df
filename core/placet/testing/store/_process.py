"""The near end of the second process: starts it, tells it what to do, and never waits for ever."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer
from typing import IO, Any

from placet.testing.store import _child

__all__ = ["Child", "starting"]

PATIENCE = 120.0
"""Seconds after which a process that says nothing is killed, and the test fails."""


class Child:
    """A process that has opened the data.

    `tell` gives it a task and `hear` waits for the answer; `ask` does both. Raises AssertionError
    with what it wrote to its standard error when it ends instead of answering.
    """

    def __init__(self, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self._process = process
        self._errors = errors

    def tell(self, *task: object) -> None:
        """Give it a task; it goes to work at once."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """The next answer."""
        line = self._line()
        if not line:
            self._errors.seek(0)
            raise AssertionError(
                f"the second process ended with exit code {self._process.wait(PATIENCE)} instead "
                f"of answering: {self._errors.read().strip() or 'it wrote no error'}"
            )
        return json.loads(line)

    def ask(self, *task: object) -> Any:
        """Give it a task and wait for the answer."""
        self.tell(*task)
        return self.hear()

    def kill(self) -> list[Any]:
        """Kill it at once, whatever it does; the answers that it had still given."""
        self._process.kill()
        assert self._process.stdout is not None
        rest = self._process.stdout.readlines()
        self._process.wait(PATIENCE)
        # The last line may have been cut by the kill.
        return [json.loads(line) for line in rest if line.endswith("\n")]

    def end(self) -> int:
        """Let it end without closing the store; its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(PATIENCE)

    def dies(self) -> bool:
        """Whether it ends instead of answering, as it was told to; its answer is dropped."""
        return not self._line() and self._process.wait(PATIENCE) == _child.DIED

    def _line(self) -> str:
        assert self._process.stdout is not None
        watch = Timer(PATIENCE, self._process.kill)
        watch.start()
        try:
            return self._process.stdout.readline()
        finally:
            watch.cancel()


@contextmanager
def starting(plugin: str, url: str) -> Iterator[Child]:
    """A process that has the store at `url` open, by way of the module `plugin`; killed at the end.

    It imports from where this process does.
    """
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    with (
        TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603  # this interpreter, and the author's own plugin
            # -P: the kit's own folder is not a place to import from.
            [sys.executable, "-P", str(Path(_child.__file__)), plugin, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        ) as process,
    ):
        try:
            child = Child(process, errors)
            child.hear()
            yield child
        finally:
            process.kill()
