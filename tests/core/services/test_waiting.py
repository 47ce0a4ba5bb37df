"""Waiting for an approval: whatever ends it is seen at the next look, and no commit is missed.

Time passes only where a test says so: `pause` is where the waiter would stand still, and what
happens meanwhile is the test's story.
"""

import math
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from office import SYSTEM

from placet import Approval, Invalid, NotFound, Placet, hookimpl
from placet.services.waiting import LOOK_S, Watched, decision
from placet.storage.port import Store
from placet.testing import PlacetUnderTest


class Meanwhile:
    """What happens in each pause of a waiter, one thing after the other, and the time it takes:
    all that the waiter asked for, or none where it was woken.
    """

    def __init__(self, *story: Callable[[], object]) -> None:
        self._story = list(story)
        self.now = 0.0
        self.asked: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def pause(self, rung: threading.Event, seconds: float) -> None:
        self.asked.append(seconds)
        if self._story:
            self._story.pop(0)()
        if not rung.is_set():
            self.now += seconds

    def wait(self, watched: Watched[Approval], timeout: float) -> Approval:
        return watched.wait(timeout, monotonic=self.monotonic, pause=self.pause)


@pytest.fixture
def asked(placet: PlacetUnderTest) -> Approval:
    return placet.request("invoice.pay", "invoice:7", actor="user:sam")


def _waiting(placet: PlacetUnderTest, asked: Approval, who: str = "user:sam") -> Watched[Approval]:
    return decision(placet.approvals.view, asked, who)


def _nothing() -> None: ...


class _Again:
    """A plugin that opens the store of an engine once more."""

    def __init__(self, placet: PlacetUnderTest) -> None:
        self._store = placet.store

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return self._store if url == "again://" else None


def _unheard(placet: PlacetUnderTest, asked: Approval) -> None:
    """A review by another engine on the same store, which tells nobody of it."""
    other = Placet.open("again://", plugins=[_Again(placet)], clock=placet.clock)
    other.review(asked.id, "approve", actor="user:dana")


def test_a_review_wakes_who_waits(placet: PlacetUnderTest, asked: Approval) -> None:
    meanwhile = Meanwhile(lambda: placet.approve(asked, by="user:dana"))
    assert meanwhile.wait(_waiting(placet, asked), 60).status == "approved"
    assert meanwhile.now == 0


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda p, id: p.review(id, "reject", actor="user:dana"), "rejected"),
        (lambda p, id: p.approvals.withdraw(id, actor="user:sam"), "cancelled"),
    ],
)
def test_whatever_ends_the_approval_ends_the_wait(
    placet: PlacetUnderTest,
    asked: Approval,
    end: Callable[[PlacetUnderTest, str], object],
    status: str,
) -> None:
    meanwhile = Meanwhile(lambda: end(placet, asked.id))
    assert meanwhile.wait(_waiting(placet, asked), 60).status == status


def test_what_has_ended_already_is_not_waited_for(placet: PlacetUnderTest, asked: Approval) -> None:
    placet.approve(asked, by="user:dana")
    meanwhile = Meanwhile()
    assert meanwhile.wait(_waiting(placet, asked), 60).status == "approved"
    assert meanwhile.asked == []


def test_time_that_is_over_returns_it_pending(placet: PlacetUnderTest, asked: Approval) -> None:
    meanwhile = Meanwhile()
    assert meanwhile.wait(_waiting(placet, asked), 2.5).status == "pending"
    assert meanwhile.now == 2.5


def test_no_time_at_all_is_one_look(placet: PlacetUnderTest, asked: Approval) -> None:
    assert placet.wait(asked, 0, actor="user:sam").status == "pending"
    placet.approve(asked, by="user:dana")
    assert placet.wait(asked.id, 0, actor="user:sam").status == "approved"


def test_the_last_look_comes_after_all_of_the_time(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    """Who commits in the very last moment, and wakes nobody, is seen all the same."""
    decided = Meanwhile(_nothing, lambda: _unheard(placet, asked))
    assert decided.wait(_waiting(placet, asked), LOOK_S * 2).status == "approved"
    assert decided.now == LOOK_S * 2


def test_a_commit_that_nobody_tells_of_is_seen_at_the_next_look(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    meanwhile = Meanwhile(lambda: _unheard(placet, asked))
    assert meanwhile.wait(_waiting(placet, asked), 60).status == "approved"
    assert meanwhile.now == LOOK_S


def test_a_commit_between_the_look_and_the_wait_is_not_missed(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    waiting = _waiting(placet, asked)
    look = waiting.look

    def looks_and_is_overtaken() -> Approval:
        found = look()
        if found.status == "pending":
            placet.approve(asked, by="user:dana")
        return found

    waiting.look = looks_and_is_overtaken
    meanwhile = Meanwhile()
    assert meanwhile.wait(waiting, 60).status == "approved"
    assert meanwhile.now == 0


def test_the_deadline_is_waited_for_to_the_moment(placet: PlacetUnderTest, asked: Approval) -> None:
    assert asked.decide_by is not None
    left = timedelta(milliseconds=250)
    placet.clock.advance(asked.decide_by - placet.clock.now() - left)
    meanwhile = Meanwhile(lambda: placet.clock.advance(left))
    assert meanwhile.wait(_waiting(placet, asked), 60).status == "expired"
    assert meanwhile.asked == [0.25]


def test_what_else_is_committed_wakes_nobody(placet: PlacetUnderTest, asked: Approval) -> None:
    """Many may wait in a busy account."""
    meanwhile = Meanwhile(
        lambda: placet.request("invoice.pay", "invoice:8", actor="user:sam"),
        lambda: placet.approve(asked, by="user:dana"),
    )
    assert meanwhile.wait(_waiting(placet, asked), 60).status == "approved"
    assert meanwhile.now == LOOK_S


def test_a_review_that_decides_nothing_yet_does_not_end_the_wait(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    meanwhile = Meanwhile(
        lambda: placet.review(asked.id, "abstain", actor="user:finn"),
        lambda: placet.approve(asked, by="user:dana"),
    )
    assert meanwhile.wait(_waiting(placet, asked), 60).status == "approved"
    assert meanwhile.now == 0


def test_waiting_for_ever_takes_as_long_as_it_takes(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    meanwhile = Meanwhile(_nothing, _nothing, lambda: placet.approve(asked, by="user:dana"))
    assert meanwhile.wait(_waiting(placet, asked), math.inf).status == "approved"


@pytest.mark.parametrize("timeout", [-1, math.nan, -math.inf])
def test_a_timeout_that_is_no_time_is_refused(
    placet: PlacetUnderTest, asked: Approval, timeout: float
) -> None:
    with pytest.raises(Invalid, match="number of seconds"):
        placet.wait(asked, timeout, actor="user:sam")


@pytest.mark.parametrize("id", ["nothing", "", "\ud800" * 100, "a" * 300])
def test_what_is_not_there_cannot_be_waited_for(placet: PlacetUnderTest, id: str) -> None:
    with pytest.raises(NotFound):
        placet.wait(id, 60, actor="user:sam")


def test_who_may_not_see_it_cannot_wait_for_it(placet: PlacetUnderTest, asked: Approval) -> None:
    with pytest.raises(NotFound):
        placet.wait(asked, 60, actor="user:eve")


def test_who_loses_sight_of_it_is_told_at_the_next_look(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    meanwhile = Meanwhile(
        lambda: placet.groups.remove_members("finance", ["user:dana"], actor=SYSTEM)
    )
    with pytest.raises(NotFound):
        meanwhile.wait(_waiting(placet, asked, "user:dana"), 60)


def test_nobody_waits_without_saying_who(placet: PlacetUnderTest, asked: Approval) -> None:
    with pytest.raises(Invalid, match="no actor"):
        placet.wait(asked, 0)
    with placet.acting("user:sam"):
        assert placet.wait(asked, 0).status == "pending"


def test_threads_that_wait_are_woken_without_asking_the_time(
    placet: PlacetUnderTest, asked: Approval
) -> None:
    """With the machine's own clock and events: whichever comes first, look or review."""
    seen: list[str] = []

    def waits() -> None:
        seen.append(placet.wait(asked, math.inf, actor="user:sam").status)

    threads = [threading.Thread(target=waits) for _ in range(3)]
    for thread in threads:
        thread.start()
    placet.approve(asked, by="user:dana")
    for thread in threads:
        thread.join(timeout=30)
    assert seen == ["approved"] * 3
