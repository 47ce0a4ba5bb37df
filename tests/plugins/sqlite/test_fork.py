"""A fork: the child makes connections of its own, and neither side does the other harm.

Each story runs in a process of its own, for pytest has threads.
"""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork")

START = """
import os, signal, sys, threading
from contextlib import closing
from pathlib import Path
from placet.errors import Unavailable
from placet.storage.port import Head, Key, Put, Query
from placet.storage.sealing import chain_fault, new_event
from placet_sqlite import pool
from placet_sqlite.store import SQLiteStore

store = SQLiteStore(Path(sys.argv[1]))

def count_up(store=store):
    (doc,) = store.get("acme", [Key("user", "n")])
    put = Put(Key("user", "n"), b"%d" % (int(doc.body) + 1 if doc else 1), {})
    return store.commit("acme", [put], [new_event(0, put.body)]).version

def version_in_file():
    with closing(SQLiteStore(Path(sys.argv[1]))) as another:
        return another.head("acme").version

def in_child(run):
    child = os.fork()
    if child == 0:
        try:
            os._exit(run())
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(99)
    return child

def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

count_up()
"""

END = """
store.close()
"""


def _run(path: Path, story: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            START + story + END,
            str(path),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "main.db"


def test_a_child_and_its_parent_both_go_on(path: Path) -> None:
    story = """
child = in_child(lambda: count_up() * 10 + count_up())
mine = [count_up(), count_up()]
theirs = ended(child)
print(store.head("acme").version, theirs in (23, 24, 25, 34, 35, 45))
"""
    assert _run(path, story) == "5 True\n"


def test_what_a_child_commits_stays_when_the_parent_closes(path: Path) -> None:
    """With notes of the parent's locks, it would write to a log that the parent then removes."""
    story = """
go, went = os.pipe()
there, ready = os.pipe()

def run():
    count_up()
    os.write(ready, b"x")
    os.read(go, 1)
    return count_up()

child = in_child(run)
os.read(there, 1)
store.close()
os.write(went, b"x")
assert ended(child) == 3
print(version_in_file())
"""
    assert _run(path, story) == "3\n"


def test_what_a_parent_commits_stays_when_the_child_closes(path: Path) -> None:
    story = """
def run():
    count_up()
    store.close()
    return 0

assert ended(in_child(run)) == 0
count_up()
store.close()
print(version_in_file())
"""
    assert _run(path, story) == "3\n"


def test_a_child_that_is_killed_harms_nobody(path: Path) -> None:
    story = """
def run():
    with store._connections.for_writing() as connection:
        connection.execute("DELETE FROM placet_event")
        os.kill(os.getpid(), signal.SIGKILL)

assert ended(in_child(run)) == -signal.SIGKILL
count_up()
print(len(store.events("acme", 0, 10)))
"""
    assert _run(path, story) == "2\n"


def test_many_children_lose_nothing(path: Path) -> None:
    """As a server does that opens the store and then forks its workers."""
    story = """
def run():
    store.head("acme")
    for number in range(20):
        store.commit("acme", [], [new_event(0, b"{}")])
    return 0

children = [in_child(run) for _ in range(4)]
assert [ended(child) for child in children] == [0] * 4
log = store.events("acme", 0, 100)
print(len(log), chain_fault(Head(), log))
"""
    assert _run(path, story) == "81 None\n"


def test_a_fork_of_a_fork_goes_on(path: Path) -> None:
    story = """
def run():
    count_up()
    return ended(in_child(count_up))

print(ended(in_child(run)), count_up())
"""
    assert _run(path, story) == "3 4\n"


def test_a_fork_waits_for_the_threads_that_are_in_a_call(path: Path) -> None:
    """Else the child would think for ever that somebody in it is writing."""
    story = """
inside, on = threading.Event(), threading.Event()
settle = pool.Pool.settle

def write():
    with store._connections.for_writing():
        inside.set()
        on.wait(60)

def before(self):
    # The fork has begun: now, and not before, the thread goes on.
    threading.Timer(0, on.set).start()
    settle(self)

pool.Pool.settle = before
thread = threading.Thread(target=write)
thread.start()
inside.wait(60)
print(ended(in_child(count_up)))
thread.join()
"""
    assert _run(path, story) == "2\n"


def test_a_thread_that_waits_for_changes_does_not_hold_up_a_fork(path: Path) -> None:
    story = """
pool._FORK_S = 60
waiting = threading.Thread(target=lambda: store.wait(120))
waiting.start()
print(ended(in_child(count_up)))
waiting.join()
"""
    assert _run(path, story) == "2\n"


def test_a_child_is_refused_what_could_not_be_closed_before(path: Path) -> None:
    """It could lose commits; to be told so is better."""
    story = """
pool._FORK_S = 0

def run():
    for one in (store, SQLiteStore(Path(sys.argv[1]))):
        try:
            one.head("acme")
        except Unavailable as error:
            assert "was in use when this process was forked" in error.message
            continue
        return 1
    other = SQLiteStore(Path(sys.argv[1] + ".other"))
    return count_up(other)

with store._connections.one():
    child = in_child(run)
    assert ended(child) == 1, child
print(count_up())
"""
    assert _run(path, story) == "2\n"


def test_a_call_that_forks_in_its_middle_goes_on_in_the_parent(path: Path) -> None:
    story = """
pool._FORK_S = 0
children = []
store.backup(sys.argv[1] + ".copy", lambda *_: children.append(in_child(lambda: 7)))
assert {ended(child) for child in children} == {7}
print(count_up())
"""
    assert _run(path, story) == "2\n"


def test_a_closed_store_stays_closed_in_a_child(path: Path) -> None:
    story = """
store.close()

def run():
    try:
        store.head("acme")
    except Unavailable:
        return 7

print(ended(in_child(run)))
"""
    assert _run(path, story) == "7\n"


def test_a_process_started_by_subprocess_costs_no_connection(path: Path) -> None:
    story = """
import subprocess
before = list(store._connections._pool.idle)
subprocess.run([sys.executable, "-c", ""], check=True)
print(list(store._connections._pool.idle) == before != [])
"""
    assert _run(path, story) == "True\n"


def test_a_fork_that_is_interrupted_while_it_waits_leaves_the_parent_whole(path: Path) -> None:
    story = """
sys.unraisablehook = lambda _: None
settle = pool.Pool.settle

def interrupted(self):
    raise KeyboardInterrupt

pool.Pool.settle = interrupted

def run():
    try:
        store.head("acme")
    except Unavailable:
        return 7

child = in_child(run)
print(ended(child), count_up())
"""
    assert _run(path, story) == "7 2\n"
