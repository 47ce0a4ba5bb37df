"""Two who change one approval, or use what it yields, at once: one of them wins.

The other is told what has happened, or gets the same answer. Each race is run on every store that
several threads may use, more often with `SOAK=1`; `tests/plugins/sqlite/test_processes.py` runs
them between processes. That the log is whole at the end is looked at by `new_office`.
"""

from collections.abc import Iterator

import pytest
from office import SYSTEM
from racing import NewOffice, at_once, events_of

from placet import AccessDenied, ApprovalPolicy, InvalidState, NotFound, PlacetError
from placet.model import Approval, parse_reviews
from placet.testing import PlacetUnderTest

ENDS = ("approval.approved", "approval.rejected", "approval.expired")

Round = tuple[PlacetUnderTest, Approval]


@pytest.fixture
def rounds(new_office: NewOffice, times: int) -> Iterator[Round]:
    """A new request of sam's in every round, now and then in a new office."""

    def requests() -> Iterator[Round]:
        for number in range(times):
            if number % 100 == 0:
                placet = new_office()
            args = {"amount": number}
            yield placet, placet.request("invoice.pay", "invoice:7", args, actor="user:sam")

    return requests()


def test_two_who_decide_at_once_make_one_terminal_transition(rounds: Iterator[Round]) -> None:
    """T01, T02, T06: one terminal step; the other is told what it is, not sent round in circles."""
    for placet, asked in rounds:

        def approve(placet: PlacetUnderTest = placet, id: str = asked.id) -> object:
            return placet.review(id, "approve", actor="user:dana")

        def reject(placet: PlacetUnderTest = placet, id: str = asked.id) -> object:
            return placet.review(id, "reject", actor="user:finn")

        outcomes = at_once(approve, reject)
        (end,) = events_of(placet, asked.id, *ENDS)
        (loser,) = [outcome for outcome in outcomes if isinstance(outcome, InvalidState)]
        assert f"approval.{loser.details['status']}" == end
        assert len(placet.approvals.get(asked.id, actor=SYSTEM).reviews) == 1


def test_the_last_two_who_are_needed_leave_nothing_pending(
    new_office: NewOffice, times: int
) -> None:
    """T01, T03: both reviews are kept, and the later one approves in its own commit."""
    for number in range(times):
        if number % 100 == 0:
            placet = new_office()
            both = ApprovalPolicy(
                id="four-eyes",
                applies_to=("invoice.pay",),
                requirement=parse_reviews("2 from group:finance"),
            )
            placet.policies.update(both, actor=SYSTEM)
        id = placet.request("invoice.pay", f"invoice:{number}", actor="user:sam").id

        def dana(placet: PlacetUnderTest = placet, id: str = id) -> object:
            return placet.review(id, "approve", actor="user:dana").status

        def finn(placet: PlacetUnderTest = placet, id: str = id) -> object:
            return placet.review(id, "approve", actor="user:finn").status

        assert set(at_once(dana, finn)) == {"pending", "approved"}
        approval = placet.approvals.get(id, actor=SYSTEM)
        assert approval.status == "approved"
        assert {said.reviewer for said in approval.reviews} == {"user:dana", "user:finn"}
        assert events_of(placet, id, *ENDS) == ["approval.approved"]


def test_a_review_and_the_deadline_make_one_terminal_transition(rounds: Iterator[Round]) -> None:
    """T05, T15: whichever comes second changes nothing, and settling is never an error."""
    for placet, asked in rounds:

        def approve(placet: PlacetUnderTest = placet, id: str = asked.id) -> object:
            return placet.review(id, "approve", actor="user:dana")

        def expire(placet: PlacetUnderTest = placet, asked: Approval = asked) -> str:
            # The deadline comes before the review looks at the clock, behind it, or in between.
            for _ in range(asked.arguments["amount"] % 4):
                placet.approvals.get(asked.id, actor=SYSTEM)
            placet.clock.advance("8h")
            return placet.approvals.settle(asked.id, actor=SYSTEM).status

        review, settled = at_once(approve, expire)
        approval = placet.approvals.get(asked.id, actor=SYSTEM)
        assert settled == approval.status
        assert events_of(placet, asked.id, *ENDS) == [f"approval.{settled}"]
        if settled == "expired":
            assert isinstance(review, InvalidState)
            assert review.details["status"] == "expired"
            assert (approval.reviews, approval.grant) == ((), None)
        else:
            assert isinstance(review, Approval)
            assert review.grant is not None


def test_a_review_of_what_is_revised_meanwhile_says_nothing_about_the_revision(
    rounds: Iterator[Round],
) -> None:
    """T20, T25: it approves what was shown, or it is refused."""
    for placet, asked in rounds:

        def approve(placet: PlacetUnderTest = placet, asked: Approval = asked) -> object:
            return placet.review(asked.id, "approve", digest=asked.digest, actor="user:dana")

        def revise(placet: PlacetUnderTest = placet, asked: Approval = asked) -> object:
            return placet.approvals.revise(asked.id, {"amount": 10**6}, actor="user:sam")

        outcomes = at_once(approve, revise)
        (loser,) = [outcome for outcome in outcomes if isinstance(outcome, InvalidState)]
        approval = placet.approvals.get(asked.id, actor=SYSTEM)
        if loser is outcomes[0]:
            assert loser.details["digest"] == approval.digest != asked.digest
            assert (approval.status, approval.reviews) == ("pending", ())
            placet.approvals.withdraw(asked.id, actor="user:sam")
        else:
            assert loser.details["status"] == "approved"
            assert (approval.status, approval.digest) == ("approved", asked.digest)
            assert approval.grant is not None
            grant = placet.grants.get(approval.grant, actor=SYSTEM)
            assert grant.digest == asked.digest


def test_two_who_take_the_same_pass_use_it_once(rounds: Iterator[Round]) -> None:
    for placet, asked in rounds:
        done = placet.approve(asked, by="user:dana")

        def take(placet: PlacetUnderTest = placet, done: Approval = done) -> object:
            return placet.grants.take(str(done.grant), done.digest, actor="user:sam")

        outcomes = at_once(take, take)
        (loser,) = [outcome for outcome in outcomes if isinstance(outcome, InvalidState)]
        assert loser.details["status"] == "consumed"
        assert events_of(placet, asked.id, "grant.consumed") == ["grant.consumed"]


def test_a_pass_that_is_taken_and_taken_back_at_once_is_one_of_them(
    rounds: Iterator[Round],
) -> None:
    for placet, asked in rounds:
        done = placet.approve(asked, by="user:dana")

        def take(placet: PlacetUnderTest = placet, done: Approval = done) -> object:
            return placet.grants.take(str(done.grant), done.digest, actor="user:sam")

        def revoke(placet: PlacetUnderTest = placet, done: Approval = done) -> object:
            return placet.grants.revoke(str(done.grant), actor="user:root")

        outcomes = at_once(take, revoke)
        (loser,) = [outcome for outcome in outcomes if isinstance(outcome, InvalidState)]
        end = "revoked" if loser is outcomes[0] else "consumed"
        assert loser.details["status"] == end
        assert placet.grants.get(str(done.grant), actor=SYSTEM).status == end
        assert events_of(placet, asked.id, "grant.consumed", "grant.revoked") == [f"grant.{end}"]


def test_two_who_ask_for_the_same_thing_open_one_approval(
    new_office: NewOffice, times: int
) -> None:
    placet = new_office()
    for number in range(times // 5):

        def ask(resource: str = f"invoice:{number}") -> object:
            return placet.request("invoice.pay", resource, actor="user:sam").id

        assert len(set(at_once(ask, ask, ask))) == 1


def test_one_key_that_is_used_twice_at_once_is_one_review(rounds: Iterator[Round]) -> None:
    """T48: the answer is the same, whoever comes first."""
    for placet, asked in rounds:

        def approve(placet: PlacetUnderTest = placet, id: str = asked.id) -> object:
            done = placet.approvals.review(id, "approve", idempotency_key=id, actor="user:dana")
            return done.id, done.status, done.grant

        assert len(set(at_once(approve, approve))) == 1
        assert events_of(placet, asked.id, "approval.reviewed", *ENDS) == [
            "approval.reviewed",
            "approval.approved",
        ]


def test_a_right_that_is_revoked_meanwhile_decides_nothing(rounds: Iterator[Round]) -> None:
    """T37: either the review came first and counts, or it came after and is refused."""
    for placet, asked in rounds:
        placet.groups.add_members("finance", ["user:dana"], actor=SYSTEM)

        def approve(placet: PlacetUnderTest = placet, id: str = asked.id) -> object:
            return placet.review(id, "approve", actor="user:dana")

        def remove(placet: PlacetUnderTest = placet) -> object:
            return placet.groups.remove_members("finance", ["user:dana"], actor=SYSTEM)

        review, removed = at_once(approve, remove)
        assert not isinstance(removed, PlacetError)
        ended = events_of(placet, asked.id, "approval.reviewed", *ENDS)
        if isinstance(review, PlacetError):
            assert isinstance(review, AccessDenied | NotFound)
            assert ended == []
        else:
            assert ended == ["approval.reviewed", "approval.approved"]
            log = placet.audit.list(limit=1000, actor=SYSTEM).items
            decided = max(event.seq for event in log if event.approval == asked.id)
            assert decided < max(e.seq for e in log if e.kind == "group.members_removed")
