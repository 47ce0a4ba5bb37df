"""`check` and `explain`: may they?"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

import click
import msgspec

from placet_cli.backend import Backend, Json, Question
from placet_cli.exits import Exit
from placet_cli.output import Cell, Line, Node, show
from placet_cli.target import on_a_target

__all__ = ["COMMANDS", "moment", "pair"]

R = TypeVar("R")

_WORDS = {
    "allowed": ("allowed", "bold green"),
    "approval_required": ("approval required", "bold yellow"),
    "denied": ("denied", "bold red"),
}


def pair(text: str) -> tuple[str, Any]:
    """`key=value` taken apart: a value that is JSON is taken as that, and any other as text.

    >>> pair("amount=900"), pair("to=sam")
    (('amount', 900), ('to', 'sam'))
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise click.BadParameter(f"{text!r} is no pair; write KEY=VALUE")
    try:
        return key, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return key, value


def moment(text: str) -> datetime:
    """A moment as people write it, in UTC; without a time zone it is that of this machine.

    >>> moment("2026-11-24T14:00+01:00").isoformat()
    '2026-11-24T13:00:00+00:00'
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise click.BadParameter(f"{text!r} is no moment; write 2026-11-24T14:00") from error


def outcome_line(document: Json, rest: str = "") -> Line:
    """The outcome in words and colour, and what it is about."""
    word, style = _WORDS.get(document["outcome"], (document["outcome"], "bold"))
    return Line((Cell(word, style), Cell(rest)))


def about_a_question(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command the arguments and options that make up its `question`."""

    @wraps(command)
    def run(
        *,
        who: str,
        permission: str,
        on: str | None,
        scope: str | None,
        properties: tuple[tuple[str, Any], ...],
        at: datetime | None,
        **options: Any,
    ) -> R:
        question = Question(
            principal=who,
            permission=permission,
            on=on,
            scope=scope,
            properties=dict(properties),
            at=at,
        )
        return command(question=question, **options)

    parts: list[Callable[[Any], Any]] = [
        click.argument("who"),
        click.argument("permission"),
        click.argument("on", required=False),
        click.option("--scope", help="Where: organization/project; else the resource's home."),
        click.option(
            "--property",
            "properties",
            type=pair,
            metavar="KEY=VALUE",
            multiple=True,
            help="What the request says of a resource that is not stored. Repeatable.",
        ),
        click.option(
            "--at",
            type=moment,
            metavar="TIME",
            help="Could they, then? 2026-11-24T14:00, in this machine's time zone unless it says "
            "one (14:00Z, 14:00+01:00). Asks the log, and needs the right to see it.",
        ),
    ]
    wrapped: Callable[..., R] = run
    for part in reversed(parts):
        wrapped = part(wrapped)
    return wrapped


@click.command(short_help="Say whether somebody may do something.")
@about_a_question
@on_a_target()
def check(backend: Backend, question: Question) -> None:
    """Say whether WHO may use PERMISSION, ON a resource.

    Exits with 0 if they may, now and without anybody else, and with 1 if not.

    \b
      placet check user:sam invoice.pay invoice:7 --store sqlite:///approvals.db
    """
    answer = backend.decide(question)
    reasons = [Line.of(f"  {reason['text']}") for reason in answer.get("reasons", ())]
    show(answer, [outcome_line(answer), *reasons, *_as_of(answer)])
    click.get_current_context().exit(Exit.YES if answer["outcome"] == "allowed" else Exit.NO)


@click.command(short_help="Say why they may, or may not.")
@about_a_question
@on_a_target()
def explain(backend: Backend, question: Question) -> None:
    """Say why WHO may, or may not, use PERMISSION ON a resource.

    Names the assignments and policies that decide, and those that nearly did.
    """
    answer = backend.explain(question)
    show(answer, [_tree(answer), *_as_of(answer)])


COMMANDS = (check, explain)


def _as_of(answer: Json) -> list[Line]:
    """That it was so, and when."""
    past = answer.get("as_of")
    if not past:
        return []
    told = f"as of {past['at']}, event {past['revision']} of the log; what code registers and the"
    return [Line.of(f"{told} settings of the engine count as they are now", "dim")]


def _tree(answer: Json) -> Node:
    where = f" in {answer['scope']}" if answer.get("scope") else ""
    about = f": {answer['principal']} {answer['permission']} on {answer['resource']}{where}"
    below = [Node(Line.of(reason["text"])) for reason in answer.get("reasons", ())]
    misses = tuple(Node(Line.of(reason["text"], "dim")) for reason in answer.get("near_misses", ()))
    if misses:
        below.append(Node(Line.of("near misses"), misses))
    return Node(outcome_line(answer, about), tuple(below))
