"""Two processes on one file: one of them wins, the other is told, and nothing is lost.

Forty rounds by default; `SOAK=1` makes it 500. The processes live as long as the test: each round
starts when both say that they are ready.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from office import SYSTEM, office

from placet import Event
from placet.storage.port import Head, Key
from placet.storage.sealing import chain_fault
from placet.testing import PlacetUnderTest
from placet_sqlite.store import SQLiteStore

ROUNDS = 500 if os.environ.get("SOAK") else 40
PATIENCE = 60.0

# Reads a call, says that it is ready, starts at the next line, and says what came of it.
WORKER = """
import json, sys
from datetime import timedelta
from placet import PlacetError, SYSTEM, User
from placet.errors import Conflict
from placet.storage.port import Key, Put
from placet.storage.sealing import new_event
from placet.testing import ManualClock, PlacetUnderTest

clock = ManualClock("2026-01-01T09:00Z")
placet = PlacetUnderTest.open(sys.argv[1], clock=clock)
placet.clock = clock

def review(id, verdict, by, shown=None):
    return placet.review(id, verdict, digest=shown, actor=by).status

def expire(id):
    # By the clock of this process, which is ahead of the other.
    placet.clock.advance("8h")
    try:
        return placet.approvals.settle(id, actor=SYSTEM).status
    finally:
        placet.clock.advance(timedelta(hours=-8))

def revise(id, amount):
    return placet.approvals.revise(id, {"amount": amount}, actor="user:sam").digest

def take(grant, digest):
    return placet.grants.take(grant, digest, actor="user:sam").status

def revoke(grant):
    return placet.grants.revoke(grant, actor="user:root").status

def remove(member):
    return placet.groups.remove_members("finance", [member], actor=SYSTEM)

def create(id):
    return placet.users.create(User(id=id), actor=SYSTEM).id

def ask(resource):
    return placet.request("invoice.pay", resource, actor="user:sam").id

def count_up(times):
    written = []
    while len(written) < times:
        (doc,) = placet.store.get("acme", [Key("user", "counter")])
        number = int(doc.body) + 1 if doc else 1
        put = Put(Key("user", "counter"), b"%d" % number, {}, expect=doc.version if doc else 0)
        try:
            placet.store.commit("acme", [put], [new_event(0, put.body)])
        except Conflict:
            continue
        written.append(number)
    return written

calls = {call.__name__: call for call in (
    review, expire, revise, take, revoke, remove, create, ask, count_up
)}
for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps("ready"), flush=True)
    sys.stdin.readline()
    try:
        outcome = calls[name](*arguments)
    except PlacetError as error:
        outcome = {"error": type(error).__name__, "details": getattr(error, "details", {})}
    print(json.dumps(outcome, default=str), flush=True)
"""


class Worker:
    """A process with an engine of its own on the file."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WORKER, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    def hear(self) -> Any:
        assert self._process.stdout is not None
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
            assert ready, "a process has said nothing for a long time"
            said = os.read(self._process.stdout.fileno(), 65536)
            assert said, "a process has ended"
            line += said
        return json.loads(line)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


class Both:
    """Two workers, and the engine of the test itself, on the same file."""

    def __init__(self, placet: PlacetUnderTest, first: Worker, second: Worker) -> None:
        self.placet = placet
        self._workers = (first, second)
        self._turns = self._workers

    def at_once(self, *calls: list[object]) -> list[Any]:
        """What the calls return or raise, one in each process, started at the same moment."""
        for worker, call in zip(self._workers, calls, strict=True):
            worker.say(json.dumps(call))
        assert [worker.hear() for worker in self._workers] == ["ready", "ready"]
        # Each of them is told first every other time.
        self._turns = self._turns[::-1]
        for worker in self._turns:
            worker.say("go")
        return [worker.hear() for worker in self._workers]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("processes") / "main.db"


@pytest.fixture(scope="module")
def both(path: Path) -> Iterator[Both]:
    if sys.platform == "win32":
        pytest.skip("selects on pipes")
    url = f"sqlite:///{path}?synchronous=normal&timeout=60"
    with ExitStack() as stack:
        placet = stack.enter_context(closing(office(url)))
        workers = [stack.enter_context(closing(Worker(url))) for _ in range(2)]
        yield Both(placet, *workers)
        assert placet.audit.verify(actor=SYSTEM).ok


def _latest(placet: PlacetUnderTest) -> Sequence[Event]:
    """The last events: a round has fewer, and the log is long."""
    after = max(0, placet.store.head(placet.account).seq - 20)
    return placet.audit.list(after=after, actor=SYSTEM).items


def _events(placet: PlacetUnderTest, approval: str, *kinds: str) -> list[str]:
    return [
        event.kind
        for event in _latest(placet)
        if event.approval == approval and event.kind in kinds
    ]


def _refused(outcomes: list[Any], name: str) -> list[Any]:
    return [one for one in outcomes if isinstance(one, dict) and one["error"] == name]


def test_two_processes_that_decide_at_once_make_one_terminal_transition(both: Both) -> None:
    """T01."""
    for number in range(ROUNDS):
        asked = both.placet.request("invoice.pay", f"invoice:d{number}", actor="user:sam")
        outcomes = both.at_once(
            ["review", asked.id, "approve", "user:dana"],
            ["review", asked.id, "reject", "user:finn"],
        )
        (loser,) = _refused(outcomes, "InvalidState")
        (winner,) = [outcome for outcome in outcomes if outcome != loser]
        assert winner in ("approved", "rejected")
        assert loser["details"]["status"] == winner
        terminal = _events(both.placet, asked.id, "approval.approved", "approval.rejected")
        assert terminal == [f"approval.{winner}"]
        approval = both.placet.approvals.get(asked.id, actor=SYSTEM)
        assert approval.status == winner
        assert len(approval.reviews) == 1


def test_two_processes_that_take_the_same_pass_use_it_once(both: Both) -> None:
    for number in range(ROUNDS):
        asked = both.placet.request("invoice.pay", f"invoice:t{number}", actor="user:sam")
        done = both.placet.approve(asked, by="user:dana")
        assert done.grant is not None
        take: list[object] = ["take", done.grant, done.digest]
        outcomes = both.at_once(take, take)
        (loser,) = _refused(outcomes, "InvalidState")
        assert [outcome for outcome in outcomes if outcome != loser] == ["consumed"]
        assert _events(both.placet, asked.id, "grant.consumed") == ["grant.consumed"]
        assert both.placet.grants.get(done.grant, actor=SYSTEM).status == "consumed"


def test_a_review_and_the_deadline_in_two_processes_make_one_terminal_transition(
    both: Both,
) -> None:
    """T05, T15: whichever comes second changes nothing, and settling is never an error."""
    for number in range(ROUNDS):
        asked = both.placet.request("invoice.pay", f"invoice:e{number}", actor="user:sam")
        review, settled = both.at_once(
            ["review", asked.id, "approve", "user:dana"], ["expire", asked.id]
        )
        approval = both.placet.approvals.get(asked.id, actor=SYSTEM)
        assert settled == approval.status
        terminal = _events(both.placet, asked.id, "approval.approved", "approval.expired")
        assert terminal == [f"approval.{settled}"]
        if settled == "expired":
            assert (review["error"], review["details"]) == ("InvalidState", {"status": "expired"})
            assert (approval.reviews, approval.grant) == ((), None)
        else:
            assert review == "approved"


def test_a_review_in_one_process_says_nothing_about_a_revision_in_another(both: Both) -> None:
    """T20, T25: it approves what was shown, or it is refused."""
    for number in range(ROUNDS):
        asked = both.placet.request("invoice.pay", f"invoice:r{number}", actor="user:sam")
        outcomes = both.at_once(
            ["review", asked.id, "approve", "user:dana", asked.digest],
            ["revise", asked.id, 10**6],
        )
        (loser,) = _refused(outcomes, "InvalidState")
        approval = both.placet.approvals.get(asked.id, actor=SYSTEM)
        if loser is outcomes[0]:
            assert loser["details"]["digest"] == approval.digest == outcomes[1]
            assert (approval.status, approval.reviews) == ("pending", ())
        else:
            assert loser["details"]["status"] == "approved"
            assert (approval.status, approval.digest) == ("approved", asked.digest)


def test_a_pass_is_taken_in_one_process_or_taken_back_in_another(both: Both) -> None:
    for number in range(ROUNDS):
        asked = both.placet.request("invoice.pay", f"invoice:b{number}", actor="user:sam")
        done = both.placet.approve(asked, by="user:dana")
        outcomes = both.at_once(["take", done.grant, done.digest], ["revoke", done.grant])
        (loser,) = _refused(outcomes, "InvalidState")
        (end,) = [outcome for outcome in outcomes if outcome != loser]
        assert loser["details"]["status"] == end
        events = _events(both.placet, asked.id, "grant.consumed", "grant.revoked")
        assert events == [f"grant.{end}"]


def test_a_member_who_is_removed_in_another_process_decides_nothing_after_it(both: Both) -> None:
    """T37: either the review came first and counts, or it came after and is refused."""
    for number in range(ROUNDS):
        asked = both.placet.request("invoice.pay", f"invoice:m{number}", actor="user:sam")
        review, left = both.at_once(
            ["review", asked.id, "approve", "user:dana"], ["remove", "user:dana"]
        )
        assert left == ["user:dana"]
        happened = [event.kind for event in _latest(both.placet)]
        begun = len(happened) - happened[::-1].index("approval.requested")
        if review == "approved":
            assert happened[begun:] == [
                "approval.reviewed",
                "approval.approved",
                "group.members_removed",
            ]
        else:
            assert review["error"] in ("AccessDenied", "NotFound")
            assert happened[begun:] == ["group.members_removed"]
        both.placet.groups.add_members("finance", ["user:dana"], actor=SYSTEM)


def test_two_processes_that_create_the_same_user_make_one(both: Both) -> None:
    for number in range(ROUNDS):
        outcomes = both.at_once(["create", f"new{number}"], ["create", f"new{number}"])
        assert len(_refused(outcomes, "AlreadyExists")) == 1
        assert f"new{number}" in outcomes


def test_two_processes_that_ask_for_the_same_thing_open_one_approval(both: Both) -> None:
    """T48."""
    for number in range(ROUNDS):
        ask: list[object] = ["ask", f"invoice:a{number}"]
        outcomes = both.at_once(ask, ask)
        assert len(set(outcomes)) == 1
        assert _events(both.placet, outcomes[0], "approval.requested") == ["approval.requested"]


def test_two_processes_that_count_up_lose_nothing(both: Both, path: Path) -> None:
    outcomes = both.at_once(["count_up", ROUNDS], ["count_up", ROUNDS])
    numbers = list(range(1, 2 * ROUNDS + 1))
    assert sorted(number for one in outcomes for number in one) == numbers
    with closing(SQLiteStore(path)) as store:
        (counter,) = store.get("acme", [Key("user", "counter")])
        log = store.events("acme", 0, 10_000)
        assert store.head("acme").version == len(numbers)
    assert counter is not None
    assert int(counter.body) == len(numbers)
    assert [int(event.body) for event in log] == numbers
    assert [event.version for event in log] == numbers
    assert chain_fault(Head(), log) is None
