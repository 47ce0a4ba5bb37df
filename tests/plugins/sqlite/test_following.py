"""An engine sees what other processes commit, without being asked to look."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from placet import SYSTEM, Assignment, Placet
from placet.storage.port import Waitable

PATIENCE_S = 30.0

GIVING = """
import sys
from placet import SYSTEM, Assignment, Placet

with Placet.open(sys.argv[1]) as placet:
    placet.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"), actor=SYSTEM)
"""

# The parent has an engine in use, and forks; the child says when it sees what the parent commits.
FORKING = """
import os, sys, time
from placet import SYSTEM, Assignment, Placet

placet = Placet.open(sys.argv[1])
assert not placet.check("user:dana", "invoice.read", "invoice:7")
told, tell = os.pipe()
child = os.fork()
if child == 0:
    os.write(tell, b"x")
    end = time.monotonic() + 30
    while not placet.check("user:dana", "invoice.read", "invoice:7"):
        placet.store.wait(0.01)
        if time.monotonic() > end:
            os._exit(1)
    placet.close()
    os._exit(0)
os.read(told, 1)
placet.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"), actor=SYSTEM)
_, status = os.waitpid(child, 0)
placet.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


def _may(placet: Placet) -> bool:
    return placet.check("user:dana", "invoice.read", "invoice:7")


def _give(placet: Placet) -> None:
    placet.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"), actor=SYSTEM)


def _becomes_true(condition: Callable[[], bool], placet: Placet) -> bool:
    """Whether the condition holds sooner or later; the store's own wait is the pace."""
    assert isinstance(placet.store, Waitable)
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return True
        placet.store.wait(0.01)
    return False


def test_another_engine_on_the_file_is_followed(placet: Placet, database: Path) -> None:
    with Placet.open(f"sqlite:///{database}") as other:
        assert not _may(other)
        _give(placet)
        assert _becomes_true(lambda: _may(other), other)


def test_another_process_is_followed(placet: Placet, database: Path) -> None:
    assert not _may(placet)
    subprocess.run([sys.executable, "-c", GIVING, f"sqlite:///{database}"], check=True)
    assert _becomes_true(lambda: _may(placet), placet)


def test_an_engine_that_does_not_follow_sees_the_latest_when_asked(
    placet: Placet, database: Path
) -> None:
    with Placet.open(f"sqlite:///{database}", follow=False) as other:
        assert not _may(other)
        _give(placet)
        assert not _may(other)
        assert other.check("user:dana", "invoice.read", "invoice:7", consistency="latest")


def test_no_thread_starts_before_the_first_use(database: Path) -> None:
    before = threading.active_count()
    with Placet.open(f"sqlite:///{database}"):
        assert threading.active_count() == before


def test_the_thread_ends_with_the_engine(placet: Placet) -> None:
    (thread,) = [one for one in threading.enumerate() if one.name == "placet-follower"]
    placet.close()
    assert not thread.is_alive()


def test_a_store_for_one_process_is_not_followed() -> None:
    with Placet.open("memory://") as placet:
        placet.audit.verify(actor=SYSTEM)
        assert "placet-follower" not in [one.name for one in threading.enumerate()]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_child_follows_by_itself(placet: Placet, database: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING, f"sqlite:///{database}"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
