"""`gate`: let a pipeline wait for people, in one line."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import click

from placet.bundle.durations import seconds_of
from placet.errors import Invalid, Unavailable
from placet_cli.backend import Backend, Json, Passing
from placet_cli.exits import Exit
from placet_cli.output import Cell, Line, note, show
from placet_cli.target import on_a_target

__all__ = ["gate"]

F = TypeVar("F", bound=Callable[..., Any])

FORGIVEN_S = 30.0
"""For how long a server that is gone, one that is restarted say, ends no wait; in seconds."""
_STYLES = {"open": "bold green", "passed": "green", "not_required": "green", "waiting": "yellow",
           "closed": "yellow", "blocked": "yellow", "rejected": "bold red",
           "expired": "red"}  # fmt: skip
_EXITS = {
    "open": Exit.YES,
    "not_required": Exit.YES,
    "rejected": Exit.NO,
    "passed": Exit.NO,
    "expired": Exit.GONE,
}
"""What a wait ends with; whatever still waits has timed out."""


def _duration(text: str) -> float:
    """The seconds in "90s", "30m" or "2h"."""
    try:
        return float(seconds_of(text))
    except Invalid as error:
        raise click.BadParameter(error.message) from None


@click.group()
def gate() -> None:
    """Let a pipeline wait for people, in one line.

    \b
      placet gate request prod --digest sha256:0a1b --justification "release 7"
      placet gate wait    prod --digest sha256:0a1b --timeout 2h && ./deploy
      placet gate take    prod --digest sha256:0a1b
    """


def _passing(command: F) -> F:
    """Give a command the options that say what is to pass which gate."""
    for option in reversed(
        (
            click.argument("id"),
            click.option("--digest", help="Of what is to pass: an artifact, a plan, a commit."),
            click.option("--scope", help="Where the gate is: organization/project."),
            click.option(
                "--label",
                "labels",
                metavar="KEY=VALUE",
                multiple=True,
                help="Says what is to pass; without a digest, it is that of the labels. "
                "Repeatable.",
            ),
        )
    ):
        command = option(command)
    return command


def _asked(id: str, digest: str | None, scope: str | None, labels: tuple[str, ...]) -> Passing:
    pairs = [label.partition("=") for label in labels]
    for name, sign, _ in pairs:
        if not sign or not name:
            raise click.UsageError("a label is KEY=VALUE")
    if digest is None and not pairs:
        raise click.UsageError("say what is to pass the gate: --digest, or --label")
    return Passing(
        id=id, digest=digest, scope=scope, labels={name: value for name, _, value in pairs}
    )


@gate.command()
@_passing
@click.option("--justification", default="", help="Why; reviewers read it.")
@on_a_target(acting=True)
def request(
    backend: Backend,
    id: str,
    digest: str | None,
    scope: str | None,
    labels: tuple[str, ...],
    justification: str,
) -> None:
    """Ask that the gate ID open. The same again, while it waits, is the same request."""
    approval = backend.gate_request(_asked(id, digest, scope, labels), justification)
    show(approval, [Line((Cell(approval["status"], "bold"), Cell(f" {approval['id']}", "dim")))])


@gate.command()
@_passing
@on_a_target()
def status(
    backend: Backend, id: str, digest: str | None, scope: str | None, labels: tuple[str, ...]
) -> None:
    """Say how the gate ID stands. Exits with 0 whatever it says."""
    said = backend.gate_status(_asked(id, digest, scope, labels), 0)
    show(said, [_line(said)])


@gate.command()
@_passing
@click.option(
    "--timeout",
    type=_duration,
    metavar="DURATION",
    default="1h",
    show_default=True,
    help="Wait so long at the most: '90s', '30m', '2h'.",
)
@on_a_target()
def wait(
    backend: Backend,
    id: str,
    digest: str | None,
    scope: str | None,
    labels: tuple[str, ...],
    timeout: float,
) -> None:
    """Wait until the gate ID is open.

    \b
    Exits with
      0  it is open, or asks for no approval
      1  it was rejected, or somebody has passed with this already
      2  the command line cannot be right
      3  the request has expired, or there is no such gate
      4  timed out: it still waits, is blocked, or nobody has asked
      5  the store or the server cannot be used
    """
    said = _waited(backend, _asked(id, digest, scope, labels), timeout)
    show(said, [_line(said)])
    click.get_current_context().exit(_EXITS.get(said["status"], Exit.TIMED_OUT))


@gate.command()
@_passing
@on_a_target(acting=True)
def take(
    backend: Backend, id: str, digest: str | None, scope: str | None, labels: tuple[str, ...]
) -> None:
    """Pass the gate ID: once for each approval. Of two who do, one gets through."""
    taken = backend.gate_take(_asked(id, digest, scope, labels))
    passed = "passed" if taken["status"] == "consumed" else str(taken["status"])
    show(taken, [Line((Cell(passed, "bold green"),))])


def _waited(
    backend: Backend,
    passing: Passing,
    timeout: float,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Json:
    """What the gate says at the end. A server that is gone for a moment ends no wait."""
    end = monotonic() + timeout
    answered = monotonic()
    while True:
        left = max(0.0, end - monotonic())
        try:
            said = backend.gate_status(passing, left)
        except Unavailable as error:
            if monotonic() - answered > FORGIVEN_S or left == 0:
                raise
            note(f"{error.message}; trying again")
            pause(min(1.0, left))
            continue
        answered = monotonic()
        if said["status"] in _EXITS or monotonic() >= end:
            return said


def _line(said: Json) -> Line:
    status = str(said["status"])
    approval = f" {said['approval']}" if said.get("approval") else ""
    return Line((Cell(status, _STYLES.get(status, "bold")), Cell(approval, "dim")))
