"""`gate`: a step of a pipeline is one line, whose exit code says how it came out."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from placet.errors import Unavailable
from placet_cli.backend import Passing
from placet_cli.gates import _waited

Run = Callable[..., Result]

SHA = ("--digest", "sha256:0a1b")


def _json(ended: Result) -> Any:
    return msgspec.json.decode(ended.stdout)


def _requested(on_server: Run, digest: str) -> str:
    ended = on_server("olga", "gate", "request", "prod", "--digest", digest, "--json")
    assert ended.exit_code == 0, ended.stderr
    return str(_json(ended)["id"])


def test_a_gate_is_asked_for_waited_for_and_passed_once(on_server: Run) -> None:
    digest = ("--digest", "sha256:once")
    id = _requested(on_server, digest[1])
    assert on_server("dana", "approvals", "review", id, "approve").exit_code == 0
    waited = on_server("olga", "gate", "wait", "prod", *digest, "--timeout", "1m")
    assert (waited.exit_code, waited.stdout.split()[0]) == (0, "open")
    taken = on_server("olga", "gate", "take", "prod", *digest)
    assert (taken.exit_code, taken.stdout.strip()) == (0, "passed")
    assert on_server("olga", "gate", "take", "prod", *digest).exit_code == 1


def test_a_rejection_is_1(on_server: Run) -> None:
    id = _requested(on_server, "sha256:no")
    on_server("dana", "approvals", "review", id, "reject", "--comment", "not today")
    assert on_server("olga", "gate", "wait", "prod", "--digest", "sha256:no").exit_code == 1


def test_what_still_waits_has_timed_out_with_4(on_server: Run) -> None:
    _requested(on_server, "sha256:slow")
    ended = on_server("olga", "gate", "wait", "prod", "--digest", "sha256:slow", "--timeout", "1s")
    assert (ended.exit_code, ended.stdout.split()[0]) == (4, "waiting")


def test_a_gate_that_is_not_there_is_3(on_server: Run) -> None:
    assert on_server("olga", "gate", "wait", "gone", *SHA, "--timeout", "1s").exit_code == 3


@pytest.mark.parametrize(
    "words", [("wait", "prod"), ("wait", "prod", *SHA, "--timeout", "soon"), ("take", "prod"),
              ("status", "prod", "--label", "x")],
)  # fmt: skip
def test_a_wrong_command_line_is_2(on_server: Run, words: tuple[str, ...]) -> None:
    assert on_server("olga", "gate", *words).exit_code == 2


def test_a_server_that_is_not_there_is_5(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_TOKEN", "pat.acme.id.secret")
    ended = run("gate", "wait", "prod", *SHA, "--timeout", "1s", "--server", "http://127.0.0.1:9")
    assert ended.exit_code == 5


def test_somebody_without_the_right_is_told_so(on_server: Run) -> None:
    assert on_server("sam", "gate", "wait", "prod", *SHA, "--timeout", "1s").exit_code == 1


def test_a_wait_on_a_store_sees_what_another_process_decides(
    on_store: Run, store: str, tmp_path: Path
) -> None:
    asked = on_store("gate", "request", "prod", *SHA, "--as", "user:olga", "--json")
    words = ("gate", "wait", "prod", *SHA, "--timeout", "1m", "--store", store, "--account", "acme")
    with subprocess.Popen(  # the command itself
        [sys.executable, "-m", "placet_cli", *words],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    ) as waiting:
        on_store("approvals", "review", _json(asked)["id"], "approve", "--as", "user:dana")
        said, _ = waiting.communicate()
    assert (waiting.returncode, said.split()[0]) == (0, "open")


class _Restarting:
    """A server that is gone for a while."""

    def __init__(self, gone_s: float) -> None:
        self.now = 0.0
        self.gone_s = gone_s

    def monotonic(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def gate_status(self, passing: Passing, wait_s: float) -> dict[str, Any]:
        if self.now < self.gone_s:
            raise Unavailable("nothing listens")
        self.now += min(wait_s, 20)
        return {"status": "open" if self.now > self.gone_s + 60 else "waiting"}


def _wait(server: _Restarting, timeout: float) -> str:
    said = _waited(
        server,  # type: ignore[arg-type]  # one method of a backend
        Passing(id="prod", digest="sha256:0a1b"),
        timeout,
        monotonic=server.monotonic,
        pause=server.pause,
    )
    return str(said["status"])


def test_a_server_that_is_restarted_ends_no_wait() -> None:
    assert _wait(_Restarting(gone_s=20), 600) == "open"


def test_one_that_stays_away_does() -> None:
    with pytest.raises(Unavailable):
        _wait(_Restarting(gone_s=1000), 600)


def test_a_wait_ends_when_its_time_is_over() -> None:
    server = _Restarting(gone_s=0)
    assert _wait(server, 30) == "waiting"
    assert server.now == 30
