"""The page about this surface is true: its bundle applies, its example runs, its table is whole."""

import re
from pathlib import Path

import pytest
from falcon import inspect

from placet import Placet
from placet_falcon import create_app
from placet_falcon.britive import SURFACE

PAGE = Path(__file__).parents[3] / "docs" / "britive.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_example_runs_on_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (bundle,), (example,) = blocks("toml"), blocks("python")
    (tmp_path / "profiles.toml").write_text(bundle, "utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(PAGE), "exec"), {})


def test_the_table_of_operations_is_that_of_the_routes() -> None:
    rows = re.findall(r"^\| `(\w+) (/api/\S+)` \| `(\w+\.py)`", PAGE.read_text("utf-8"), re.M)
    served = {
        (method.method, route.path)
        for route in inspect.inspect_routes(
            create_app(Placet.open("memory://"), surfaces=[SURFACE])
        )
        for method in route.methods
        if not method.internal and SURFACE.owns(route.path)
    }
    assert {(method, path) for method, path, _ in rows} == served
    assert all((Path(__file__).parent / test).is_file() for _, _, test in rows)
