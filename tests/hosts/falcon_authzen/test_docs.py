"""The page about this surface is true: its script runs, and its table of operations is whole."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from authzen_client import BUNDLE
from falcon import inspect

from placet import Placet
from placet.bundle import load
from placet_falcon import create_app
from placet_falcon.authzen import SURFACE

PAGE = Path(__file__).parents[3] / "docs" / "authzen.md"


def test_the_table_of_operations_is_that_of_the_routes() -> None:
    rows = re.findall(r"^\| `(\w+) (/\S+)` \| .* \| `(\w+\.py)` \|", PAGE.read_text("utf-8"), re.M)
    served = {
        (method.method, route.path)
        for route in inspect.inspect_routes(
            create_app(Placet.open("memory://"), surfaces=[SURFACE])
        )
        for method in route.methods
        if not method.internal and SURFACE.owns(route.path)
    }
    named = {(method, path) for method, path, _ in rows}
    accounts = {("POST", f"/t/{{account}}{path}") for method, path in named if method == "POST"}
    behind = ("GET", "/.well-known/authzen-configuration/{path:path}")
    assert named | accounts | {behind} == served
    assert all((Path(__file__).parent / test).is_file() for _, _, test in rows)


def test_the_fixture_is_a_valid_bundle_with_tests_of_its_own() -> None:
    assert len(load(BUNDLE).tests) == 2


def test_the_script_answers_what_the_page_says(tmp_path: Path) -> None:
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if not shutil.which("curl") or not shutil.which("placet", path=scripts):
        pytest.skip("this machine has no curl, or placet is not installed on it")
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    shutil.copy(BUNDLE, tmp_path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLACET_")}
    done = subprocess.run(
        ["bash", "-e", "-m", "-c", script + "wait\n"],
        cwd=tmp_path,
        env={**kept, "PATH": scripts},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert '"policy_decision_point":"http://localhost:8322"' in done.stdout, done.stderr
    assert '{"decision":true}' in done.stdout
    assert '"results":[{"type":"user","id":"bob"}]' in done.stdout
