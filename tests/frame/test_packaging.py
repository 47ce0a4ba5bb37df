"""One distribution, several import packages (design, section 1): what a user gets.

The wheel and the sdist are built by the project's own build backend, once for this file, and
installed by unpacking: that is what an installer does with a pure wheel, and it needs no network.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from configparser import ConfigParser
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

import pytest

Hook = Literal["build_wheel", "build_sdist", "build_editable"]


def build(hook: Hook, project: Path, into: Path) -> Path:
    """Call one hook of the build backend (PEP 517, PEP 660), as an installer does."""
    into.mkdir(parents=True, exist_ok=True)
    code = f"import sys, hatchling.build as backend; print(backend.{hook}(sys.argv[1]))"
    run = subprocess.run(
        [sys.executable, "-c", code, str(into)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return into / run.stdout.split()[-1]


def install(wheel: Path, into: Path) -> Path:
    """A new environment with pluggy, msgspec and `wheel` in it, and nothing else."""
    venv.create(into, symlinks=os.name != "nt")
    scheme = {"base": str(into), "platbase": str(into)}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    for name in ("pluggy", "msgspec"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, packages / name)
    with ZipFile(wheel) as archive:
        archive.extractall(packages)
    return Path(sysconfig.get_path("scripts", "venv", scheme)) / "python"


def output(python: Path, code: str, place: Path) -> str:
    """What `code` prints in that environment, run in the folder `place`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    run = subprocess.run(
        [python, "-c", code], cwd=place, env=clean, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("build_wheel", checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    return ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, unpacked."""
    into = tmp_path_factory.mktemp("sdist")
    archive = build("build_sdist", checkout, into)
    with tarfile.open(archive) as tar:
        # Said outright: Python 3.11.0 knows no filter, 3.12 warns without one. The archive is ours.
        tar.extraction_filter = lambda member, path: member
        tar.extractall(into)
    return into / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def editable(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with an editable install."""
    into = tmp_path_factory.mktemp("editable")
    return install(build("build_editable", checkout, into / "dist"), into / "venv")


@pytest.fixture(scope="module")
def without_extras(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and no extra."""
    return install(wheel, tmp_path_factory.mktemp("plain") / "venv")


def import_packages(checkout: Path) -> list[str]:
    """The import packages of the tree: the folders right under the three source roots."""
    roots = (checkout / root for root in ("core", "plugins", "hosts"))
    return sorted(path.name for root in roots for path in root.glob("placet*") if path.is_dir())


def test_the_wheel_holds_every_import_package_of_the_tree_and_nothing_else(
    checkout: Path, names: list[str]
) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert sorted(top for top in tops if not top.endswith(".dist-info")) == import_packages(
        checkout
    )


def test_every_import_package_of_the_wheel_says_that_it_is_typed(
    checkout: Path, names: list[str]
) -> None:
    assert [name for name in import_packages(checkout) if f"{name}/py.typed" not in names] == []


def test_the_wheel_holds_every_module_of_the_tree(checkout: Path, names: list[str]) -> None:
    modules = {
        path.relative_to(checkout / root).as_posix()
        for root in ("core", "plugins", "hosts")
        for path in (checkout / root).rglob("*.py")
    }
    assert modules - {*names} == set()


def test_the_wheel_holds_no_tests(names: list[str]) -> None:
    assert [name for name in names if "/test_" in name or name.startswith("tests/")] == []


def test_the_wheel_carries_the_licence(names: list[str]) -> None:
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")] != []


def test_the_entry_points_name_packages_of_the_wheel(
    checkout: Path, wheel: Path, names: list[str]
) -> None:
    path = next(name for name in names if name.endswith(".dist-info/entry_points.txt"))
    entry_points = ConfigParser()
    entry_points.read_string(ZipFile(wheel).read(path).decode())
    targets = {name for group in entry_points.values() for name in group.values()}
    packages = {target.partition(":")[0].partition(".")[0] for target in targets}
    assert packages <= {*import_packages(checkout)}


@pytest.mark.parametrize(
    ("group", "name", "target"),
    [
        ("console_scripts", "placet", "placet_cli:main"),
        ("placet", "sqlite", "placet_sqlite"),
        ("placet", "tinydb", "placet_tinydb"),
    ],
)
def test_the_wheel_has_the_entry_point(
    wheel: Path, names: list[str], group: str, name: str, target: str
) -> None:
    path = next(name for name in names if name.endswith(".dist-info/entry_points.txt"))
    entry_points = ConfigParser()
    entry_points.read_string(ZipFile(wheel).read(path).decode())
    assert entry_points[group][name] == target


@pytest.mark.parametrize("name", ["core", "plugins", "hosts", "tests", "tox.ini", "CHANGELOG.md"])
def test_the_sdist_holds_what_the_tests_stand_on(sdist: Path, name: str) -> None:
    assert (sdist / name).exists()


def test_the_sdist_builds_the_same_wheel(sdist: Path, names: list[str], tmp_path: Path) -> None:
    assert sorted(ZipFile(build("build_wheel", sdist, tmp_path)).namelist()) == sorted(names)


def test_an_editable_install_imports_placet_from_the_tree(
    editable: Path, checkout: Path, tmp_path: Path
) -> None:
    found = output(editable, "import placet; print(placet.__file__)", tmp_path)
    assert Path(found) == checkout / "core" / "placet" / "__init__.py"


@pytest.mark.parametrize("name", ["core", "plugins", "hosts", "tests"])
def test_a_top_level_folder_is_no_import_package(editable: Path, name: str, tmp_path: Path) -> None:
    code = f"from importlib.util import find_spec; print(find_spec({name!r}))"
    assert output(editable, code, tmp_path) == "None"


def test_placet_imports_where_no_extra_is_installed(without_extras: Path, tmp_path: Path) -> None:
    code = "import placet, importlib.util as u; print(placet.__name__, u.find_spec('tinydb'))"
    assert output(without_extras, code, tmp_path) == "placet None"


def test_the_installed_distribution_knows_its_version(
    without_extras: Path, checkout: Path, tmp_path: Path
) -> None:
    code = "from importlib.metadata import version; print(version('placet'))"
    version_file = (checkout / "core" / "placet" / "_version.py").read_text("utf-8")
    assert f'"{output(without_extras, code, tmp_path)}"' in version_file
