"""Somebody reviews in somebody else's place: a window, one hop, and both pass the exclusions."""

from datetime import datetime, timedelta

import msgspec
import pytest
from approval_worlds import NOW, People, asked, say

from placet.approvals.evaluate import evaluate, seat_for
from placet.approvals.lifecycle import Said, review
from placet.errors import AccessDenied
from placet.model import Actor, AllOf, Reviews

HOUR = timedelta(hours=1)
DAY = (NOW, NOW + 24 * HOUR)


def _people(*standing_in: tuple[str, str], qa: str = "", ops: str = "") -> People:
    windows = {(f"user:{by}", f"user:{to}"): DAY for by, to in standing_in}
    return People(standing_in=windows, qa=qa, ops=ops)


def test_a_delegate_fills_the_seat_of_the_delegator() -> None:
    people = _people(("ana", "dee"), qa="ana bo")
    done = say(asked("1 from group:qa"), "dee", people)
    assert done.approval.status == "approved"
    assert done.approval.reviews[0].seat_of == "user:ana"
    assert evaluate(done.approval, people).reviewers == ("user:dee",)


@pytest.mark.parametrize(
    ("at", "may"),
    [
        (NOW - timedelta(milliseconds=1), False),
        (NOW, True),
        (NOW + 24 * HOUR - timedelta(milliseconds=1), True),
        (NOW + 24 * HOUR, False),
    ],
)
def test_the_window_is_half_open(at: datetime, may: bool) -> None:
    """T19."""
    people = _people(("ana", "dee"), qa="ana bo")
    if may:
        assert say(asked("1 from group:qa"), "dee", people, at=at).approval.status == "approved"
    else:
        with pytest.raises(AccessDenied):
            say(asked("1 from group:qa"), "dee", people, at=at)


def test_a_delegation_passes_on_one_hop_only() -> None:
    people = _people(("ana", "dee"), ("dee", "eve"), qa="ana bo")
    with pytest.raises(AccessDenied):
        say(asked("1 from group:qa"), "eve", people)


def test_who_is_excluded_cannot_review_through_a_delegate() -> None:
    """T35: sam asked; that sam is in the group and away gives nobody sam's seat."""
    with pytest.raises(AccessDenied):
        say(asked("1 from group:qa"), "dee", _people(("sam", "dee"), qa="sam"))


def test_who_is_excluded_cannot_review_in_anybodys_place() -> None:
    """T35: sam asked, and stands in for ana."""
    approval, people = asked("1 from group:qa"), _people(("ana", "sam"), qa="ana bo")
    with pytest.raises(AccessDenied):
        say(approval, "sam", people)
    assert seat_for(approval, people, "user:sam") is None


def test_a_review_in_the_place_of_who_is_excluded_counts_for_nothing() -> None:
    """T35: however it has come there: dee has said yes in the place of sam, who asks for it now."""
    people = _people(("sam", "dee"), qa="sam")
    done = say(asked("2 from group:qa", by="user:kim"), "dee", people)
    now_of_sam = msgspec.structs.replace(done.approval, on_behalf_of="user:sam")
    trees = [evaluate(one, people) for one in (done.approval, now_of_sam)]
    assert [tree.have for tree in trees] == [1, 0]


def test_a_delegator_and_a_delegate_fill_one_seat() -> None:
    """T32."""
    people = _people(("ana", "dee"), qa="ana bo")
    once = say(asked("2 from group:qa"), "dee", people).approval
    assert say(once, "ana", people).approval.status == "pending"


def test_two_delegates_of_one_person_fill_one_seat() -> None:
    people = _people(("ana", "dee"), ("ana", "eve"), qa="ana bo")
    once = say(asked("2 from group:qa"), "dee", people).approval
    assert say(once, "eve", people).approval.status == "pending"


def test_who_may_review_for_themselves_fills_their_own_seat_first() -> None:
    people = _people(("ana", "bo"), qa="ana bo")
    assert say(asked("2 from group:qa"), "bo", people).approval.reviews[0].seat_of is None


def test_a_reviewer_says_in_whose_place() -> None:
    people = _people(("ana", "bo"), qa="ana bo")
    done = say(asked("2 from group:qa"), "bo", people, seat_of="user:ana")
    assert done.approval.reviews[0].seat_of == "user:ana"


def test_nobody_fills_two_seats_by_a_delegation() -> None:
    people = _people(("ana", "bo"), qa="ana bo")
    own = say(asked("2 from group:qa"), "bo", people).approval
    assert say(own, "bo", people, seat_of="user:ana").approval.status == "pending"


def test_a_delegate_of_two_takes_the_seat_that_is_free() -> None:
    people = _people(("ana", "dee"), ("bo", "dee"), qa="ana bo")
    once = say(asked("2 from group:qa"), "ana", people).approval
    assert say(once, "dee", people).approval.status == "approved"


def test_a_delegation_that_is_taken_back_takes_its_reviews_along() -> None:
    """T37."""
    pending = say(asked("2 from group:qa"), "dee", _people(("ana", "dee"), qa="ana bo")).approval
    assert evaluate(pending, _people(qa="ana bo")).have == 0


def test_a_review_outlives_the_window_in_which_it_was_given() -> None:
    people = _people(("ana", "dee"), qa="ana bo")
    pending = say(asked("2 from group:qa"), "dee", people).approval
    assert evaluate(pending, people.at(NOW + 48 * HOUR)).have == 1


def test_a_delegator_who_loses_the_group_loses_the_seat_that_is_filled_for_them() -> None:
    """T37."""
    pending = say(asked("2 from group:qa"), "dee", _people(("ana", "dee"), qa="ana bo")).approval
    assert evaluate(pending, _people(("ana", "dee"), qa="bo")).have == 0


def test_a_program_that_acts_for_a_delegate_has_no_seat_by_it() -> None:
    people = _people(("ana", "dee"), qa="ana bo")
    with pytest.raises(AccessDenied):
        review(
            asked("1 from group:qa"),
            Actor("service:bot", on_behalf_of="user:dee"),
            Said("approve"),
            people,
        )


def test_a_delegates_no_is_a_no() -> None:
    people = _people(("ana", "dee"), qa="ana bo")
    done = say(asked("2 from group:qa"), "dee", people, "reject")
    assert done.approval.status == "rejected"


def test_seats_of_delegators_are_matched_like_any_others() -> None:
    """T33: dee stands in for cy, who could sit in both; ana only in one."""
    tree = AllOf(of=(Reviews(count=1, source="group:qa"), Reviews(count=1, source="group:ops")))
    people = _people(("cy", "dee"), qa="ana cy", ops="cy")
    once = say(asked(tree), "dee", people).approval
    assert say(once, "ana", people).approval.status == "approved"
