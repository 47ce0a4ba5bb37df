"""The clients, all in one process: each waits for its answer, and then asks the next question.

    python tests/benchmarks/authzen_load.py PORT FILE CLIENTS SECONDS

Prints the `Load` that it was, as JSON. Answers are looked at: a wrong one ends the program. What
is sent was made beforehand, and what comes is not parsed, so that the server is what is measured.
"""

import selectors
import socket
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import msgspec
from report import percentile

__all__ = ["Exchange", "Load"]

_YES = b'"decision":true'
_LEAST = 20
"""So many answers are waited for, however long they take."""
_clock = time.perf_counter


class Exchange(msgspec.Struct):
    """The bytes of a request, and how many of the decisions in the answer are yes."""

    sent: bytes
    allowed: int


class Load(msgspec.Struct):
    """Requests answered, and how long one took, in milliseconds."""

    count: int
    per_s: float
    p50_ms: float
    p99_ms: float


class _Client:
    """A connection that is kept, with one question on the way."""

    def __init__(self, port: int, exchanges: Iterator[Exchange]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._exchanges = exchanges
        self.ask()

    def ask(self) -> None:
        self._exchange = next(self._exchanges)
        self._came = b""
        self._start = _clock()
        self.socket.sendall(self._exchange.sent)

    def answered(self) -> float | None:
        """The seconds that the answer took; None while it is not whole."""
        self._came += self.socket.recv(65536)
        head, end, body = self._came.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return None
        took = _clock() - self._start
        if not head.startswith(b"HTTP/1.1 200 ") or body.count(_YES) != self._exchange.allowed:
            raise SystemExit(f"wrong: {self._came!r} to {self._exchange.sent!r}")
        return took


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])


def run(port: int, exchanges: list[Exchange], clients: int, seconds: float) -> Load:
    """Ask for so many seconds, through so many connections."""
    selector = selectors.DefaultSelector()
    for number in range(clients):
        # Each begins elsewhere, and comes round.
        start = len(exchanges) * number // clients
        going = islice(cycle(exchanges), start, None)
        client = _Client(port, going)
        selector.register(client.socket, selectors.EVENT_READ, client)
    took: list[float] = []
    start_s = _clock()
    while (spent := _clock() - start_s) < seconds or len(took) < _LEAST:
        for key, _ in selector.select(1.0):
            one = key.data.answered()
            if one is not None:
                took.append(one)
                key.data.ask()
    p50_s, p99_s = percentile(took, 0.5), percentile(took, 0.99)
    return Load(len(took), len(took) / spent, p50_s * 1000, p99_s * 1000)


def main() -> None:
    """Run, print."""
    port, file, clients, seconds = sys.argv[1:]
    exchanges = msgspec.msgpack.decode(Path(file).read_bytes(), type=list[Exchange])
    load = run(int(port), exchanges, int(clients), float(seconds))
    print(msgspec.json.encode(load).decode())


if __name__ == "__main__":
    main()
