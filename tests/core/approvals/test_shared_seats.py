"""One person one seat; a policy may let one person fill a seat of every leaf."""

from approval_worlds import People, asked, say

from placet.model import AllOf, InOrder, Reviews

BOTH = (Reviews(count=1, source="group:qa"), Reviews(count=1, source="group:ops"))
PEOPLE = People(qa="ana", ops="ana bo")


def test_one_person_in_two_groups_fills_one_seat() -> None:
    """T32."""
    assert say(asked(AllOf(of=BOTH)), "ana", PEOPLE).approval.status == "pending"


def test_with_shared_seats_one_of_each_leaf() -> None:
    shared = asked(AllOf(of=BOTH), shared_seats=True)
    assert say(shared, "ana", PEOPLE).approval.status == "approved"


def test_but_never_two_of_one_leaf() -> None:
    two = Reviews(count=2, source="group:ops")
    assert say(asked(two, shared_seats=True), "ana", PEOPLE).approval.status == "pending"


def test_a_reviewer_of_an_earlier_stage_can_be_kept_from_a_later_one() -> None:
    staged = asked(InOrder(of=BOTH), shared_seats=True, also_exclude=("earlier_reviewers",))
    once = say(staged, "ana", PEOPLE).approval
    assert once.status == "pending"
    assert say(once, "bo", PEOPLE).approval.status == "approved"
