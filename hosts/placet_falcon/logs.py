"""Logs as JSON, one object a line, through the standard library."""

import logging
import time
from typing import Any

import msgspec

__all__ = ["JsonFormatter", "configure_logging"]


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


def configure_logging(level: str) -> None:
    """Send the logs of this process to standard error as JSON, from `level` ("info", ...) on.

    For a process that is the service; an application that embeds the host keeps its own logging.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
