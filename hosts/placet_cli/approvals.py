"""`approvals`: ask for something, see what waits, say yes or no."""

from datetime import UTC, datetime
from typing import Any, get_args

import click

from placet.model import ApprovalStatus
from placet_cli.backend import Asking, Backend, Filter, Json, Verdict
from placet_cli.output import Cell, Line, Node, Table, note, show
from placet_cli.questions import pair
from placet_cli.target import on_a_target

__all__ = ["age", "approvals", "result_node", "show_page", "status_cell"]

_STYLES = {
    "approved": "green",
    "satisfied": "green",
    "pending": "yellow",
    "rejected": "red",
    "error": "red",
    "failed": "red",
}
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


@click.group()
def approvals() -> None:
    """Ask for something, see what waits, say yes or no."""


@approvals.command("list")
@click.option("--status", type=click.Choice(get_args(ApprovalStatus)), help="Only those.")
@click.option("--scope", help="Only those of this scope; else of every scope.")
@click.option("--requester", metavar="WHO", help="Only those that WHO asked for.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", metavar="CURSOR", help="Go on where an earlier list ended.")
@on_a_target()
def list_approvals(
    backend: Backend,
    status: str | None,
    scope: str | None,
    requester: str | None,
    limit: int,
    after: str | None,
) -> None:
    """List requests, newest first, with their status as of now."""
    page = backend.approvals(
        Filter(status=status, scope=scope, requester=requester, limit=limit, after=after)
    )
    show_page(page, "no approvals")


def show_page(page: Json, empty: str) -> None:
    """Show a page of approvals, and how to go on."""
    now = datetime.now(UTC)
    rows = [
        (
            status_cell(item),
            Cell(_subject(item)),
            Cell(_what(item)),
            Cell(age(item["created_at"], now)),
            Cell(item["id"], "dim"),
        )
        for item in page["items"]
    ]
    show(page, [Table(("STATUS", "WHO", "WHAT", "AGE", "ID"), rows, empty)])
    if page.get("next"):
        note(f"there are more: --after {page['next']}")


@approvals.command()
@click.argument("permission")
@click.argument("on", required=False)
@click.option(
    "--arg",
    "arguments",
    type=pair,
    metavar="KEY=VALUE",
    multiple=True,
    help="What exactly: it binds the approval. JSON where it is that, else text. Repeatable.",
)
@click.option("--scope", help="Where: organization/project; else the resource's home.")
@click.option(
    "--property",
    "properties",
    type=pair,
    metavar="KEY=VALUE",
    multiple=True,
    help="What the request says of a resource that is not stored. Repeatable.",
)
@click.option("--justification", default="", help="Why; reviewers read it.")
@on_a_target(acting=True)
def request(
    backend: Backend,
    permission: str,
    on: str | None,
    arguments: tuple[tuple[str, Any], ...],
    scope: str | None,
    properties: tuple[tuple[str, Any], ...],
    justification: str,
) -> None:
    """Ask to be allowed PERMISSION, ON a resource.

    The same request again, while it waits or its pass is unused, is the same approval.

    \b
      placet approvals request invoice.pay invoice:7 --arg amount=900 --justification "due today"
    """
    approval = backend.request(
        Asking(
            permission=permission,
            on=on,
            args=dict(arguments),
            scope=scope,
            properties=dict(properties),
            justification=justification,
        )
    )
    show(approval, [_line(approval)])


@approvals.command()
@click.argument("id")
@click.argument("verdict", type=click.Choice(get_args(Verdict)))
@click.option("--comment", default="", help="Why; it stays in the log.")
@on_a_target(acting=True)
def review(backend: Backend, id: str, verdict: Verdict, comment: str) -> None:
    """Say approve or reject to the approval ID."""
    approval = backend.review(id, verdict, comment)
    show(approval, [_line(approval)])


@approvals.command(short_help="Say why one still waits, and who can say yes.")
@click.argument("id")
@on_a_target()
def explain(backend: Backend, id: str) -> None:
    """Say why the approval ID still waits, and who can say yes, or how it ended."""
    approval = backend.approval(id)
    explanation = backend.explanation(id)
    below = [Node(Line.of(f'"{approval["justification"]}"'))] if _why(approval) else []
    below += [Node(Line.of(f"{name} = {value}")) for name, value in _arguments(approval)]
    root = Node(_line(approval), (*below, result_node(explanation["tree"])))
    show(explanation, [root, Line.of(explanation["why"])])


def age(created_at: str, now: datetime) -> str:
    """How long ago something was, in its largest unit.

    >>> age("2026-01-01T09:00:00Z", datetime(2026, 1, 1, 11, 30, tzinfo=UTC))
    '2h'
    """
    seconds = (now - datetime.fromisoformat(created_at)).total_seconds()
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def _why(approval: Json) -> bool:
    return bool(approval.get("justification"))


def _arguments(approval: Json) -> list[tuple[str, Any]]:
    return [*approval.get("arguments", {}).items()]


def _line(approval: Json) -> Line:
    about = f": {_subject(approval)} {_what(approval)}  "
    return Line((status_cell(approval), Cell(about), Cell(approval["id"], "dim")))


def status_cell(item: Json) -> Cell:
    """The status of an approval, or of a part of its requirement, in its colour."""
    status = item["status"]
    return Cell(status, _STYLES.get(status, ""))


def _subject(approval: Json) -> str:
    return str(approval.get("on_behalf_of") or approval["requester"])


def _what(approval: Json) -> str:
    where = f" in {approval['scope']}" if approval.get("scope") else ""
    return f"{approval['permission']} on {approval['resource']}{where}"


def result_node(result: Json) -> Node:
    """One node of the result tree, the reviewers named where the caller may know them."""
    name = f"{result['name']}: " if result.get("name") else ""
    said = f" ({', '.join(result['reviewers'])})" if result.get("reviewers") else ""
    line = Line((status_cell(result), Cell(f"  {name}{result['why']}{said}")))
    return Node(line, tuple(result_node(child) for child in result.get("of", ())))
