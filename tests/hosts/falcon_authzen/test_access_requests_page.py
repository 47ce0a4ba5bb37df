"""The page about the profile is true: its commands run against a server, and its table is whole."""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from authzen_client import KEY, certified
from falcon import inspect
from markdown_blocks import blocks_in, environment, write_files

from placet import SYSTEM
from placet.testing import PlacetUnderTest, engine
from placet_falcon import SURFACES, HostSettings, SurfaceCatalogues, create_app
from placet_falcon.authzen import SURFACE
from placet_falcon.authzen.problems import PROBLEMS

PAGE = (Path(__file__).parents[3] / "docs" / "authzen-access-requests.md").read_text("utf-8")
BLOCKS = blocks_in(PAGE)
SETUP, *STEPS = [block.text for block in BLOCKS if block.language == "sh"]
WRITTEN = "localhost:8323"


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each connection, as a service has it."""

    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def placet(tmp_path: Path) -> Iterator[PlacetUnderTest]:
    """The account of the page, whose clock stands still."""
    write_files(BLOCKS, tmp_path)
    bundle = tmp_path / "access.toml"
    with engine(bundle, directory="closed", plugins=[SurfaceCatalogues(SURFACES)]) as placet:
        yield placet


@pytest.fixture
def address(placet: PlacetUnderTest) -> Iterator[str]:
    """Where a real server answers for it."""
    server = make_server("127.0.0.1", 0, _nothing, _Server, _Silent)
    address = f"localhost:{server.server_port}"
    settings = HostSettings(
        public_url=f"http://{address}", secret_keys=(KEY,), authzen_access_requests=True
    )
    server.set_app(create_app(placet, settings=settings))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


def _nothing(environ: object, start_response: object) -> list[bytes]:
    raise AssertionError("the application is there before the first request")


def test_the_transcript_goes_from_a_denial_to_an_approval_that_is_over(
    placet: PlacetUnderTest, address: str, tmp_path: Path
) -> None:
    if not shutil.which("curl"):
        pytest.skip("this machine has no curl")
    callers = {"PEP": "service_account:pep", "DANA": "user:dana"}
    keys = {
        name: placet.credentials.issue(principal, actor=SYSTEM).token
        for name, principal in callers.items()
    }

    def run(step: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step.replace(WRITTEN, address)],
            cwd=tmp_path,
            env={**environment(), **keys},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    deny, request, review, again, expired = STEPS
    said = run(deny)
    assert '"decision":false' in said
    assert f'"endpoint":"http://{address}/access/v1/requests"' in said
    assert '"status":"pending"' in run(request)
    assert '"status":"approved"' in run(review)
    said = run(again)
    assert '"status":"approved"' in said
    assert '"mode":"reevaluate"' in said
    assert '"decision":true' in said
    placet.clock.advance("30m")
    said = run(expired)
    assert '"decision":false' in said
    assert '"access_request":' in said


def test_the_service_of_the_page_starts_and_denies(tmp_path: Path) -> None:
    scripts = environment()
    if not shutil.which("curl") or not shutil.which("placet", path=scripts["PATH"]):
        pytest.skip("this machine has no curl, or placet is not installed on it")
    write_files(BLOCKS, tmp_path)
    deny, request, *_ = STEPS
    done = subprocess.run(
        ["bash", "-e", "-m", "-c", f"{SETUP}\n{deny}\n{request}\nkill %1\nwait\n"],
        cwd=tmp_path,
        env=scripts,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert '"access_request":{"endpoint":"http://localhost:8323' in done.stdout, done.stderr
    assert '"task":{"id":' in done.stdout, done.stderr


def test_the_table_of_operations_is_that_of_the_routes() -> None:
    def routes(*, on: bool) -> set[tuple[str, str]]:
        settings = HostSettings(public_url="https://a.example", authzen_access_requests=on)
        app = create_app(certified(), settings=settings, surfaces=[SURFACE])
        return {
            (method.method, route.path)
            for route in inspect.inspect_routes(app)
            for method in route.methods
            if not method.internal
        }

    rows = re.findall(r"^\| `(\w+) (/\S+)` \| .* \| `(\w+\.py)` \|", PAGE, re.M)
    named = {(method, path) for method, path, _ in rows}
    accounts = {(method, f"/t/{{account}}{path}") for method, path in named}
    assert named | accounts == routes(on=True) - routes(on=False)
    assert all((Path(__file__).parent / test).is_file() for _, _, test in rows)


def test_the_table_of_problems_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE, re.M)
    assert {word: int(status) for word, status in rows} == {
        word: status for word, (status, _) in PROBLEMS.items()
    }
