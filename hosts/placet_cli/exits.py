"""Exit codes, the same for every command, and the errors that end one.

==  ==============================================================================
0   yes: done, allowed, valid, in step, or intact
1   no: denied, refused, rejected, not valid, or a test or the audit failed
2   usage: the command line cannot be right; for `diff`, the account has drifted
3   gone: there is no such object, or it has expired
4   timed out while waiting
5   unavailable: the store or the server cannot be used now
==  ==============================================================================
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import click
import msgspec

from placet.errors import ApprovalRequired, Corrupt, Invalid, NotFound, PlacetError, StoreError

__all__ = ["DRIFT", "Exit", "Failure", "failure_of"]


class Exit(IntEnum):
    """What the exit code of a command says."""

    YES = 0
    NO = 1
    USAGE = 2
    GONE = 3
    TIMED_OUT = 4
    UNAVAILABLE = 5


DRIFT = Exit.USAGE
"""`diff` shares its code with a wrong command line, as the design (section 8) has it."""


class Failure(Exception):
    """Why a command ended: one sentence for a person, and one JSON document for a program."""

    def __init__(self, message: str, exit: Exit, error: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.exit = exit
        self.error = error

    def show(self, *, json: bool) -> None:
        """Write it to standard error."""
        if json:
            click.echo(msgspec.json.encode({"error": self.error}).decode(), err=True)
        else:
            click.echo(f"placet: {self}", err=True)


def failure_of(error: PlacetError | click.UsageError) -> Failure:
    """The end of a command that raised `error`.

    >>> failure_of(NotFound("there is no approval '7'")).exit
    <Exit.GONE: 3>
    """
    if isinstance(error, click.UsageError):
        command = "placet" if error.ctx is None else error.ctx.command_path
        message = f"{error.format_message()} (`{command} --help` says more)"
        return Failure(message, Exit.USAGE, {"code": "usage", "message": message})
    document: dict[str, Any] = {"code": _code(error), "message": error.message}
    if isinstance(error, Invalid) and error.problems:
        document["problems"] = [msgspec.to_builtins(problem) for problem in error.problems]
    if isinstance(error, ApprovalRequired):
        document["approval"] = error.as_dict()
    return Failure(_sentence(error), _exit(error), document)


def _exit(error: PlacetError) -> Exit:
    if isinstance(error, Corrupt):
        return Exit.NO  # trying again is of no use: a person has to look
    if isinstance(error, StoreError):
        return Exit.UNAVAILABLE
    if isinstance(error, NotFound):
        return Exit.GONE
    return Exit.USAGE if isinstance(error, Invalid) else Exit.NO


def _code(error: PlacetError) -> str:
    """The class as the native API writes it: `AccessDenied` is "access_denied"."""
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def _sentence(error: PlacetError) -> str:
    """The message, with every mistake on a line of its own where there are several."""
    if isinstance(error, Invalid) and len(error.problems) > 1:
        summary = error.message.partition(":")[0]
        return "\n".join([f"{summary}:", *(f"  {problem}" for problem in error.problems)])
    return error.message
