"""`keys`: tokens by which programs and people prove who they are."""

from datetime import timedelta

import click

from placet.bundle.durations import seconds_of
from placet.clock import SystemClock
from placet.errors import Invalid
from placet_cli.backend import Backend, NewKey
from placet_cli.output import Line, note, show
from placet_cli.target import on_a_target

__all__ = ["duration", "keys"]

_LONGEST = 100 * 366 * 86_400


def duration(text: str) -> timedelta:
    """A length of time as a bundle writes it, at most a hundred years.

    >>> duration("30d").days
    30
    """
    try:
        seconds = seconds_of(text)
    except Invalid as error:
        raise click.BadParameter(error.message) from error
    if seconds > _LONGEST:
        raise click.BadParameter(f"{text!r} is more than a hundred years")
    return timedelta(seconds=seconds)


@click.group()
def keys() -> None:
    """Tokens by which programs and people prove who they are."""


@keys.command()
@click.option("--for", "principal", required=True, metavar="WHO", help="user:sam, for one.")
@click.option("--id", "key_id", metavar="ID", help="Its id, a part of the token; else random.")
@click.option("--name", default="", help="What it is for.")
@click.option("--expires-in", type=duration, metavar="DURATION", help="12h, 30d; else never.")
@on_a_target()
def create(
    backend: Backend,
    principal: str,
    key_id: str | None,
    name: str,
    expires_in: timedelta | None,
) -> None:
    """Issue a token for WHO, and print it this once.

    Only its hash is kept: nobody can read it again.

    \b
      export PLACET_TOKEN=$(placet keys create --for user:sam --expires-in 30d --store ...)
    """
    expires_at = None if expires_in is None else SystemClock().now() + expires_in
    issued = backend.issue(
        NewKey(
            principal=principal,
            id=key_id,
            name=name,
            expires_at=None if expires_at is None else expires_at.isoformat(),
        )
    )
    show(issued, [Line.of(issued["token"])])
    until = f", until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at else ""
    note(f"a token for {principal}{until}; it is shown this once")
