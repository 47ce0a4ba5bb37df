"""Logs as JSON, one object a line, through the standard library."""

import atexit
import logging
import sys
import threading
import time
from collections import deque
from typing import Any, TextIO

import msgspec

__all__ = ["JsonFormatter", "LineHandler", "configure_logging"]

GATHER_S = 0.1
"""How long a line waits for others at most, in seconds, before all are written at once."""


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, logger, message, and what came as `extra["placet"]`.

    >>> record = logging.LogRecord("placet", logging.INFO, "", 0, "hello", None, None)
    >>> JsonFormatter().format(record).endswith('"message":"hello"}')
    True
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "placet", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class LineHandler(logging.Handler):
    """Writes lines to `stream`, those of a moment at once: a write for every request would take
    longer than answering it, and make the threads that answer wait for each other.

    A warning, and all that came before it, is written before `emit` returns; what is less waits for
    at most `GATHER_S` seconds, and is written when the process ends. Only a process that is killed
    outright takes some of that with it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._waiting: deque[logging.LogRecord] = deque()
        self._woken = False
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def createLock(self) -> None:
        """None: a deque needs no lock, and what is written has one of its own."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self._waiting.append(record)
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._woken:
            self._woken = True
            self._start()
            self._wake.set()

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            lines = []
            while self._waiting:
                record = self._waiting.popleft()
                try:
                    lines.append(self.format(record))
                except Exception:
                    self.handleError(record)
            if lines:
                self._write("\n".join((*lines, "")))

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody reads it any more, and there is no other place to say so.
            pass

    def _start(self) -> None:
        with self._writing:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="placet-log", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            time.sleep(GATHER_S)
            # Before the lines are taken: one that comes now wakes it again.
            self._woken = False
            self.flush()


def configure_logging(level: str) -> None:
    """Send the logs of this process to standard error as JSON, from `level` ("info", ...) on.

    For a process that is the service; an application that embeds the host keeps its own logging.
    """
    handler = LineHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # A worker that was forked has lost what `logging` itself does at the end.
    atexit.register(handler.flush)
    # No line says where in the code, or by which thread, it was written: nobody looks for it.
    logging._srcfile = None  # type: ignore[attr-defined]  # as the logging HOWTO says
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
