"""`serve`: what is wrong is said before anything listens, and a signal ends it cleanly."""

import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from click.testing import Result

from placet_cli.remote import Answer, Server
from placet_cli.serve import settings_of

KEY = "k" * 32

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]
Serving = Callable[..., tuple["subprocess.Popen[str]", str]]


def test_a_start_without_secret_keys_is_refused(run: Run, store: str) -> None:
    ended = run("serve", "--store", store)
    assert (ended.exit_code, "set PLACET_SECRET_KEYS" in ended.stderr) == (2, True)


@pytest.mark.parametrize("store", ["memory://", "tinydb:///approvals.json"])
def test_two_workers_on_a_store_for_one_process_are_refused(run: Run, store: str) -> None:
    ended = run("serve", "--store", store, "--workers", "2", PLACET_SECRET_KEYS=KEY)
    assert (ended.exit_code, "store is for one process" in ended.stderr) == (2, True)


def test_an_invalid_bundle_is_refused(run: Run, store: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('bundel = "x"\n', "utf-8")
    ended = run("serve", "--store", store, "--bundle", str(path), PLACET_SECRET_KEYS=KEY)
    assert (ended.exit_code, "did you mean 'bundle'?" in ended.stderr) == (2, True)


def test_an_unknown_setting_is_refused_with_the_nearest_one(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "placet.toml"
    path.write_text("prot = 80\n", "utf-8")
    ended = run("serve", "--config", str(path), PLACET_SECRET_KEYS=KEY)
    assert (ended.exit_code, "did you mean 'port'?" in ended.stderr) == (2, True)


@pytest.mark.parametrize("scheme", ["sqlite", "tinydb"])
def test_a_store_that_cannot_be_opened_is_unavailable(run: Run, scheme: str) -> None:
    ended = run("serve", "--store", f"{scheme}:////no/such/x", PLACET_SECRET_KEYS=KEY)
    assert ended.exit_code == 5


def test_a_port_that_is_taken_is_unavailable(run: Run, store: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("serve", "--store", store, "--port", port, PLACET_SECRET_KEYS=KEY)
    assert (ended.exit_code, f"port {port}" in ended.stderr) == (5, True)


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "placet.toml"
    path.write_text('host = "a"\nport = 1\nworkers = 1\nstore = "memory://"\n', "utf-8")
    environ = {"PLACET_SECRET_KEYS": KEY, "PLACET_PORT": "2", "PLACET_HOST": "b"}
    settings = settings_of(str(path), environ, host="c", port=None)
    assert (settings.host, settings.port, settings.store) == ("c", 2, "memory://")


def test_the_account_is_that_of_the_bundle(bundle: Path) -> None:
    assert settings_of(None, {"PLACET_SECRET_KEYS": KEY}, bundle=str(bundle)).account == "acme"


def test_variables_of_a_client_are_no_settings() -> None:
    environ = {"PLACET_SECRET_KEYS": KEY, "PLACET_TOKEN": "x", "PLACET_SERVER": "http://x"}
    assert settings_of(None, environ).account == "default"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(serving: Serving, number: signal.Signals) -> None:
    process, _ = serving(f"ended-{number.name}")
    process.send_signal(number)
    assert (process.communicate(timeout=30), process.returncode) == (("", ""), 0)


def test_it_says_where_it_listens_once_it_does(start: Start, store: str) -> None:
    env = {"PLACET_SECRET_KEYS": KEY}
    process = start("serve", "--store", store, "--port", "0", env=env)
    assert process.stdout is not None
    found = re.fullmatch(r"placet listens at (\S+) \(Ctrl-C ends it\)\n", process.stdout.readline())
    assert found is not None
    assert Server(found[1]).call("GET", "/readyz") == Answer(200, {"status": "ready"})


def test_a_request_that_never_ends_does_not_keep_it(serving: Serving) -> None:
    process, url = serving("half-open")
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as half_open:
        half_open.sendall(b"POST /placet/v1/accounts/acme/check HTTP/1.1\r\nContent-Length: 9\r\n")
        process.terminate()
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_store_is_free_again_afterwards(run: Run, serving: Serving, keyed: Path) -> None:
    process, _ = serving("freed.json", scheme="tinydb")
    process.terminate()
    process.communicate(timeout=30)
    store = f"tinydb:///{keyed.parent / 'freed.json'}"
    assert run("audit", "verify", "--store", store, "--account", "acme").exit_code == 0


def test_a_first_administrator_is_let_in_on_an_empty_store(
    run: Run, start: Start, store: str
) -> None:
    token = f"pat.default.first.{'s' * 32}"
    process = start(
        *("serve", "--store", store, "--port", "0", "--json"),
        env={"PLACET_SECRET_KEYS": KEY, "PLACET_BOOTSTRAP_TOKEN": token},
    )
    assert process.stdout is not None
    url = msgspec.json.decode(process.stdout.readline())["url"]
    ended = run("audit", "verify", "--server", url, PLACET_TOKEN=token)
    assert ended.exit_code == 0


def test_what_was_asked_is_in_the_log_when_it_ends(start: Start, store: str) -> None:
    env = {"PLACET_SECRET_KEYS": KEY, "PLACET_LOG_LEVEL": "info"}
    process = start("serve", "--store", store, "--port", "0", "--json", env=env)
    assert process.stdout is not None
    url = msgspec.json.decode(process.stdout.readline())["url"]
    Server(url).call("GET", "/livez")
    process.terminate()
    _, log = process.communicate(timeout=30)
    assert '"path":"/livez"' in log
