"""A process that is killed at any moment of a commit loses nothing that it was told is kept.

Ten kills by default; `SOAK=1` makes it 200.
"""

import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from placet.storage.port import Head, Key, Put
from placet.storage.sealing import chain_fault, new_event
from placet_tinydb.store import TinyDBStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")

KILLS = 200 if os.environ.get("SOAK") == "1" else 10
COUNTER = Key("user", "counter")

WRITER = """
import sys
from pathlib import Path
from placet.storage.port import Key, Put
from placet.storage.sealing import new_event
from placet_tinydb.store import TinyDBStore

store = TinyDBStore(Path(sys.argv[1]))
number = store.head("acme").version
for _ in range(100_000):
    number += 1
    puts = [Put(Key("user", id), b"%d" % number, {}) for id in ("counter", f"user-{number % 50}")]
    store.commit("acme", puts, [new_event(number, b'{"n":%d}' % number)])
    print(number, flush=True)
"""


def _kill_while_writing(path: Path, chance: random.Random) -> int:
    """The last commit that the writer said was kept, before it was killed; 0 for none."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(chance.randint(1, 8))]
        # The moment is what is tried here: some fraction of a commit later, or several commits.
        select.select([], [], [], chance.uniform(0, 0.02))
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
    assert writer.returncode == -signal.SIGKILL
    # The last line may have been cut short by the kill.
    return max(int(line) for line in acknowledged if line.endswith("\n"))


def test_what_was_acknowledged_is_found_after_every_kill(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    chance = random.Random(7)
    for _ in range(KILLS):
        acknowledged = _kill_while_writing(path, chance)
        store = TinyDBStore(path)
        head = store.head("acme")
        log = store.events("acme", 0, head.seq + 1)
        (counter,) = store.get("acme", [COUNTER])
        assert counter is not None
        # The commit under way may be there or not: nobody was told.
        assert head.version in (acknowledged, acknowledged + 1)
        assert (counter.version, int(counter.body)) == (head.version, head.version)
        assert [int(event.version) for event in log] == list(range(1, head.version + 1))
        assert chain_fault(Head(), log) is None
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["main.json", "main.json.lock"]
        store.close()


def test_a_store_goes_on_after_a_kill_without_repair(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    _kill_while_writing(path, random.Random(1))
    store = TinyDBStore(path)
    version = store.head("acme").version
    committed = store.commit("acme", [Put(COUNTER, b"{}", {})], [new_event(0, b"{}")])
    assert committed.version == version + 1
    store.close()
