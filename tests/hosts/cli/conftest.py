"""What the tests of the command stand on: a bundle, a store that holds it, and a real server."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from click.testing import CliRunner, Result

from placet_cli.app import cli

BUNDLE = """
account = "acme"
bundle = "payments"
permissions = ["invoice.read", "invoice.pay"]

[[users]]
id = "sam"
[[users]]
id = "dana"
[[users]]
id = "olga"

[[groups]]
id = "finance"
members = ["user:dana"]

[[roles]]
id = "payer"
permissions = ["invoice.*"]

[[assignments]]
to = ["user:sam"]
role = "payer"
[[assignments]]
to = ["user:olga"]
role = "_account_admin"

[[approval_policies]]
id = "payments"
applies_to = ["invoice.pay"]
reviews = ["1 from group:finance"]

[[gates]]
id = "prod"
reviews = ["1 from group:finance"]

[[tests]]
who = "user:sam"
can = "invoice.pay"
on = "invoice:7"
expect = "approval_required"
"""

KEYS = """
[[credentials]]
for = "user:sam"
kind = "token"
secret_env = "TOKEN_OF_SAM"
[[credentials]]
for = "user:dana"
kind = "token"
secret_env = "TOKEN_OF_DANA"
[[credentials]]
for = "user:olga"
kind = "token"
secret_env = "TOKEN_OF_OLGA"
"""

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(autouse=True, scope="session")
def installed() -> None:
    """Skips where placet is on the path and not installed: plugins are found by entry point."""
    if not any(point.name == "sqlite" for point in entry_points(group="placet")):
        pytest.skip("placet is not installed here, so that no sqlite:// store can be opened")


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PLACET_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def run() -> Run:
    """The command, in this process: arguments, and variables as keywords."""

    def invoke(*arguments: str | Path, **environment: str) -> Result:
        return CliRunner().invoke(cli, [str(one) for one in arguments], env=environment)

    return invoke


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The bundle, without credentials."""
    path = tmp_path / "payments.toml"
    path.write_text(BUNDLE, "utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> str:
    """The URL of a store that does not exist yet."""
    return f"sqlite:///{tmp_path / 'approvals.db'}"


@pytest.fixture
def on_store(run: Run, bundle: Path, store: str) -> Run:
    """The command on a store to which the bundle has been applied."""
    assert run("apply", bundle, "--store", store).exit_code == 0

    def invoke(*arguments: str) -> Result:
        return run(*arguments, "--store", store, "--account", "acme")

    return invoke


@pytest.fixture
def pending(on_store: Run) -> str:
    """The id of an approval that waits: sam wants to pay invoice 7."""
    asked = on_store(
        *("approvals", "request", "invoice.pay", "invoice:7", "--as", "user:sam"),
        *("--arg", "amount=900", "--justification", "due today", "--json"),
    )
    return str(msgspec.json.decode(asked.stdout)["id"])


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Start `python -m placet_cli ...` as a process of its own; ended after the module."""
    started: list[subprocess.Popen[str]] = []

    def begin(
        *arguments: str | Path, env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        clean = {name: text for name, text in os.environ.items() if not name.startswith("PLACET_")}
        process = subprocess.Popen(
            [sys.executable, "-m", "placet_cli", *(str(one) for one in arguments)],
            env={**clean, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.terminate()
        # Also closes the pipes.
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    """The tokens of sam, dana and olga, who administers."""
    return {who: f"pat.acme.{who}.{secrets.token_urlsafe(32)}" for who in ("sam", "dana", "olga")}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle with credentials, in a folder of its own."""
    path = tmp_path_factory.mktemp("keyed") / "payments.toml"
    path.write_text(BUNDLE + KEYS, "utf-8")
    return path


@pytest.fixture(scope="module")
def variables(tokens: dict[str, str]) -> dict[str, str]:
    """What a server of that bundle finds in its environment."""
    return {
        "PLACET_SECRET_KEYS": secrets.token_urlsafe(32),
        # The pipe that takes the log is not read before the end.
        "PLACET_LOG_LEVEL": "warning",
        **{f"TOKEN_OF_{who.upper()}": token for who, token in tokens.items()},
    }


@pytest.fixture(scope="module")
def serving(
    start: Start, keyed: Path, variables: dict[str, str]
) -> Callable[..., tuple["subprocess.Popen[str]", str]]:
    """Start a server on a store in that file; the process and the URL once it listens."""

    def begin(name: str, *more: str, scheme: str = "sqlite") -> tuple["subprocess.Popen[str]", str]:
        process = start(
            *("serve", "--store", f"{scheme}:///{keyed.parent / name}", "--bundle", keyed),
            *("--port", "0", "--json", *more),
            env=variables,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            pytest.fail(f"the server ended: {process.communicate()[1]}")
        url = str(msgspec.json.decode(line)["url"])
        assert ready(url)
        return process, url

    return begin


@pytest.fixture(scope="module")
def server(serving: Callable[..., tuple[Any, str]]) -> str:
    """The URL of a server, one for the module."""
    return serving("server.db")[1]


@pytest.fixture
def on_server(run: Run, server: str, tokens: dict[str, str]) -> Run:
    """The command through the server, with the token of the first argument."""

    def invoke(who: str, *arguments: str | Path) -> Result:
        return run(*arguments, "--server", server, PLACET_TOKEN=tokens[who])

    return invoke


def ready(url: str) -> bool:
    """Whether the server says that it is fit to serve."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    finally:
        connection.close()
