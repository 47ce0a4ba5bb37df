"""Logs as JSON, one object a line."""

import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from multiprocessing.util import Finalize
from typing import Any, TextIO

import msgspec

__all__ = ["JsonFormatter", "LineHandler", "LogRequest", "configure_logging", "log_request"]

GATHER_S = 0.1
"""How long a line waits for others at most, in seconds, before all are written at once."""

MOST = 10_000
"""So many lines wait at most: where they are not taken as fast, whoever makes more waits too."""

LogRequest = Callable[[Mapping[str, Any]], None]
"""Where the line about a request goes: what is to be said, by name."""

_requests = logging.getLogger("placet_falcon.access")


def log_request(said: Mapping[str, Any]) -> None:
    """Say it through the standard library, for whoever has set up logging."""
    _requests.info("request", extra={"placet": said})


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, logger, message, and what came as `extra["placet"]`.

    >>> record = logging.LogRecord("placet", logging.INFO, "", 0, "hello", None, None)
    >>> JsonFormatter().format(record).endswith('"message":"hello"}')
    True
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        said = dict(getattr(record, "placet", {}))
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        level = record.levelname.lower()
        return _line(record.created, level, record.name, record.getMessage(), said)


def _line(at: float, level: str, logger: str, message: str, said: Mapping[str, Any]) -> str:
    seconds = int(at)
    line = {
        "time": f"{_written(seconds)}.{int((at - seconds) * 1000):03d}Z",
        "level": level,
        "logger": logger,
        "message": message,
        **said,
    }
    return msgspec.json.encode(line).decode()


@lru_cache(maxsize=4)
def _written(seconds: int) -> str:
    """A time as it is written; a busy service writes many lines in one second."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class LineHandler(logging.Handler):
    """Writes lines to `stream`, those of a moment at once: a write for every request would take
    longer than answering it, and make the threads that answer wait for each other.

    A warning, and all that came before it, is written before `emit` returns; what is less waits for
    at most `GATHER_S` seconds, and is written when the process ends. Only a process that is killed
    outright takes some of that with it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self._stream = stream
        self._waiting: deque[str] = deque()
        self._woken = False
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record, as a line already: that is less to keep."""
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        self._take(line)
        if record.levelno >= logging.WARNING:
            self.flush()

    def log_request(self, said: Mapping[str, Any]) -> None:
        """Take what is said about a request: the line that a record of it would make.

        There is one for every request, and a record takes four times as long.
        """
        self._take(_line(time.time(), "info", _requests.name, "request", said))

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                # Where nobody reads it any more there is no other place to say so.
                with suppress(OSError, ValueError):
                    self._stream.write("\n".join((*lines, "")))
                    self._stream.flush()

    def _take(self, line: str) -> None:
        self._waiting.append(line)
        if not self._woken:
            self._woken = True
            if self._thread is None:
                self._start()
            self._wake.set()
        elif len(self._waiting) >= MOST:
            self.flush()

    def _start(self) -> None:
        with self._writing:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="placet-log", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            time.sleep(GATHER_S)
            # Before the lines are taken: one that comes now wakes it again.
            self._woken = False
            self.flush()


def configure_logging(level: str) -> LogRequest:
    """Send the logs of this process to standard error as JSON, from `level` ("info", ...) on.

    For a process that is the service; an application that embeds the host keeps its own logging.
    Returns where the lines about requests go.
    """
    handler = LineHandler(sys.stderr)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # A process of `multiprocessing`, as a server's worker is, ends without what `atexit` knows.
    Finalize(None, handler.flush, exitpriority=0)
    if _requests.isEnabledFor(logging.INFO):
        return handler.log_request
    return lambda said: None
