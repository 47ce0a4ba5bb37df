"""The command itself: its help, its commands, and how any of them ends."""

from typing import Any

import click

from placet._version import __version__
from placet.errors import PlacetError
from placet_cli import (
    approval_questions,
    approvals,
    audit,
    bundles,
    demo,
    gates,
    keys,
    questions,
    serve,
    store,
)
from placet_cli.exits import Failure, failure_of
from placet_cli.output import json_asked, json_wanted

__all__ = ["cli"]

HELP = """May they do this, and where not, who can say yes?

placet answers both for any action in a program. A policy, kept as a file, says who may do what
and what needs approval first; people approve; every decision goes into a log that cannot be
edited unnoticed.

\b
See it in one minute:
  placet demo
Keep a policy as a file, and hold an account to it:
  placet validate policy.toml
  placet diff  policy.toml --store sqlite:///approvals.db
  placet apply policy.toml --store sqlite:///approvals.db
Ask, and approve:
  placet check user:sam invoice.pay invoice:7 --store ...
  placet approvals list --store ...
Let a pipeline wait for people:
  placet gate wait prod --digest sha256:... --timeout 2h --server ...
Serve it to other programs over HTTP:
  placet serve --store sqlite:///approvals.db --config placet.toml
Look after what it keeps:
  placet store verify sqlite:///approvals.db

Every command that reads or changes an account works on a store (--store URL) or through a
server (--server URL, with a token in the variable PLACET_TOKEN). Every command takes --json.
"""

EXITS = """\b
Exit codes, the same for every command:
  0  yes: done, allowed, valid, in step, intact
  1  no: denied, refused, not valid, a test or the audit failed
  2  usage: the command line cannot be right; for `diff`, drift
  3  gone: no such object, or it has expired
  4  timed out while waiting
  5  unavailable: the store or the server cannot be used now
"""


_ONLY_HELP: tuple[type[Exception], ...] = ()
if hasattr(click.exceptions, "NoArgsIsHelpError"):  # since click 8.2
    _ONLY_HELP = (click.exceptions.NoArgsIsHelpError,)


class Cli(click.Group):
    """A group that ends every error of placet in one sentence and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note `--json` before anything can go wrong."""
        json_wanted(ctx, args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error becomes one sentence, or one JSON document."""
        try:
            return super().invoke(ctx)
        except (PlacetError, click.UsageError) as error:
            if isinstance(error, _ONLY_HELP):
                raise
            failure = failure_of(error)
        except Failure as error:
            failure = error
        failure.show(json=json_asked(ctx))
        ctx.exit(failure.exit)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which somebody new needs them."""
        return [*self.commands]


@click.group(cls=Cli, help=HELP, epilog=EXITS, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="placet", message="%(prog)s %(version)s")
def cli() -> None:
    """The `placet` command."""


for command in approval_questions.COMMANDS:
    approvals.approvals.add_command(command)
for command in (
    demo.demo,
    serve.serve,
    *bundles.COMMANDS,
    *questions.COMMANDS,
    approvals.approvals,
    gates.gate,
    keys.keys,
    audit.audit,
    store.store,
):
    cli.add_command(command)
