"""What somebody reads who has never seen the command."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import Result

from placet._version import __version__

COMMANDS = (
    *("demo", "serve", "validate", "test", "diff", "apply", "check", "explain"),
    *("approvals", "gate", "keys", "audit", "store"),
)
FAMILIES = (
    *(("approvals", name) for name in ("list", "request", "review", "explain")),
    *(("approvals", name) for name in ("inbox", "requests", "reviewers", "simulate", "metrics")),
    ("keys", "create"),
    *(("audit", name) for name in ("verify", "checkpoint", "export")),
    *(("store", name) for name in ("copy", "verify", "stats", "backup")),
)

Run = Callable[..., Result]


def test_the_help_shows_first_what_somebody_new_can_try(run: Run) -> None:
    said = run("--help").stdout
    assert said.index("placet demo") < said.index("Commands:")


def test_the_help_lists_every_command_in_the_order_of_its_use(run: Run) -> None:
    listed = run("--help").stdout.partition("Commands:\n")[2].splitlines()[: len(COMMANDS)]
    assert [line.split()[0] for line in listed] == [*COMMANDS]


def test_the_help_says_what_every_exit_code_means(run: Run) -> None:
    said = run("--help").stdout
    assert [code for code in range(6) if f"\n    {code}  " not in said] == []


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS), *FAMILIES])
def test_every_command_says_what_it_does(run: Run, command: tuple[str, ...]) -> None:
    asked = run(*command, "--help")
    assert (asked.exit_code, asked.stdout[:6]) == (0, "Usage:")


@pytest.mark.parametrize("command", [*((name,) for name in COMMANDS[:8]), *FAMILIES], ids=" ".join)
def test_every_command_takes_json(run: Run, command: tuple[str, ...]) -> None:
    assert "--json" in run(*command, "--help").stdout


def test_no_command_takes_a_token_as_an_option(run: Run) -> None:
    assert [one for one in FAMILIES if "--token" in run(*one, "--help").stdout] == []


def test_the_version_is_that_of_the_distribution(run: Run) -> None:
    assert run("--version").stdout == f"placet {__version__}\n"


def test_the_package_can_be_run_as_a_module() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "placet_cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"placet {__version__}\n"


def test_a_command_on_a_server_loads_neither_falcon_nor_rich() -> None:
    code = (
        "import sys, placet_cli.app, placet_cli.remote\n"
        "print([name for name in ('falcon', 'granian', 'rich', 'argon2') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
