"""`serve`: placet behind HTTP, by granian.

Everything that can be wrong is found here, before anything listens: the settings, the bundle, the
store, the port. Then every store is closed, because granian serves from child processes, and no
connection, lock or thread outlives a fork; the children read the settings from the environment.
"""

import os
import socket
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from placet.bundle import load
from placet.errors import Invalid, Problem, Unavailable
from placet_cli.exits import Exit, Failure
from placet_cli.output import as_json
from placet_cli.target import CLIENT_VARIABLES, json_option

if TYPE_CHECKING:
    from placet_falcon.settings import ServiceSettings

__all__ = ["listen", "port_of", "serve", "settings_of"]

TARGET = "placet_falcon.wsgi:application"
KILL_AFTER = 5
"""Seconds that a worker may take to end: a client that never finishes its request costs no more,
and it is less than the 10 after which most supervisors kill."""


@click.command()
@click.option("--store", metavar="URL", help="Where everything is kept; else sqlite:///placet.db.")
@click.option("--bundle", metavar="FILE", help="A bundle to apply at the start.")
@click.option("--account", metavar="ID", help="What the bundle is for; else what it says itself.")
@click.option("--host", help="The address to listen at; else 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Else 8080; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that serve; else 1.")
@click.option("--public-url", metavar="URL", help="Where clients reach it; may hold {account}.")
@click.option("--config", metavar="FILE", help="A TOML file with these settings, and more.")
@json_option
def serve(config: str | None, **flags: Any) -> None:
    """Serve placet over HTTP, until SIGTERM or Ctrl-C.

    Settings come from the file, then from variables (PLACET_STORE, PLACET_PORT, ...), then from
    the options here; later ones win. `secret_keys` (PLACET_SECRET_KEYS) is required: a random text
    of at least 32 characters, the same on every host.

    \b
    On an empty store, PLACET_BOOTSTRAP_TOKEN lets a first administrator in:
      export PLACET_BOOTSTRAP_TOKEN=pat.default.first.$(openssl rand -hex 32)
      export PLACET_SECRET_KEYS=$(openssl rand -hex 32)
      placet serve --store sqlite:///approvals.db
    """
    settings = settings_of(config, os.environ, **flags)
    _check(settings)
    settings = msgspec.structs.replace(settings, port=port_of(settings.host, settings.port))
    _hand_over(settings, os.environ)
    listen(settings)


def settings_of(config: str | None, environ: Mapping[str, str], **flags: Any) -> "ServiceSettings":
    """The settings of a service, the account being that of the bundle where nobody says another.

    Raises Invalid for a key or a value that cannot be, and where there are no secret keys.
    """
    # Only here, and below: a command that talks to a server needs no falcon.
    from placet_falcon.settings import ServiceSettings, load_settings

    known = {name: value for name, value in environ.items() if name not in CLIENT_VARIABLES}
    settings = load_settings(config, known, **flags)
    if not settings.secret_keys:
        problem = Problem(
            "secret_keys",
            "is missing; set PLACET_SECRET_KEYS to a random text of at least 32 characters, such "
            "as `openssl rand -hex 32` writes, and keep it",
        )
        raise Invalid(f"the settings are not right: {problem}", [problem])
    if settings.bundle is not None:
        path = Path(settings.bundle).absolute()
        account = load(path).account
        settings = msgspec.structs.replace(settings, bundle=str(path))
        if account is not None and settings.account == ServiceSettings().account:
            settings = msgspec.structs.replace(settings, account=account)
    return settings


def _check(settings: "ServiceSettings") -> None:
    """Open the engine as a worker will, bundle and first caller included, and close it again."""
    from placet_falcon.settings import BOOTSTRAP_TOKEN
    from placet_falcon.wsgi import prepared

    prepared(settings, bootstrap_token=os.environ.get(BOOTSTRAP_TOKEN)).close()


def port_of(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises Unavailable where it cannot be listened at.

    granian would share a port with another granian without a word.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
            taken: int = probe.getsockname()[1]
            return taken
    except OSError as error:
        raise Unavailable(f"cannot listen at {host}, port {port}: {error.strerror}") from error


def _hand_over(settings: "ServiceSettings", environ: MutableMapping[str, str]) -> None:
    """Leave the settings to the workers, and not what is for a client."""
    from placet_falcon.settings import CONFIG

    for name in (*CLIENT_VARIABLES, CONFIG):
        environ.pop(name, None)
    environ.update(settings.environment())


def listen(settings: "ServiceSettings", target: str = TARGET) -> None:
    """Serve the application that `target` names, until SIGTERM or Ctrl-C.

    Raises Failure where a worker ends by itself.
    """
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    json = as_json()

    class Announced(Server):  # type: ignore[misc,valid-type]  # one of two, by kind of interpreter
        """The server, that says where it listens."""

        def startup(self, *args: Any) -> None:
            """Start the workers and, behind that, a thread: no thread is there at a fork."""
            super().startup(*args)
            told = (settings, self.main_loop_interrupt, json)
            threading.Thread(target=_announce, args=told).start()

    server = Announced(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        workers_kill_timeout=KILL_AFTER,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": _LOG_HANDLERS},
    )
    try:
        server.serve()
    except SystemExit as ended:
        # Ctrl-C reaches the workers as well; that they end by themselves is then no failure.
        if not server.interrupt_signal:
            message = "a worker could not serve; its log says why"
            error = {"code": "unavailable", "message": message}
            raise Failure(message, Exit.UNAVAILABLE, error) from ended


def _announce(settings: "ServiceSettings", ended: threading.Event, json: bool) -> None:
    """Say where it listens, once it does; say nothing if it ends before."""
    # Nothing binds here: an address for every interface is asked for at the loopback.
    there = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  # told apart, not bound to
    while not ended.wait(0.02):
        with suppress(OSError), socket.create_connection((there, settings.port), timeout=5):
            break
    else:
        return
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    if json:
        store = _without_password(settings.store)
        # On one line: who starts a server reads its first one.
        shown = {"url": url, "store": store, "account": settings.account}
        click.echo(msgspec.json.encode(shown).decode())
    else:
        click.echo(f"placet listens at {url} (Ctrl-C ends it)")


_LOG_HANDLERS = {
    name: {"formatter": formatter, "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    for name, formatter in (("console", "generic"), ("access", "access"))
}


def _without_password(url: str) -> str:
    """A store URL as it may be shown.

    >>> _without_password("postgresql://placet:secret@db/placet")
    'postgresql://placet:***@db/placet'
    """
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    if not at or ":" not in user:
        return url
    return f"{scheme}{separator}{user.partition(':')[0]}:***@{place}"
