"""Two at once: one of them wins, the other is told, and nothing is lost.

Each race is run on every store that several threads may use, more often with `SOAK=1`.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from office import SYSTEM, office

from placet import (
    AlreadyExists,
    Event,
    Group,
    Invalid,
    InvalidState,
    PlacetError,
    Role,
    User,
    hookimpl,
)
from placet.services.asking import Ask
from placet.testing import PlacetUnderTest

SOAK = bool(os.environ.get("SOAK"))
TIMES = {"memory": 1000 if SOAK else 250, "sqlite": 500 if SOAK else 50}
NewOffice = Callable[..., PlacetUnderTest]


@pytest.fixture(params=TIMES)
def scheme(request: pytest.FixtureRequest) -> str:
    """Which store the race is run on."""
    return str(request.param)


@pytest.fixture
def times(scheme: str) -> int:
    """How often."""
    return TIMES[scheme]


@pytest.fixture
def new_office(scheme: str, tmp_path: Path) -> Iterator[NewOffice]:
    """Opens one office after the other, each on a store of its own."""
    with ExitStack() as stack:
        opened: list[PlacetUnderTest] = []

        def new(*plugins: object) -> PlacetUnderTest:
            # What is raced for is not durability: no sync.
            file = tmp_path / f"{len(opened)}.db"
            url = "memory://" if scheme == "memory" else f"sqlite:///{file}?synchronous=off"
            opened.append(stack.enter_context(office(url, plugins=plugins)))
            return opened[-1]

        yield new


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A turn of the usual 5 ms is longer than a use case: two of them would never meet."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def _both(*calls: Callable[[], object]) -> list[object]:
    """What each call returned or raised, all of them started at the same moment."""
    start = threading.Barrier(len(calls))
    outcomes: list[object] = [None] * len(calls)

    def run(at: int, call: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes[at] = call()
        except PlacetError as error:
            outcomes[at] = error

    threads = [threading.Thread(target=run, args=(at, call)) for at, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


def _events(placet: PlacetUnderTest, approval: str, *kinds: str) -> list[str]:
    found = placet.audit.list(approval=approval, limit=1000, actor=SYSTEM).items
    return [event.kind for event in found if event.kind in kinds]


def test_two_who_decide_at_once_make_one_terminal_transition(
    new_office: NewOffice, times: int
) -> None:
    """T01, T02, T06: one terminal step; the other is told what it is, not sent round in circles."""
    told = 0
    for number in range(times):
        if number % 100 == 0:
            placet = new_office()
        id = placet.request("invoice.pay", f"invoice:{number}", actor="user:sam").id
        outcomes = _both(
            lambda id=id, placet=placet: placet.review(id, "approve", actor="user:dana"),  # type: ignore[misc]  # bound now
            lambda id=id, placet=placet: placet.review(id, "reject", actor="user:finn"),  # type: ignore[misc]  # bound now
        )
        terminal = _events(placet, id, "approval.approved", "approval.rejected")
        assert len(terminal) == 1
        losers = [outcome for outcome in outcomes if isinstance(outcome, InvalidState)]
        assert len(losers) == 1
        assert losers[0].details["status"] in ("approved", "rejected")
        told += 1
        assert len(placet.approvals.get(id, actor=SYSTEM).reviews) == 1
    assert told == times


def test_two_who_take_the_same_pass_use_it_once(new_office: NewOffice, times: int) -> None:
    for number in range(times):
        if number % 100 == 0:
            placet = new_office()
        asked = placet.request("invoice.pay", f"invoice:{number}", actor="user:sam")
        done = placet.approve(asked, by="user:dana")
        assert done.grant is not None

        def take(
            grant: str = done.grant, digest: str = done.digest, placet: PlacetUnderTest = placet
        ) -> object:
            return placet.grants.take(grant, digest, actor="user:sam")

        outcomes = _both(take, take)
        assert sum(isinstance(outcome, InvalidState) for outcome in outcomes) == 1
        assert _events(placet, asked.id, "grant.consumed") == ["grant.consumed"]


def test_two_who_ask_for_the_same_thing_open_one_approval(
    new_office: NewOffice, times: int
) -> None:
    placet = new_office()
    for number in range(times // 5):

        def ask(resource: str = f"invoice:{number}") -> object:
            return placet.request("invoice.pay", resource, actor="user:sam").id

        assert len(set(_both(ask, ask, ask))) == 1


def test_two_who_create_the_same_record_make_one(new_office: NewOffice, times: int) -> None:
    placet = new_office()
    for number in range(times // 5):

        def create(id: str = f"new{number}") -> object:
            return placet.users.create(User(id=id), actor=SYSTEM)

        outcomes = _both(create, create)
        assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 1


def test_a_right_that_is_revoked_meanwhile_decides_nothing(
    new_office: NewOffice, times: int
) -> None:
    """T37: either the review came first and counts, or it came after and is refused."""
    for number in range(times // 5):
        if number % 20 == 0:
            placet = new_office()
        placet.groups.add_members("finance", ["user:dana"], actor=SYSTEM)
        asked = placet.request("invoice.pay", f"invoice:{number}", actor="user:sam")
        outcomes = _both(
            lambda id=asked.id, placet=placet: placet.review(id, "approve", actor="user:dana"),  # type: ignore[misc]  # bound now
            lambda placet=placet: placet.groups.remove_members(  # type: ignore[misc]  # bound now
                "finance", ["user:dana"], actor=SYSTEM
            ),
        )
        events = placet.audit.list(limit=1000, actor=SYSTEM).items
        removed = max(event.seq for event in events if event.kind == "group.members_removed")
        reviewed = [event.seq for event in events if event.approval == asked.id][1:]
        if isinstance(outcomes[0], PlacetError):
            assert not reviewed
        else:
            assert max(reviewed) < removed


def test_the_index_of_every_reader_is_whole_while_others_write(new_office: NewOffice) -> None:
    """A reader sees the account before or after a commit, never in between (failure mode 19)."""
    placet = new_office()
    stop = threading.Event()
    torn: list[str] = []

    def read() -> None:
        while not stop.is_set():
            snapshot = placet.questions.inquiry(Ask("user:sam", "invoice.read")).snapshot
            for group in ("group:finance@/",):
                for member in snapshot.members.get(group) or ():
                    if group not in (snapshot.parents.get(member) or ()):
                        torn.append(member)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(100):
        placet.groups.add_members("finance", [f"user:x{number}"], actor=SYSTEM)
        placet.groups.remove_members("finance", [f"user:x{number}"], actor=SYSTEM)
    stop.set()
    for reader in readers:
        reader.join(timeout=60)
    assert torn == []


def test_what_holds_before_and_after_a_commit_is_never_denied_meanwhile(
    new_office: NewOffice,
) -> None:
    """Failure mode 19: what replaces the rules of an account is there before the old ones go."""
    placet = new_office()
    rounds = 100
    stop = threading.Event()
    denied: list[int] = []

    def read() -> str:
        while not stop.is_set():
            if not placet.check("user:sam", "invoice.read", "invoice:7"):
                denied.append(1)
        return "done"

    def write() -> str:
        try:
            for number in range(rounds):
                patterns = ("invoice.*",) if number % 2 else ("invoice.read",)
                placet.roles.update(Role(id="clerk", permissions=patterns), actor=SYSTEM)
        finally:
            stop.set()
        return "done"

    assert _both(write, read, read) == ["done"] * 3
    assert denied == []


def test_two_who_nest_groups_into_each_other_make_no_circle(
    new_office: NewOffice, times: int
) -> None:
    """Failure modes 24 and 28: the bound is kept by the commit, and not looked at before it."""
    placet = new_office()
    for number in range(times // 5):
        one, two = f"one{number}", f"two{number}"
        with placet.acting(SYSTEM):
            placet.groups.create(Group(id=one))
            placet.groups.create(Group(id=two))

        def nest(outer: str, inner: str, placet: PlacetUnderTest = placet) -> Callable[[], object]:
            return lambda: placet.groups.add_members(outer, [f"group:{inner}"], actor=SYSTEM)

        outcomes = _both(nest(one, two), nest(two, one))
        assert sum(isinstance(outcome, Invalid) for outcome in outcomes) == 1, outcomes


class _Asks:
    """A listener that asks and writes, as an application's may."""

    placet: PlacetUnderTest

    @hookimpl
    def placet_event(self, event: Event) -> None:
        assert self.placet.check("user:sam", "invoice.read", consistency="latest")
        if event.kind == "invoice.seen":
            self.placet.groups.create(Group(id=f"of-{event.seq}"), actor="user:root")


def test_listeners_that_ask_and_write_hold_nobody_up(new_office: NewOffice) -> None:
    """Failure mode 21: no lock is held while a listener runs, whoever writes meanwhile."""
    listener = _Asks()
    placet = listener.placet = new_office(listener)
    writes = 10

    def groups() -> int:
        return len(placet.groups.list(limit=1000, actor=SYSTEM).items)

    wanted = groups() + 2 * writes

    def write() -> str:
        for _ in range(writes):
            placet.audit.view.tenant.run(SYSTEM, lambda work: work.record("invoice.seen"))
        return "done"

    def deliver() -> str:
        while groups() < wanted:
            placet.deliver()
        return "done"

    def read() -> str:
        for _ in range(100):
            placet.check("user:sam", "invoice.read", consistency="latest")
        return "done"

    assert _both(write, write, deliver, read) == ["done"] * 4


@pytest.mark.parametrize("writers", [4])
def test_many_writers_lose_nothing_and_the_chain_holds(new_office: NewOffice, writers: int) -> None:
    placet = new_office()
    each = 25

    def write(number: int) -> Callable[[], object]:
        def ask() -> None:
            for at in range(each):
                placet.request("invoice.pay", f"invoice:{number}-{at}", actor="user:sam")

        return ask

    outcomes = _both(*(write(number) for number in range(writers)))
    assert outcomes == [None] * writers
    assert placet.approvals.count(status="pending", actor=SYSTEM) == writers * each
    assert placet.audit.verify(actor=SYSTEM).ok
