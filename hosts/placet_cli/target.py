"""On what a command works: `--store` or `--server`, the account, and who acts.

A token is read from the environment alone: an option would show it in the list of processes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import click
import msgspec

from placet.errors import Invalid
from placet.model import SYSTEM, Actor
from placet.services.credentials import split_token
from placet_cli.backend import Backend

__all__ = [
    "CLIENT_VARIABLES",
    "Target",
    "json_option",
    "on_a_target",
    "secret_keys",
    "with_target",
]

P = ParamSpec("P")
R = TypeVar("R")

TOKEN = "PLACET_TOKEN"  # noqa: S105  # the name of a variable, not a token
KEYS = "PLACET_SECRET_KEYS"
CLIENT_VARIABLES = (TOKEN, "PLACET_SERVER")
"""Variables that a command reads and a service does not."""
Directory = Literal["open", "closed"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say; `account` None means the obvious one."""

    store: str | None
    server: str | None
    account: str | None
    act_as: str | None
    directory: Directory | None

    @property
    def named(self) -> bool:
        """Whether a store or a server was named at all."""
        return bool(self.store or self.server)

    @contextmanager
    def opened(self, *, acting: bool = False, account: str | None = None) -> Iterator[Backend]:
        """The backend, closed at the end; `account` is the obvious one of a store.

        Raises UsageError where not exactly one place is named, or, with `acting`, nobody acts.
        """
        if self.store and self.server:
            raise click.UsageError("--store and --server exclude each other; give one of them")
        if self.server:
            backend = self._remote(self.server)
        elif self.store:
            if acting and not self.act_as:
                raise click.UsageError("say who acts: --as user:...")
            backend = self._embedded(self.store, self.account or account or "default")
        else:
            raise click.UsageError("say where: --store URL, or --server URL")
        try:
            yield backend
        finally:
            backend.close()

    def _remote(self, server: str) -> Backend:
        from placet_cli.remote import Remote, Server

        if self.act_as:
            raise click.UsageError(f"--as is for --store; with --server the {TOKEN} says who acts")
        token = os.environ.get(TOKEN, "").strip()
        if not token:
            raise click.UsageError(f"--server needs a token in the environment variable {TOKEN}")
        try:
            home, _, _ = split_token(token)
        except Invalid as error:
            raise click.UsageError(f"{TOKEN} holds no token: {error.message}") from error
        if not token.isascii() or not token.isprintable():
            raise click.UsageError(f"{TOKEN} holds no token: it has letters that none has")
        return Remote(Server(server), self.account or home, token)

    def _embedded(self, store: str, account: str) -> Backend:
        # Only here: a command on a server needs no engine, no store and no surface.
        from placet_cli.embedded import Embedded

        actor = SYSTEM if self.act_as is None else Actor(self.act_as)
        return Embedded.open(
            store,
            account,
            actor,
            directory=self.directory or "closed",
            secret_keys=secret_keys(),
        )


def secret_keys() -> tuple[str, ...]:
    """The keys in the environment, as a service reads them; none where there are none."""
    return tuple(key.strip() for key in os.environ.get(KEYS, "").split(",") if key.strip())


def json_option(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command `--json`; what it does stands in `output.py`."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        help="Answer in one JSON document; errors too, on standard error.",
    )(command)


def with_target(command: Callable[Concatenate[Target, P], R]) -> Callable[..., R]:
    """Give a command the options that say where it works, and the `Target` as first argument."""

    @wraps(command)
    def run(
        *args: Any,
        store: str | None,
        server: str | None,
        account: str | None,
        act_as: str | None,
        directory: Directory | None,
        **kwargs: Any,
    ) -> R:
        target = Target(
            store=store, server=server, account=account, act_as=act_as, directory=directory
        )
        return command(target, *args, **kwargs)

    wrapped: Callable[..., R] = run
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def on_a_target(
    *, acting: bool = False
) -> Callable[[Callable[Concatenate[Backend, P], R]], Callable[..., R]]:
    """Give a command those options, and the backend that they mean as first argument.

    With `acting` a person has to be named: on a store, `--as` is then required.
    """

    def decorate(command: Callable[Concatenate[Backend, P], R]) -> Callable[..., R]:
        @wraps(command)
        def run(target: Target, *args: Any, **kwargs: Any) -> R:
            with target.opened(acting=acting) as backend:
                return command(backend, *args, **kwargs)

        return with_target(run)

    return decorate


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--store",
        metavar="URL",
        envvar="PLACET_STORE",
        show_envvar=True,
        help="Work on a store: sqlite:///approvals.db, for one.",
    ),
    click.option(
        "--server",
        metavar="URL",
        envvar="PLACET_SERVER",
        show_envvar=True,
        help=f"Work through a server, with the token in the variable {TOKEN}.",
    ),
    click.option(
        "--account",
        metavar="ID",
        envvar="PLACET_ACCOUNT",
        show_envvar=True,
        help="The account; else that of the token or the bundle, or 'default'.",
    ),
    click.option(
        "--as",
        "act_as",
        metavar="WHO",
        help="Who acts on a store, such as user:sam; else its administrator, who cannot ask or "
        "review.",
    ),
    click.option(
        "--directory",
        type=click.Choice(["open", "closed"]),
        envvar="PLACET_DIRECTORY",
        show_envvar=True,
        help="On a store: 'open' where the application that owns it knows its users itself; "
        "'closed' (the default) where only users in the store count.",
    ),
    json_option,
)
