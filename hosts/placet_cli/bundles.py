"""`validate`, `test`, `diff` and `apply`: policy as code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click
import msgspec

from placet.errors import Invalid
from placet_cli.backend import Backend, BundleText, Json
from placet_cli.exits import DRIFT, Exit, Failure, failure_of
from placet_cli.output import Cell, Line, Node, Part, show
from placet_cli.target import Target, with_target

__all__ = ["COMMANDS"]

_SIGNS = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "remove": ("-", "red"),
    "keep": ("=", "dim"),
}
_SIGNS_OF_ACCESS = {"gains": ("+", "green"), "losses": ("-", "red")}
_MOST = 50
"""So many gains, and so many losses, are shown as text."""
_FILE = click.argument("file", type=click.Path(path_type=Path))
_PRUNE = click.option(
    "--prune", is_flag=True, help="Also what the bundle created earlier and does not name any more."
)


@click.command(short_help="Say everything that is wrong with a bundle.")
@_FILE
@with_target
def validate(target: Target, file: Path) -> None:
    """Say everything that is wrong with the bundle FILE, each mistake with its place.

    Without --store or --server it is looked at for an empty account; with one, also whether
    everything that it names is there. Exits with 1 if anything is wrong.
    """
    with _refusing():
        bundle = _read(file)
        with _opened(target, bundle) as backend:
            found = backend.validate(bundle)
    problems = found["problems"]
    if not problems:
        show(found, [Line((Cell("valid", "bold green"), Cell(f": {file}")))])
        return
    parts = [Node(Line.of(f"{one['path']}: {one['message']}")) for one in problems]
    count = f"{len(problems)} mistake{'' if len(problems) == 1 else 's'} in {file}"
    show(found, [Node(Line.of(count, "bold red"), tuple(parts))])
    click.get_current_context().exit(Exit.NO)


@click.command(short_help="Run the tests of a bundle.")
@_FILE
@with_target
def test(target: Target, file: Path) -> None:
    """Run the [[tests]] of the bundle FILE.

    The bundle is applied to an empty account in memory, and the tests are asked there: nothing
    outside is changed. Exits with 1 if any test fails.
    """
    with _refusing():
        bundle = _read(file)
        with _opened(target, bundle) as backend:
            found = backend.test(bundle)
    results = found["results"]
    failed = [one for one in results if not one["passed"]]
    show(found, [*map(_result, results), _count(len(results), len(failed))])
    click.get_current_context().exit(Exit.NO if failed else Exit.YES)


@click.command(short_help="Show what a bundle would change, and who gains and loses by it.")
@_FILE
@_PRUNE
@with_target
def diff(target: Target, file: Path, prune: bool) -> None:
    """Show what applying the bundle FILE would change; change nothing.

    Then who gains and who loses access by it, the largest reach first.

    Exits with 2 if the account is not what the bundle says: if it has drifted.
    """
    with _refusing():
        bundle = _read(file)
        with _opened(target, bundle, needed=True) as backend:
            plan = backend.diff(bundle, prune=prune)
    show(plan, [*_plan(plan, "nothing to change"), *_access(plan)])
    click.get_current_context().exit(DRIFT if plan["steps"] else Exit.YES)


@click.command(short_help="Apply a bundle: all of it, or nothing.")
@_FILE
@_PRUNE
@with_target
def apply(target: Target, file: Path, prune: bool) -> None:
    """Apply the bundle FILE: all of it in one step, or nothing.

    Applied again, it changes nothing. It never removes what it did not create.
    """
    with _refusing():
        bundle = _read(file)
        with _opened(target, bundle, needed=True) as backend:
            plan = backend.apply(bundle, prune=prune)
    show(plan, _plan(plan, "nothing changed"))


COMMANDS = (validate, test, diff, apply)


def _read(file: Path) -> BundleText:
    """The bundle as it stands in the file. Raises Invalid for a file that cannot be one."""
    formats: dict[str, Literal["toml", "json"]] = {".toml": "toml", ".json": "json"}
    if file.suffix not in formats:
        raise Invalid(f"{str(file)!r} is no bundle; its name ends in .toml or .json")
    try:
        text = file.read_bytes()
    except OSError as error:
        raise Invalid(f"bundle {str(file)!r} cannot be read: {error.strerror}") from error
    return BundleText(name=str(file), text=text, format=formats[file.suffix])


@contextmanager
def _opened(target: Target, bundle: BundleText, *, needed: bool = False) -> Iterator[Backend]:
    """The backend for a bundle: the one that was named, or else an empty account in memory.

    Without `--account`, a store is opened for the account that the bundle is for.
    """
    if not target.named and not needed:
        directory = target.directory or "open"
        target = msgspec.structs.replace(target, store="memory://", directory=directory)
    account = None if target.server else bundle.load().account
    with target.opened(account=account) as backend:
        yield backend


@contextmanager
def _refusing() -> Iterator[None]:
    """An invalid bundle is a "no", not a wrong command line: `diff` says 2 for drift."""
    try:
        yield
    except Invalid as error:
        refused = failure_of(error)
        raise Failure(str(refused), Exit.NO, refused.error) from error


def _plan(plan: Json, nothing: str) -> Iterator[Part]:
    steps = plan["steps"]
    if not steps:
        yield Line.of(f"bundle {plan['bundle']}: {nothing}")
    else:
        count = f"{len(steps)} change{'' if len(steps) == 1 else 's'}"
        yield Node(Line.of(f"bundle {plan['bundle']}: {count}"), tuple(map(_step, steps)))
    if plan.get("leftovers"):
        heading = Line.of("not in the bundle any more; --prune removes what nobody needs", "dim")
        yield Node(heading, tuple(map(_step, plan["leftovers"])))


def _access(preview: Json) -> Iterator[Part]:
    """Who gains and who loses; where that is much, its beginning, and how much more there is."""
    if preview["steps"] and not (preview["gains"] or preview["losses"]):
        yield Line.of("nobody gains or loses access")
    for heading, key in (("who gains", "gains"), ("who loses", "losses")):
        sign, style = _SIGNS_OF_ACCESS[key]
        texts = [change["text"] for change in preview[key]]
        shown = [Node(Line((Cell(f"{sign} ", style), Cell(text)))) for text in texts[:_MOST]]
        if len(texts) > _MOST:
            shown.append(Node(Line.of(f"and {len(texts) - _MOST} more; --json names all", "dim")))
        if shown:
            yield Node(Line.of(heading, "bold"), tuple(shown))


def _step(step: Json) -> Node:
    sign, style = _SIGNS[step["action"]]
    where = f" in {step['scope']}" if step.get("scope") else ""
    told = "; ".join(
        text for text in (", ".join(step.get("fields", ())), step.get("summary")) if text
    )
    text = f"{step['kind']} {step['id']}{where}" + (f": {told}" if told else "")
    return Node(Line((Cell(f"{sign} {step['action']} ", style), Cell(text))))


def _result(one: Json) -> Line:
    if one["passed"]:
        return Line((Cell("passed", "green"), Cell(f"  {one['name']}: {one['got']}")))
    told = f"  {one['name']}: expected {one['expected']}, got {one['got']}: {one['why']}"
    return Line((Cell("FAILED", "bold red"), Cell(told)))


def _count(all: int, failed: int) -> Line:
    return Line.of(f"{all - failed} passed, {failed} failed", "bold red" if failed else "bold")
