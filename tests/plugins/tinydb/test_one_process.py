"""One process, one handle: a second one is refused, and told what to do."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from placet.errors import Unavailable
from placet.storage.port import Key, Put
from placet_tinydb.store import TinyDBStore

HOLDER = """
import sys
from pathlib import Path
from placet_tinydb.store import TinyDBStore

store = TinyDBStore(Path(sys.argv[1]))
store.head("acme")
print("open", flush=True)
sys.stdin.read()
"""

FORKING = """
import os, sys
from pathlib import Path
from placet.errors import Unavailable
from placet.storage.port import Key, Put
from placet_tinydb.store import TinyDBStore

store = TinyDBStore(Path(sys.argv[1]))
store.commit("acme", [Put(Key("user", "sam"), b"1", {})], [])
child = os.fork()
if child == 0:
    try:
        store.commit("acme", [Put(Key("user", "sam"), b"child", {})], [])
    except Unavailable:
        os._exit(7)
    os._exit(0)
_, status = os.waitpid(child, 0)
store.commit("acme", [Put(Key("user", "sam"), b"2", {}, expect=1)], [])
store.close()
last = os.fork()
if last == 0:
    os._exit(TinyDBStore(Path(sys.argv[1])).head("acme").version)
_, after = os.waitpid(last, 0)
print(os.waitstatus_to_exitcode(status), os.waitstatus_to_exitcode(after))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.json"


@pytest.fixture
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that has the store open."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


@pytest.mark.usefixtures("holder")
def test_a_second_process_is_refused(path: Path) -> None:
    store = TinyDBStore(path)
    with pytest.raises(Unavailable) as refusal:
        store.head("acme")
    assert str(path) in refusal.value.message
    assert "SQLite" in refusal.value.message


def test_the_store_opens_once_the_other_process_is_gone(
    path: Path, holder: "subprocess.Popen[str]"
) -> None:
    store = TinyDBStore(path)
    with pytest.raises(Unavailable):
        store.head("acme")
    holder.kill()
    holder.wait()
    # The same handle: nothing has to be removed, and nothing opened anew.
    assert store.head("acme").version == 0
    store.close()


def test_a_second_handle_in_the_same_process_is_refused(path: Path) -> None:
    first, second = TinyDBStore(path), TinyDBStore(path)
    first.head("acme")
    with pytest.raises(Unavailable):
        second.head("acme")
    first.close()
    assert second.head("acme").version == 0
    second.close()


def test_another_name_of_the_file_is_refused_too(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(path)
    first, second = TinyDBStore(path), TinyDBStore(link)
    first.commit("acme", [Put(Key("user", "sam"), b"1", {})], [])
    with pytest.raises(Unavailable):
        second.head("acme")
    first.close()
    # And a commit goes to the file, not into the place of the link.
    second.commit("acme", [Put(Key("user", "sam"), b"2", {}, expect=1)], [])
    second.close()
    assert link.is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_child_is_refused_and_the_parent_goes_on(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "7 2\n"
