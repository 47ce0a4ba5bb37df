"""A real server for vendors' own clients: `placet serve` as a process, on a store of its own."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

ACCOUNT = "acme"


class Served(NamedTuple):
    """Where a server listens, and the token of its administrator."""

    url: str
    token: str
    account: str = ACCOUNT


@pytest.fixture(scope="module")
def variables() -> Mapping[str, str]:
    """More of the server's environment: what a module of tests says instead of this."""
    return {}


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, variables: Mapping[str, str]
) -> Iterator[Served]:
    """A server on an empty store, with user `admin`, who administers the account."""
    if not any(point.name == "sqlite" for point in entry_points(group="placet")):
        pytest.skip("placet is not installed here, so that no sqlite:// store can be opened")
    folder: Path = tmp_path_factory.mktemp("served")
    token = f"pat.{ACCOUNT}.first.{secrets.token_urlsafe(32)}"
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PLACET_")}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "placet_cli", "serve", "--port", "0", "--json"),
            *("--store", f"sqlite:///{folder / 'store.db'}", "--account", ACCOUNT),
        ],
        env={
            **clean,
            "PLACET_SECRET_KEYS": secrets.token_urlsafe(32),
            "PLACET_BOOTSTRAP_TOKEN": token,
            "PLACET_LOG_LEVEL": "error",
            **variables,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"the server ended: {process.communicate()[1]}")
    yield Served(str(msgspec.json.decode(line)["url"]), token)
    process.terminate()
    process.communicate(timeout=30)
