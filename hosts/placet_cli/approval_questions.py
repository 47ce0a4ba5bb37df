"""`approvals`: what waits for whom, who could say yes, what would be, how it went."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from placet.bundle.durations import seconds_of
from placet.errors import Invalid
from placet.model import ApprovalStatus, Verdict
from placet_cli.approvals import result_node, show_page, status_cell
from placet_cli.backend import Backend, Json, Of, Supposing, Time
from placet_cli.output import Cell, Line, Node, Table, show
from placet_cli.target import on_a_target

__all__ = ["COMMANDS", "moment", "supposed"]

_WHY_NOT = {
    "excluded": "stands behind the request",
    "reviewed": "has said something",
    "reviewed_earlier": "reviewed an earlier stage",
}


def moment(text: str) -> datetime:
    """A moment as somebody writes it: RFC 3339, in UTC where it names no zone, or how long ago.

    >>> moment("2026-01-01").isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    try:
        return datetime.now(UTC) - timedelta(seconds=seconds_of(text))
    except Invalid:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no moment; write 7d for seven days ago, or 2026-01-31T12:00Z"
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def supposed(text: str) -> Json:
    """A review as somebody writes it: who, and a verdict where it is not a yes.

    >>> supposed("user:finn=reject")
    {'reviewer': 'user:finn', 'verdict': 'reject'}
    """
    reviewer, _, verdict = text.partition("=")
    if (verdict or "approve") not in get_args(Verdict):
        raise click.BadParameter(f"{verdict!r} is no verdict; write WHO=reject, or WHO=abstain")
    return {"reviewer": reviewer, "verdict": verdict or "approve"}


@click.command(short_help="List what waits for somebody.")
@click.argument("who", required=False)
@click.option("--scope", help="Only what is of this scope; else of every scope.")
@click.option("--permission", help="Only what is about this permission.")
@click.option(
    "--order",
    type=click.Choice(["oldest", "newest", "deadline"]),
    default="oldest",
    show_default=True,
    help="What comes first.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on where an earlier list ended.")
@on_a_target()
def inbox(
    backend: Backend,
    who: str | None,
    scope: str | None,
    permission: str | None,
    order: str,
    limit: int,
    after: str | None,
) -> None:
    """List what waits for WHO, or for who acts: what they may review now, and have not.

    \b
      placet approvals inbox user:dana --store sqlite:///approvals.db
    """
    of = Of(
        principal=who, scope=scope, permission=permission, order=order, limit=limit, after=after
    )
    show_page(backend.inbox(of), "nothing waits")


@click.command(short_help="List what somebody asked for.")
@click.argument("who", required=False)
@click.option("--status", type=click.Choice(get_args(ApprovalStatus)), help="Only those.")
@click.option("--scope", help="Only those of this scope; else of every scope.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on where an earlier list ended.")
@on_a_target()
def requests(
    backend: Backend,
    who: str | None,
    status: str | None,
    scope: str | None,
    limit: int,
    after: str | None,
) -> None:
    """List what WHO, or who acts, has asked for, or others for them, newest first."""
    of = Of(principal=who, status=status, scope=scope, limit=limit, after=after)
    show_page(backend.requests(of), "no requests")


@click.command(short_help="Say who could say yes now.")
@click.argument("id")
@on_a_target()
def reviewers(backend: Backend, id: str) -> None:
    """Say who could say yes to the approval ID now, by name where you may know them."""
    found = backend.reviewers(id)
    nodes = [_leaf(leaf) for leaf in found["leaves"]]
    show(found, nodes or [Line((status_cell(found), Cell(": it waits for nobody")))])


@click.command(short_help="Say how an approval would stand.")
@click.argument("id")
@click.option("--add", type=supposed, metavar="WHO[=VERDICT]", multiple=True,
              help="A review that might come: a yes, =reject or =abstain. Repeatable.")  # fmt: skip
@click.option("--remove", metavar="WHO", multiple=True,
              help="Whose review is left out of account. Repeatable.")  # fmt: skip
@click.option("--at", type=moment, metavar="TIME", help="At another moment.")
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Under another policy: a file, the JSON of the native API.")  # fmt: skip
@on_a_target()
def simulate(
    backend: Backend,
    id: str,
    add: tuple[Json, ...],
    remove: tuple[str, ...],
    at: datetime | None,
    policy: Path | None,
) -> None:
    """Say how the approval ID would stand with other reviews, at another time, under another
    policy. Nothing is changed.

    \b
      placet approvals simulate ID --add user:dana --add user:finn=reject
    """
    supposing = Supposing(
        add=add,
        remove=remove,
        at=None if at is None else at.isoformat(),
        policy=None if policy is None else _json_of(policy),
    )
    would = backend.simulate(id, supposing)
    refused = [
        Node(Line.of(f"{who} would be refused: {why}")) for who, why in would["refused"].items()
    ]
    root = Node(
        Line((status_cell(would), Cell(f": {would['why']}"))), (result_node(would["tree"]),)
    )
    show(would, [root, *refused])


@click.command(short_help="Say how approvals went.")
@click.option("--since", type=moment, default="30d", show_default=True, metavar="TIME",
              help="Of those asked for since then.")  # fmt: skip
@click.option("--until", type=moment, metavar="TIME", help="And before then; else until now.")
@click.option("--scope", help="Only those in this scope and below.")
@click.option("--permission", help="Only those about this permission.")
@on_a_target()
def metrics(
    backend: Backend,
    since: datetime,
    until: datetime | None,
    scope: str | None,
    permission: str | None,
) -> None:
    """Say how approvals went: how many ended how, and within how long half of them, and 95 of
    100, were reviewed and decided.

    TIME is a moment, or how long ago: 7d.
    """
    time = Time(
        since=since.isoformat(),
        until=None if until is None else until.isoformat(),
        scope=scope,
        permission=permission,
    )
    found = backend.metrics(time)
    outcomes = [
        (status_cell({"status": status}), Cell(str(count)))
        for status, count in found["outcomes"].items()
    ]
    times = [
        _times(name, spread)
        for name, spread in (
            ("first review", found["first_review"]),
            ("decision", found["decision"]),
            *found["stages"].items(),
        )
    ]
    shares = [
        Line.of(f"{found[key]:.1%} {what}")
        for key, what in (
            ("expired_share", "of those that have ended had expired"),
            ("override_share", "of those decided were overridden"),
        )
        if found[key] is not None
    ]
    cut = [] if found["whole"] else [Line.of("there were more; these are the latest")]
    show(
        found,
        [
            Table(("STATUS", "COUNT"), outcomes, "no approvals"),
            Table(("SECONDS TO", "COUNT", "P50", "P95"), times, ""),
            *shares,
            *cut,
        ],
    )


def _leaf(leaf: Json) -> Node:
    """What a part of a requirement waits for, and who could give it."""
    more = ", and others" if leaf["unlisted"] else ""
    name = f"{leaf['name']}: " if leaf["name"] else ""
    sources = " or ".join(leaf["sources"])
    line = Line.of(
        f"{name}has {leaf['have']} of {leaf['needed']} from {sources}; {leaf['could']}{more} could"
    )
    return Node(line, tuple(map(_reviewer, leaf["reviewers"])))


def _reviewer(one: Json) -> Node:
    seat = f" for {one['seat_of']}" if one.get("seat_of") else ""
    why_not = one.get("why_not")
    why = f": cannot, {_WHY_NOT.get(why_not, why_not)}" if why_not else ""
    return Node(Line.of(f"{one['principal']}{seat}{why}", "dim" if why else ""))


def _times(name: str, spread: Json) -> tuple[Cell, ...]:
    figures = ("-" if spread[key] is None else f"{spread[key]:.0f}" for key in ("p50", "p95"))
    return (Cell(name), Cell(str(spread["count"])), *map(Cell, figures))


def _json_of(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise click.BadParameter(f"{path} is not JSON: {error}") from None


COMMANDS = (inbox, requests, reviewers, simulate, metrics)
