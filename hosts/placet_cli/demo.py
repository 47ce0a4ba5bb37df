"""`demo`: the whole line in one minute, on a server of its own."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click
import msgspec

from placet.errors import PlacetError, Unavailable
from placet_cli.exits import Exit, Failure
from placet_cli.output import Cell, Line, Part, as_json, show, show_json
from placet_cli.remote import Server
from placet_cli.serve import port_of
from placet_cli.story import ACCOUNT, BASE, PEOPLE, Call, Scene, Unexpected, play
from placet_cli.target import json_option

__all__ = ["demo"]

HOST = "127.0.0.1"
READY_WITHIN = 20.0
"""Seconds that the server may take to be ready; it takes one or two."""


@click.command(short_help="See it in one minute.")
@click.option("--once", is_flag=True, help="Play, clean up and end, instead of serving on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen; else a free port.")
@json_option
def demo(once: bool, port: int | None) -> None:
    """See it in one minute: a request is denied, approved, done once, and proven.

    Starts a real server on this machine, with a store in a temporary folder and new keys, and
    plays a short story on it over HTTP, showing every call. Then it keeps serving, so that you can
    try calls of your own; Ctrl-C ends it and removes everything.

    Exits with 1 if any step does not come out as it should.
    """
    tokens = {who: f"pat.{ACCOUNT}.{who}.{secrets.token_urlsafe(32)}" for who in PEOPLE}
    port = port_of(HOST, port or 0)
    with (
        _ending_on_sigterm(),
        tempfile.TemporaryDirectory(prefix="placet-demo-") as folder,
        _serving(Path(folder), port, tokens) as served,
    ):
        server = Server(f"http://{HOST}:{port}", timeout=10)
        _wait_until_ready(server, served, Path(folder))
        _introduce(server.url)
        _play(server, tokens, Path(folder), once=once)
        if not once:
            _serve_on(served, server.url, tokens)


def _introduce(url: str) -> None:
    if not as_json():
        show(
            None,
            [
                Line.of("May they do this, and where not, who can say yes?", "bold"),
                Line.of(f"A server listens at {url}, with a store and keys of its own.", "dim"),
                Line.of(f"Every call is made over HTTP, below {BASE}.", "dim"),
            ],
        )


def _play(server: Server, tokens: Mapping[str, str], folder: Path, *, once: bool) -> None:
    played: list[Scene] = []
    try:
        for number, scene in enumerate(play(server, tokens), start=1):
            played.append(scene)
            if not as_json():
                show(None, _told(number, scene))
    except (Unexpected, PlacetError) as error:
        raise _failure(
            f"the demo broke off after step {len(played)}: {error}{_last_words(folder)}"
        ) from error
    if as_json():
        # Of no use once the server has ended.
        kept = {} if once else {"url": server.url, "account": ACCOUNT, "tokens": dict(tokens)}
        show_json({"ok": True, **kept, "scenes": msgspec.to_builtins(played)})
    else:
        done = "Denied, asked for, reviewed, allowed once, and proven: every step came out right."
        show(None, [Line.of(""), Line.of(done, "bold green")])


def _told(number: int, scene: Scene) -> Iterator[Part]:
    """A scene as lines: what happens, then each call and what came back."""
    yield Line.of("")
    yield Line((Cell(f"{number}  ", "bold cyan"), Cell(scene.title, "bold")))
    for call in scene.calls:
        yield from _call(call)


def _call(call: Call) -> Iterator[Part]:
    body = "" if call.body is None else f" {msgspec.json.encode(call.body).decode()}"
    sent = Cell(f"{call.method} {call.path}", "")
    yield Line((Cell(f"   {call.who:<5}", "cyan"), sent, Cell(body, "dim")))
    style = "green" if call.status < 300 else "yellow"
    yield Line((Cell(f"        {call.status} ", style), Cell(call.short)))


def _show_next(url: str, tokens: Mapping[str, str]) -> None:
    if as_json():
        return
    base = url + BASE
    lines = [
        Line.of(""),
        Line.of("It keeps serving. In another terminal:", "bold"),
        *(Line.of(f"  {who.upper()}={token}") for who, token in tokens.items()),
        Line.of(f'  curl -H "Authorization: Bearer $DANA" "{base}/approvals?status=pending"'),
        Line.of(
            f'  curl -H "Authorization: Bearer $SAM" -H "Content-Type: application/json" '
            f"{base}/check "
            '-d \'{"permission": "ledger.export", "on": "ledger:2026"}\''
        ),
        Line.of(f"  PLACET_TOKEN=$DANA placet approvals list --server {url}"),
        Line.of("Ctrl-C ends it and removes everything.", "dim"),
    ]
    show(None, lines)


def _serve_on(served: "subprocess.Popen[bytes]", url: str, tokens: Mapping[str, str]) -> None:
    try:
        _show_next(url, tokens)
        code = served.wait()
    except KeyboardInterrupt:
        if not as_json():
            click.echo()
        return
    raise _failure(f"the server ended by itself, with exit code {code}")


@contextmanager
def _serving(
    folder: Path, port: int, tokens: Mapping[str, str]
) -> "Iterator[subprocess.Popen[bytes]]":
    """The server as a process of its own, ended and waited for at the end."""
    bundle = resources.files("placet_cli").joinpath("demo.toml").read_bytes()
    (folder / "demo.toml").write_bytes(bundle)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PLACET_")
    }
    environment["PLACET_SECRET_KEYS"] = secrets.token_urlsafe(32)
    for who, token in tokens.items():
        environment[f"DEMO_TOKEN_OF_{who.upper()}"] = token
    command = [
        *(sys.executable, "-m", "placet_cli", "serve"),
        *("--host", HOST, "--port", str(port)),
        *("--store", f"sqlite:///{folder / 'demo.db'}"),
        *("--bundle", str(folder / "demo.toml")),
    ]
    with (folder / "server.log").open("wb") as log:
        # A session of its own: Ctrl-C reaches the demo, and the demo ends the server.
        served = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield served
    finally:
        served.terminate()
        try:
            served.wait(timeout=15)
        except subprocess.TimeoutExpired:
            served.kill()
            served.wait()


def _wait_until_ready(server: Server, served: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        if served.poll() is not None:
            raise _failure(f"the server did not start:{_last_words(folder)}")
        try:
            if server.call("GET", "/readyz").status == 200:
                return
        except Unavailable:
            pass
        # The wait between two looks: cut short by a server that ends.
        with suppress(subprocess.TimeoutExpired):
            served.wait(timeout=0.05)
    raise _failure(f"the server was not ready after {READY_WITHIN:g} seconds:{_last_words(folder)}")


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does, so that server and folder go with it."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before: Any = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _last_words(folder: Path) -> str:
    """The end of the server's log, for a message."""
    lines = (folder / "server.log").read_text("utf-8", "replace").splitlines()
    return "".join(f"\n  {line}" for line in lines[-8:])


def _failure(message: str) -> Failure:
    return Failure(message, Exit.NO, {"code": "demo_failed", "message": message})
