"""The two servers that are compared, each a command in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from authzen_world import ACCOUNT

from placet_cli.serve import port_of

__all__ = ["HOST", "Server", "bare_app", "placet_service", "processor_s"]

HERE = Path(__file__).parent
HOST = "127.0.0.1"
_START_S = 60.0


class Server(NamedTuple):
    """Where it listens, and the process of its command."""

    port: int
    pid: int


@contextmanager
def placet_service(folder: Path) -> Iterator[Server]:
    """`placet serve`, on the store in `folder`."""
    port = port_of(HOST, 0)
    command = [sys.executable, "-m", "placet_cli", "serve", "--port", str(port)]
    command += ["--store", f"sqlite:///{folder}/placet.db", "--account", ACCOUNT]
    with _serving(command, port, folder / "placet.log", PLACET_SECRET_KEYS="k" * 32) as server:
        yield server


@contextmanager
def bare_app(folder: Path) -> Iterator[Server]:
    """The bare app, over the world in `folder`."""
    port = port_of(HOST, 0)
    command = [sys.executable, str(HERE / "authzen_bare.py"), str(folder), str(port)]
    with _serving(command, port, folder / "bare.log", PYTHONPATH=_path()) as server:
        yield server


def _path() -> str:
    """Where a worker of the bare app finds it."""
    return os.pathsep.join(part for part in (str(HERE), os.environ.get("PYTHONPATH")) if part)


@contextmanager
def _serving(command: list[str], port: int, log: Path, **variables: str) -> Iterator[Server]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, env={**os.environ, **variables}
        )
        try:
            end = time.monotonic() + _START_S
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{command} does not serve: {log.read_text()}")
                time.sleep(0.05)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=5):
            return True
    except OSError:
        return False


def processor_s(pid: int) -> float:
    """The processor's seconds of a process and of all that it has started; 0 but on Linux."""
    if sys.platform != "linux":
        return 0.0
    ticks, waiting = 0, [pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        with suppress(OSError):  # one may end while it is looked at
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            for task in (process / "task").iterdir():
                waiting.extend(map(int, (task / "children").read_text().split()))
    return ticks / os.sysconf("SC_CLK_TCK")
