"""A process that is killed at any moment loses nothing that it was told is kept, nor do others.

Twelve kills by default; `SOAK=1` makes it 600. All writers are forks of one process that has done
the importing, and write to one file, with every commit synced.
"""

import os
import random
import select
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from placet.storage.port import Head, Key, Put, Store, StoredEvent
from placet.storage.sealing import chain_fault, new_event
from placet_sqlite.store import SQLiteStore

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL and fork")

KILLS = 600 if os.environ.get("SOAK") else 12
PATIENCE = 60.0
SHARED = 20
"""How many documents the writers take turns at."""

# Forks a writer for each line "PATH NAME MANNER"; at an empty line, waits for all of them to end.
NURSERY = """
import os, sys
from pathlib import Path
from placet.storage.port import Key, Put
from placet.storage.sealing import new_event
from placet_sqlite.store import SQLiteStore

def write(path, name, manner):
    store = SQLiteStore(Path(path), synchronous="full", timeout_s=60)
    mine = Key("user", "counter-" + name)
    while True:
        (doc,) = store.get("acme", [mine])
        number = int(doc.body) + 1 if doc else 1
        body = b"%s %d" % (name.encode(), number)
        shared = Key("approval", "shared-%d" % (number % SHARED))
        index = {"created": number, "deadline": number, "label": (name, "n%d" % (number % 7))}
        puts = [
            Put(mine, b"%d" % number, {}, expect=doc.version if doc else 0),
            Put(shared, body, index),
        ]
        done = store.commit("acme", puts, [new_event(number, body)])
        os.write(1, b"%s %d %d %d\\n" % (name.encode(), number, done.version, done.seq))
        if manner == "checkpoints":
            # A few commits fill the log, so that a kill also meets its being emptied.
            with store._connections.one() as connection:
                connection.execute("PRAGMA wal_autocheckpoint = 30")
        elif manner == "reopens" and number % 3 == 0:
            # Whoever closes last empties the log, and removes it.
            store.close()
            store = SQLiteStore(Path(path), synchronous="full", timeout_s=60)

children = []
for line in sys.stdin:
    if line.strip():
        child = os.fork()
        if child == 0:
            try:
                write(*line.split())
            except BaseException as error:
                os.write(1, b"failed %r\\n" % error)
            os._exit(1)
        children.append(child)
        os.write(1, b"born %d\\n" % child)
    else:
        ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        children.clear()
        os.write(1, b"ended %s\\n" % " ".join(map(str, ends)).encode())
"""


class Ack(NamedTuple):
    """What a writer was told is kept."""

    writer: str
    number: int
    version: int
    seq: int


class Nursery:
    """The process that the writers are forks of, and what it and they say."""

    def __init__(self) -> None:
        self.acks: list[Ack] = []
        self._alive: list[int] = []
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY.replace("SHARED", str(SHARED))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._rest = b""

    def start(self, path: Path, names: list[str], manner: str) -> None:
        for name in names:
            self._say(f"{path} {name} {manner}\n")
            self._alive.append(int(self._line_of("born")))

    def hear(self, count: int) -> None:
        """Wait until so many more commits were acknowledged, by anybody."""
        enough = len(self.acks) + count
        while len(self.acks) < enough:
            self._hear_line()

    def kill(self, chance: random.Random) -> None:
        """Kill one of the writers, some fraction of a commit from now, or several commits."""
        select.select([], [], [], chance.choice([0.0, chance.uniform(0, 0.03)]))
        os.kill(self._alive.pop(chance.randrange(len(self._alive))), signal.SIGKILL)

    def end(self) -> list[int]:
        """Wait until all writers are gone, and hear the last of them: how each one ended."""
        self._say("\n")
        return [int(code) for code in self._line_of("ended").split()]

    def close(self) -> None:
        for child in self._alive:
            os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())

    def _line_of(self, word: str) -> str:
        while True:
            first, rest = self._hear_line()
            if first == word:
                return rest

    def _hear_line(self) -> tuple[str, str]:
        assert self._process.stdout is not None
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
            assert ready, "nobody has said anything for a long time"
            said = os.read(self._process.stdout.fileno(), 65536)
            assert said, "the process of the writers has ended"
            self._rest += said
        line, _, self._rest = self._rest.partition(b"\n")
        first, _, rest = line.decode().partition(" ")
        if first.startswith("w"):
            self.acks.append(Ack(first, *map(int, rest.split())))
        else:
            assert first != "failed", rest
        return first, rest


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    with closing(Nursery()) as opened:
        yield opened


class Ledger:
    """What is known to be in the file: verified up to a head, and the documents as of then."""

    def __init__(self) -> None:
        self.head = Head()
        self._said: dict[int, StoredEvent] = {}
        self._counters: dict[str, int] = defaultdict(int)
        self._shared: dict[str, tuple[int, bytes]] = {}

    def check(self, store: Store, acks: list[Ack], lost_at_most: int) -> None:
        """Every acknowledged commit is found, and nothing but commits; whole, in order, sealed."""
        head = store.head("acme")
        log = store.events("acme", self.head.seq, head.seq)
        assert chain_fault(self.head, log) is None
        # One event a commit: versions and numbers run on together, without a gap.
        expected = list(range(self.head.seq + 1, head.seq + 1))
        assert [event.seq for event in log] == expected
        assert [event.version for event in log] == expected
        assert (head.version, head.hash) == (head.seq, log[-1].hash if log else self.head.hash)
        for event in log:
            self._note(event)
        for ack in acks:
            event = self._said[ack.seq]
            assert event.body == f"{ack.writer} {ack.number}".encode()
            assert ack.version == event.version
        # The commits under way when their writers were killed may be there or not.
        assert len(log) <= len(acks) + lost_at_most
        self._check_documents(store)
        self.head = head
        self._said.clear()

    def last_of(self, writer: str) -> int:
        """The number of a writer's last commit; 0 for none."""
        return self._counters[writer]

    def _note(self, event: StoredEvent) -> None:
        writer, number = event.body.decode().split()
        assert int(number) == self._counters[writer] + 1
        self._counters[writer] += 1
        self._said[event.seq] = event
        self._shared[f"shared-{int(number) % SHARED}"] = (event.version, event.body)

    def _check_documents(self, store: Store) -> None:
        names = sorted(self._counters)
        counters = store.get("acme", [Key("user", f"counter-{name}") for name in names])
        assert [doc and int(doc.body) for doc in counters] == list(map(self.last_of, names))
        ids = sorted(self._shared)
        shared = store.get("acme", [Key("approval", id) for id in ids])
        assert [doc and (doc.version, doc.body) for doc in shared] == [self._shared[i] for i in ids]


def _assert_goes_on(path: Path, ledger: Ledger, acks: list[Ack], lost_at_most: int) -> None:
    """A fresh handle finds everything, and writes, without any repair."""
    with closing(SQLiteStore(path)) as store:
        ledger.check(store, acks, lost_at_most)
        assert list(store.inspect()) == []
        number = ledger.last_of("test") + 1
        body = b"test %d" % number
        puts = [
            Put(Key("user", "counter-test"), b"%d" % number, {}),
            Put(Key("approval", f"shared-{number % SHARED}"), body, {"created": 0, "deadline": 0}),
        ]
        done = store.commit("acme", puts, [new_event(0, body)])
        assert done.version == ledger.head.version + 1


def test_what_was_acknowledged_is_found_after_every_kill(tmp_path: Path, nursery: Nursery) -> None:
    path = tmp_path / "main.db"
    chance = random.Random(7)
    ledger = Ledger()
    kills = 0
    number = 0
    while kills < KILLS:
        number += 1
        names = ["w1", "w2", "w3"] if number % 2 else ["w1"]
        nursery.acks.clear()
        nursery.start(path, names, chance.choice(["plain", "checkpoints", "reopens"]))
        for alive in range(len(names), 0, -1):
            # Whoever is left gets through: a dead writer's lock is gone with it.
            nursery.hear(chance.randint(1, 3 * alive))
            nursery.kill(chance)
            kills += 1
            if alive > 1 and chance.random() < 0.5:
                nursery.hear(1)
                with closing(SQLiteStore(path)) as store:
                    assert store.head("acme").seq >= max(ack.seq for ack in nursery.acks)
        assert nursery.end() == [-signal.SIGKILL] * len(names)
        # The test's own commit after each round is in the log, too.
        own = 0 if number == 1 else 1
        _assert_goes_on(path, ledger, nursery.acks, len(names) + own)
    assert kills >= KILLS
    with closing(SQLiteStore(path)) as store:
        whole = store.events("acme", 0, store.head("acme").seq)
        assert chain_fault(Head(), whole) is None
    leftover = [entry.name for entry in tmp_path.iterdir() if entry.name != "main.db"]
    assert leftover == []


def test_a_file_whose_maker_was_killed_opens(tmp_path: Path, nursery: Nursery) -> None:
    chance = random.Random(11)
    for number in range(max(4, KILLS // 10)):
        path = tmp_path / f"{number}.db"
        nursery.acks.clear()
        names = ["w1", "w2"] if number % 2 else ["w1"]
        nursery.start(path, names, "plain")
        for _ in names:
            nursery.kill(chance)
        assert nursery.end() == [-signal.SIGKILL] * len(names)
        _assert_goes_on(path, Ledger(), nursery.acks, len(names))
