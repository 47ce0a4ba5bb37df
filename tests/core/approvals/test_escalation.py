"""After a time more people may review; how many have to stays."""

from datetime import timedelta

import pytest
from approval_worlds import NOW, People, asked, say

from placet.approvals.evaluate import evaluate
from placet.errors import AccessDenied, Invalid
from placet.model import ApprovalPolicy, Quorum, Reviews

HOUR = timedelta(hours=1)
LEAF = Reviews(
    count=2, source="group:qa", escalate_after=4 * 3600, escalate_to=("group:leads", "user:ceo")
)
PEOPLE = People(qa="ana bo", leads="lea")


def test_before_it_nobody_else_may_review() -> None:
    """T18."""
    early = PEOPLE.at(NOW + 4 * HOUR - timedelta(milliseconds=1))
    with pytest.raises(AccessDenied):
        say(asked(LEAF), "lea", early)


def test_from_then_on_those_may_to_whom_it_is_escalated() -> None:
    """T18, T19: at exactly that moment."""
    later = PEOPLE.at(NOW + 4 * HOUR)
    once = say(asked(LEAF), "lea", later).approval
    assert say(once, "ceo", later).approval.status == "approved"


def test_the_first_ones_still_may() -> None:
    later = PEOPLE.at(NOW + 4 * HOUR)
    once = say(asked(LEAF), "lea", later).approval
    assert say(once, "ana", later).approval.status == "approved"


def test_it_never_lowers_the_count_and_never_approves() -> None:
    """T18: no time decides by itself."""
    much_later = PEOPLE.at(NOW + 1000 * HOUR)
    assert evaluate(asked(LEAF), much_later).status == "pending"
    assert say(asked(LEAF), "lea", much_later).approval.status == "pending"


def test_a_no_of_those_counts_from_then_on() -> None:
    later = PEOPLE.at(NOW + 4 * HOUR)
    assert say(asked(LEAF), "lea", later, "reject").approval.status == "rejected"


def test_what_can_still_be_escalated_is_not_out_of_reach() -> None:
    pending = asked(LEAF, reject_when="unreachable")
    assert say(pending, "ana", PEOPLE, "reject").approval.status == "pending"
    assert pending.policy.reject_when != Quorum(1)


@pytest.mark.parametrize(
    ("after", "to"), [(None, ("group:leads",)), (60, ()), (0, ("group:leads",)), (60, ("x",))]
)
def test_one_without_the_other_is_refused(after: int | None, to: tuple[str, ...]) -> None:
    leaf = Reviews(count=1, source="group:qa", escalate_after=after, escalate_to=to)
    with pytest.raises(Invalid, match="requirement"):
        ApprovalPolicy(id="p", applies_to=("a.b",), requirement=leaf).validate()
