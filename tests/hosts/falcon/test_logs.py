"""Lines of a log: in their order, many written at once, none kept back for long."""

import io
import logging
import threading
import time

import msgspec
import pytest

from placet_falcon.logs import LineHandler

PATIENCE_S = 30.0
SAID = {"method": "GET", "path": "/livez", "status": 200, "ms": 0.1, "request_id": "r1"}


class Stream(io.StringIO):
    """Tells when something has been written."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def flush(self) -> None:
        super().flush()
        self.told.set()


@pytest.fixture
def stream() -> Stream:
    return Stream()


@pytest.fixture
def handler(stream: Stream) -> LineHandler:
    return LineHandler(stream)


def record(level: int, message: str) -> logging.LogRecord:
    return logging.LogRecord("placet", level, __file__, 1, message, (), None)


def messages(stream: Stream) -> list[str]:
    return [msgspec.json.decode(line)["message"] for line in stream.getvalue().splitlines()]


def test_lines_come_in_their_order(handler: LineHandler, stream: Stream) -> None:
    for number in range(5):
        handler.handle(record(logging.INFO, str(number)))
    handler.flush()
    assert messages(stream) == ["0", "1", "2", "3", "4"]


def test_a_warning_is_written_at_once_behind_what_came_before(
    handler: LineHandler, stream: Stream
) -> None:
    handler.handle(record(logging.INFO, "before"))
    handler.handle(record(logging.WARNING, "now"))
    assert messages(stream) == ["before", "now"]


def test_a_line_is_written_by_itself(handler: LineHandler, stream: Stream) -> None:
    for number in range(2):  # the second wakes what sleeps
        stream.told.clear()
        handler.log_request({**SAID, "request_id": f"r{number}"})
        assert stream.told.wait(PATIENCE_S)
    assert len(messages(stream)) == 2


def test_a_line_about_a_request_is_that_of_a_record(handler: LineHandler, stream: Stream) -> None:
    handler.log_request(SAID)
    same = logging.LogRecord("placet_falcon.access", logging.INFO, "", 0, "request", (), None)
    same.placet = SAID
    handler.handle(same)
    handler.flush()
    lines = [msgspec.json.decode(line) for line in stream.getvalue().splitlines()]
    for line in lines:
        at = time.strptime(line.pop("time")[:19], "%Y-%m-%dT%H:%M:%S")
        assert at.tm_year >= 2025
    assert lines[0] == lines[1]


def test_a_record_that_cannot_be_written_does_not_stop_the_others(
    handler: LineHandler, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    handler.handle(logging.LogRecord("placet", logging.INFO, "", 0, "%d", ("x",), None))
    handler.handle(record(logging.WARNING, "fine"))
    assert messages(stream) == ["fine"]


def test_where_nobody_reads_any_more_nothing_fails(handler: LineHandler, stream: Stream) -> None:
    stream.close()
    handler.handle(record(logging.WARNING, "lost"))


def test_only_so_many_lines_wait(
    handler: LineHandler, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("placet_falcon.logs.MOST", 3)
    monkeypatch.setattr("placet_falcon.logs.GATHER_S", PATIENCE_S)
    for _ in range(3):
        handler.log_request(SAID)
    assert len(messages(stream)) == 3
