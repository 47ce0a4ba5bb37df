"""The steps of docs/pipelines.md are run as a pipeline runs them, against a real service."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from markdown_blocks import Block, blocks_in, environment, write_files

from placet import SYSTEM, InvalidState
from placet.testing import ManualClock, engine
from placet_cli.exits import Exit

FLOWS = ("deploy.yml", "pipeline.yml", "template.yml", "with_curl.sh")
_PORT = "8323"
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_RUN = re.compile(r"^ +run: (.*)$", re.MULTILINE)
_SCRIPT = re.compile(r"^  script:\n((?:    - .*\n)+)", re.MULTILINE)
_ARGUMENTS = re.compile(r"^ +command: \[(.*)\]\n +args: \[(.*)\]$", re.MULTILINE)


class Pipeline(NamedTuple):
    """What a runner has: a folder, its variables, and the service that dana reviews at."""

    folder: Path
    variables: Mapping[str, str]
    dana: str

    def run(self, steps: Sequence[str], verdict: str | None = "approve") -> list[int]:
        """The exit codes of the steps, up to the first that is not 0. As soon as one of them names
        an approval, dana decides about it, while they go on.
        """
        codes: list[int] = []
        deciding: subprocess.Popen[bytes] | None = None
        for step in steps:
            with self._started(step, self.variables) as running:
                assert running.stdout is not None
                said = b""
                while part := os.read(running.stdout.fileno(), 4096):
                    said += part
                    asked = _ID.search(said)
                    if asked and verdict and deciding is None:
                        deciding = self._review(asked[0].decode(), verdict)
            codes.append(running.returncode)
            if running.returncode:
                break
        if deciding is not None:
            assert deciding.wait() == 0
        return codes

    @property
    def deployed(self) -> int:
        """How often something was deployed."""
        log = self.folder / "deployed"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def _review(self, id: str, verdict: str) -> "subprocess.Popen[bytes]":
        command = f"bash -e review.sh {id}"
        if verdict != "approve":
            command = f"placet approvals review {id} {verdict} --comment 'not today'"
        return self._started(command, {**self.variables, "PLACET_TOKEN": self.dana}, quiet=True)

    def _started(
        self, command: str, variables: Mapping[str, str], *, quiet: bool = False
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            ["bash", "-e", "-c", command],
            cwd=self.folder,
            env={**environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
        )


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    return (checkout / "docs" / "pipelines.md").read_text("utf-8")


@pytest.fixture(scope="module")
def blocks(page: str) -> list[Block]:
    return blocks_in(page)


@pytest.fixture(scope="module")
def served(blocks: list[Block], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A service that is set up and started as the page says, on a port that is free."""
    if not (shutil.which("curl") and shutil.which("bash")):
        pytest.skip("there is no curl, or no bash, on this machine")
    folder = tmp_path_factory.mktemp("service")
    write_files(blocks, folder)
    script = folder / "serve.sh"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    script.write_text(script.read_text().replace(_PORT, port))
    with open(folder / "service.log", "wb") as log:
        serving = subprocess.Popen(
            ["bash", "-e", "serve.sh"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    ready = ("curl", "-fsS", "--retry", "60", "--retry-connrefused", "--retry-delay", "1")
    try:
        subprocess.run([*ready, f"{url}/readyz"], check=True, capture_output=True)
        token = (folder / "pipeline.token").read_text().strip()
        variables = {"PLACET_SERVER": url, "PLACET_TOKEN": token}
        yield Pipeline(folder, variables, (folder / "dana.token").read_text().strip())
    finally:
        serving.terminate()
        serving.wait(30)


@pytest.fixture
def pipeline(
    served: Pipeline, blocks: list[Block], tmp_path: Path, request: pytest.FixtureRequest
) -> Pipeline:
    """A runner with a digest of its own, and something to deploy."""
    write_files(blocks, tmp_path)
    deploy = tmp_path / "deploy.sh"
    deploy.write_text("#!/bin/sh\necho once more >> deployed\n")
    deploy.chmod(0o755)
    digest = f"sha1:{hashlib.sha1(request.node.name.encode()).hexdigest()}"
    own = {"DIGEST": digest, "GITHUB_SHA": "3f0a9c1e", "GITHUB_REF_NAME": "main",
           "CI_COMMIT_TITLE": "Round refunds"}  # fmt: skip
    return Pipeline(tmp_path, {**served.variables, **own}, served.dana)


def steps_of(blocks: Sequence[Block], name: str) -> list[str]:
    """The commands of a flow, in the order in which it runs them."""
    (text,) = [block.text for block in blocks if block.file == name]
    if name.endswith(".sh"):
        return [f"bash -e {name}"]
    lines = _RUN.findall(text)
    for script in _SCRIPT.findall(text):
        lines += [line.removeprefix("    - ") for line in script.splitlines()]
    for command, arguments in _ARGUMENTS.findall(text):
        words = [word.strip() for word in (f"{command}, {arguments}").split(",")]
        lines.append(" ".join(words).replace("{{workflow.parameters.digest}}", "$DIGEST"))
    assert len(lines) == 4, "request, wait, take, deploy"
    return lines


def test_every_block_is_a_file_that_is_used_here(blocks: list[Block]) -> None:
    used = {"gates.toml", "hours.toml", "serve.sh", "review.sh", "briefly.sh", *FLOWS}
    assert {block.file for block in blocks} == used


@pytest.mark.parametrize("flow", FLOWS)
def test_it_deploys_once_somebody_has_said_yes(
    pipeline: Pipeline, blocks: list[Block], flow: str
) -> None:
    codes = pipeline.run(steps_of(blocks, flow))
    assert (set(codes), pipeline.deployed) == ({0}, 1)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_no_ends_it_before_anything_is_deployed(
    pipeline: Pipeline, blocks: list[Block], flow: str
) -> None:
    codes = pipeline.run(steps_of(blocks, flow), "reject")
    assert (codes[-1], pipeline.deployed) == (Exit.NO, 0)


def test_started_again_after_the_yes_it_goes_straight_through(
    pipeline: Pipeline, blocks: list[Block]
) -> None:
    request, wait, *rest = steps_of(blocks, "deploy.yml")
    assert pipeline.run([request, wait]) == [0, 0]
    assert pipeline.run([request, wait, *rest], None) == [0, 0, 0, 0]


def test_the_job_that_deploys_passes_once(pipeline: Pipeline, blocks: list[Block]) -> None:
    steps = steps_of(blocks, "pipeline.yml")
    pipeline.run(steps)
    assert pipeline.run(steps[2:], None) == [Exit.NO]
    assert pipeline.deployed == 1


def test_a_short_wait_that_ends_with_nothing_said_is_no_failure(pipeline: Pipeline) -> None:
    assert pipeline.run(["bash -e briefly.sh"], None) == [0]


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (Exit.USAGE, "placet gate wait production"),
        (Exit.GONE, "placet gate wait staging --digest $DIGEST"),
        (Exit.TIMED_OUT, "placet gate wait production --digest $DIGEST --timeout 1s"),
        (Exit.UNAVAILABLE, "PLACET_SERVER=http://127.0.0.1:9 placet gate wait production "
                           "--digest $DIGEST --timeout 1s"),
    ],
)  # fmt: skip
def test_a_wait_ends_with_what_the_table_says(pipeline: Pipeline, code: Exit, command: str) -> None:
    assert pipeline.run([command], None) == [code]


def test_the_table_has_every_exit_code(page: str) -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", page, re.MULTILINE)]
    assert codes == list(Exit)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-25T10:00Z", "open"),
        ("2026-11-25T16:00Z", "blocked"),  # five in Berlin
        ("2026-11-27T10:00Z", "blocked"),  # a Friday
        ("2026-12-21T10:00Z", "blocked"),  # year-end closing
        ("2027-01-04T10:00Z", "open"),
    ],
)
def test_hours_say_when_what_was_approved_may_pass(
    blocks: list[Block], tmp_path: Path, moment: str, status: str
) -> None:
    write_files(blocks, tmp_path)
    program = "service_account:pipeline"
    with engine(tmp_path / "gates.toml", now="2026-11-25T02:00Z") as placet:
        placet.apply(tmp_path / "hours.toml", actor=SYSTEM)
        asked = placet.gates.request("payroll", "sha1:a", actor=program)
        placet.approve(asked, by="user:dana")
        placet.clock.advance(ManualClock(moment).now() - placet.clock.now())
        assert placet.gates.status("payroll", "sha1:a", actor=program).status == status
        if status == "blocked":
            with pytest.raises(InvalidState):
                placet.gates.take("payroll", "sha1:a", actor=program)
