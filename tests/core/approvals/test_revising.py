"""Something else under the same number: what was said before counts only where a policy says so."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from approval_worlds import NOW, People, asked, say

from placet.approvals.evaluate import evaluate
from placet.approvals.lifecycle import Wanted, withdraw
from placet.approvals.revising import carries, revise
from placet.errors import InvalidState
from placet.model import Actor, Approval

PEOPLE = People(qa="ana bo")
HOUR = timedelta(hours=1)
KEEP_COMMENTS = "!('amount' in context.changed)"


def _revised(approval: Approval, at: timedelta = HOUR, **changes: Any) -> Approval:
    wanted = Wanted(
        permission=approval.permission,
        resource=changes.pop("resource", approval.resource),
        scope=approval.scope,
        digest=changes.pop("digest", "d2"),
        **{"arguments": {"amount": 1, "comment": "b"}, **changes},
    )
    return revise(approval, wanted, approval.policy, approval.policies, NOW + at)


def _asked(**fields: Any) -> Approval:
    approval = asked("2 from group:qa", **fields)
    return msgspec.structs.replace(approval, arguments={"amount": 1, "comment": "a"})


def test_a_review_of_one_revision_does_not_count_for_the_next() -> None:
    """T20."""
    once = say(_asked(), "ana", PEOPLE).approval
    after = _revised(once)
    assert (after.revision, after.digest, after.status) == (2, "d2", "pending")
    assert evaluate(after, PEOPLE).have == 0
    assert len(after.reviews) == 1, "it is kept, and shown"


def test_a_review_for_what_was_shown_before_is_refused() -> None:
    """T25: the digest is that of what the reviewer saw."""
    with pytest.raises(InvalidState, match="not what was shown"):
        say(_revised(_asked()), "ana", PEOPLE, digest="d1")


@pytest.mark.parametrize("said_at", [-HOUR, timedelta(), 9 * HOUR])
def test_the_digest_binds_a_review_and_no_clock(said_at: timedelta) -> None:
    """T23: whatever the clocks say about which came first."""
    once = say(_asked(), "ana", PEOPLE, at=NOW + said_at).approval
    after = _revised(once)
    assert evaluate(after, PEOPLE.at(NOW + 9 * HOUR)).have == 0
    back = _revised(after, arguments=once.arguments, digest="d1")
    assert evaluate(back, PEOPLE).have == 1, "it is what ana has said yes to"


def test_a_change_that_does_not_matter_keeps_the_reviews() -> None:
    """T27."""
    once = say(_asked(carry_if=KEEP_COMMENTS), "ana", PEOPLE).approval
    after = _revised(once)
    assert evaluate(after, PEOPLE).have == 1
    assert after.reviews[0].carried_from == "d1"


def test_a_change_that_matters_does_not() -> None:
    """T27."""
    once = say(_asked(carry_if=KEEP_COMMENTS), "ana", PEOPLE).approval
    assert evaluate(_revised(once, arguments={"amount": 2}), PEOPLE).have == 0


@pytest.mark.parametrize(
    "changes", [{"resource": "release:8"}, {"seconds": 60}, {"properties": {"size": 1}}]
)
def test_nothing_is_kept_where_more_than_arguments_changed(changes: dict[str, Any]) -> None:
    """T21."""
    once = say(_asked(carry_if="true"), "ana", PEOPLE).approval
    assert evaluate(_revised(once, **changes), PEOPLE).have == 0


def test_a_review_that_was_withdrawn_is_not_carried() -> None:
    once = say(_asked(carry_if="true"), "ana", PEOPLE).approval
    taken_back = withdraw(once, Actor("user:ana"), NOW)
    assert evaluate(_revised(taken_back), PEOPLE).have == 0


def test_a_stale_review_is_not_carried_later() -> None:
    once = say(_asked(carry_if=KEEP_COMMENTS), "ana", PEOPLE).approval
    stale = _revised(once, arguments={"amount": 2})
    assert evaluate(_revised(stale, arguments={"amount": 2, "comment": "c"}), PEOPLE).have == 0


@pytest.mark.parametrize("text", ["context.absent", "context.before.absent == 1", "1 == 1.5"])
def test_what_cannot_be_told_does_not_carry(text: str) -> None:
    """T45."""
    assert not carries(_asked(carry_if=text).policy, {"amount": 1}, {"amount": 2})


def test_its_deadline_begins_anew() -> None:
    """T16."""
    approval = _asked(decide_within=2 * 3600)
    assert _revised(approval).decide_by == NOW + 3 * HOUR


def test_what_has_ended_is_not_revised() -> None:
    """T04."""
    over = say(asked("1 from group:qa"), "ana", PEOPLE).approval
    with pytest.raises(InvalidState):
        _revised(over)
    expired = _asked(decide_within=60)
    with pytest.raises(InvalidState, match="expired"):
        _revised(expired)
