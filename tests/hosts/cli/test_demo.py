"""`demo`: the product's first minute, and a test of itself."""

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from placet_cli.remote import Server
from placet_cli.story import Unexpected, play

Run = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def played(start: Start, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, list[Path]]:
    """The demo, once: its exit code, what it said, and what it left behind."""
    place = tmp_path_factory.mktemp("demo")
    process = start("demo", "--once", env={"TMPDIR": str(place)})
    said, wrong = process.communicate(timeout=60)
    return process.returncode, said + wrong, list(place.iterdir())


def test_it_comes_out_right(played: tuple[int, str, list[Path]]) -> None:
    code, said, _ = played
    assert (code, said.splitlines()[-1].endswith("every step came out right.")) == (0, True)


@pytest.mark.parametrize(
    "said",
    [
        "403 approval_required",
        "has 0 of 1 from group:finance",
        "403 access_denied: user:sam stands behind",
        "is approved",
        "200 permitted, with pass",
        "200 not allowed",
        "200 allowed",
        "approval.reviewed, approval.approved",
        "events holds",
    ],
)
def test_it_shows_the_whole_line(played: tuple[int, str, list[Path]], said: str) -> None:
    assert said in played[1]


def test_it_shows_every_call(played: tuple[int, str, list[Path]]) -> None:
    assert 'POST /permits {"permission":"invoice.pay","on":"invoice:7"' in played[1]


def test_it_is_plain_text_in_a_pipe(played: tuple[int, str, list[Path]]) -> None:
    assert "\x1b" not in played[1]


def test_it_leaves_nothing_behind(played: tuple[int, str, list[Path]]) -> None:
    assert played[2] == []


def test_it_can_answer_in_json(start: Start) -> None:
    process = start("demo", "--once", "--json")
    document = msgspec.json.decode(process.communicate(timeout=60)[0])
    assert (document["ok"], len(document["scenes"])) == (True, 8)


@pytest.fixture
def waiting(start: Start, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """A demo that has played, keeps serving, and has said what to try next."""
    process = start("demo", env={"TMPDIR": str(tmp_path)})
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line.strip())
        if line.startswith("Ctrl-C ends it"):
            break
    yield process, said
    process.terminate()


def test_it_keeps_serving_for_those_who_want_to_try(
    run: Run, waiting: tuple["subprocess.Popen[str]", list[str]]
) -> None:
    tokens = dict(line.split("=", 1) for line in waiting[1] if line.startswith(("SAM=", "DANA=")))
    url = waiting[1][-2].split()[-1]
    ended = run("approvals", "list", "--server", url, PLACET_TOKEN=tokens["DANA"])
    assert (ended.exit_code, "invoice.pay on invoice:7" in ended.stdout) == (0, True)


def test_ending_it_removes_everything(
    waiting: tuple["subprocess.Popen[str]", list[str]], tmp_path: Path
) -> None:
    process, _ = waiting
    process.terminate()
    process.communicate(timeout=30)
    assert (process.returncode, list(tmp_path.iterdir())) == (0, [])


def test_a_port_that_is_taken_is_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run("demo", "--once", "--port", port)
    assert (ended.exit_code, f"port {port}: Address already in use" in ended.stderr) == (5, True)


def test_an_answer_that_is_not_that_of_the_story_ends_it(
    server: str, tokens: dict[str, str]
) -> None:
    with pytest.raises(Unexpected, match="was answered 403, not as the story has it"):
        next(play(Server(server), tokens))
