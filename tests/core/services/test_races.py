"""Two at once: one of them wins, the other is told, and nothing is lost.

Each race is run on every store that several threads may use, more often with `SOAK=1`.
"""

import threading
from collections.abc import Callable

import pytest
from office import SYSTEM
from racing import NewOffice, at_once

from placet import AlreadyExists, Event, Group, Invalid, Role, User, hookimpl
from placet.services.asking import Ask
from placet.testing import PlacetUnderTest


def test_two_who_create_the_same_record_make_one(new_office: NewOffice, times: int) -> None:
    placet = new_office()
    for number in range(times // 5):

        def create(id: str = f"new{number}") -> object:
            return placet.users.create(User(id=id), actor=SYSTEM)

        outcomes = at_once(create, create)
        assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 1


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

    assert at_once(write, read, read) == ["done"] * 3
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

        outcomes = at_once(nest(one, two), nest(two, one))
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

    assert at_once(write, write, deliver, read) == ["done"] * 4


@pytest.mark.parametrize("writers", [4])
def test_many_writers_lose_nothing_and_the_chain_holds(new_office: NewOffice, writers: int) -> None:
    placet = new_office()
    each = 25

    def write(number: int) -> Callable[[], object]:
        def ask() -> None:
            for at in range(each):
                placet.request("invoice.pay", f"invoice:{number}-{at}", actor="user:sam")

        return ask

    outcomes = at_once(*(write(number) for number in range(writers)))
    assert outcomes == [None] * writers
    assert placet.approvals.count(status="pending", actor=SYSTEM) == writers * each
    assert placet.audit.verify(actor=SYSTEM).ok
