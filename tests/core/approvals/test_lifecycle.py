"""The state machine of an approval: one terminal step, and nothing after it."""

from datetime import timedelta

import pytest
from approval_worlds import NOW, People, asked, policy, say

from placet.approvals.evaluate import evaluate
from placet.approvals.lifecycle import cancel, settle, withdraw
from placet.approvals.transition import status_of
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import AccessYield, Actor, InOrder, parse_reviews
from placet.model.policy import MAX_SECONDS

PEOPLE = People(qa="ana bo sam cy")
HOUR = timedelta(hours=1)


def test_the_last_missing_review_approves_and_mints_in_the_same_step() -> None:
    """T03, T09: the resolution is part of the step that adds the last review."""
    done = say(asked("1 from group:qa"), "ana", PEOPLE)
    assert done.approval.status == "approved"
    assert done.grant is not None
    assert done.approval.grant == done.grant.id
    assert done.happened == ("approval.reviewed", "approval.approved")


def test_a_rejection_ends_it_with_the_reason() -> None:
    done = say(asked("2 from group:qa"), "ana", PEOPLE, "reject", comment="not on a Friday")
    assert done.approval.status == "rejected"
    assert done.approval.resolution is not None
    assert done.approval.resolution.reason == "not on a Friday"


@pytest.mark.parametrize("ended", ["approve", "reject"])
def test_nothing_leaves_a_terminal_state(ended: str) -> None:
    """T04, failure mode 40."""
    over = say(asked("1 from group:qa"), "ana", PEOPLE, ended).approval  # type: ignore[arg-type]  # parametrized
    with pytest.raises(InvalidState, match="nothing can be added"):
        say(over, "bo", PEOPLE)
    with pytest.raises(InvalidState):
        cancel(over, Actor("user:sam"), NOW, by_requester=True, reason="")
    with pytest.raises(InvalidState):
        withdraw(over, Actor("user:ana"), NOW)
    assert settle(over, PEOPLE.at(NOW + 100 * HOUR)).approval == over


def test_the_same_review_again_changes_nothing() -> None:
    pending = say(asked("2 from group:qa"), "ana", PEOPLE).approval
    again = say(pending, "ana", PEOPLE)
    assert (again.approval, again.happened) == (pending, ())
    over = say(pending, "bo", PEOPLE).approval
    assert say(over, "bo", PEOPLE).approval == over


def test_a_later_review_of_the_same_person_replaces_the_earlier() -> None:
    pending = say(asked("2 from group:qa"), "ana", PEOPLE).approval
    assert say(pending, "ana", PEOPLE, "reject").approval.status == "rejected"


def test_after_the_deadline_nothing_counts_although_nobody_wrote_it_down() -> None:
    """T11, T12."""
    approval = asked("1 from group:qa", decide_within=3600)
    with pytest.raises(InvalidState, match="expired"):
        say(approval, "ana", PEOPLE, at=NOW + 2 * HOUR)


def test_at_exactly_the_deadline_it_is_over() -> None:
    """T19: windows are half-open."""
    approval = asked("1 from group:qa", decide_within=3600)
    assert status_of(approval, NOW + HOUR - timedelta(milliseconds=1)) == "pending"
    assert status_of(approval, NOW + HOUR) == "expired"


@pytest.mark.parametrize("seconds", [1, 60, 90_000, MAX_SECONDS])
def test_the_deadline_is_the_one_that_the_policy_sets(seconds: int) -> None:
    """T13."""
    approval = asked("1 from group:qa", decide_within=seconds)
    assert approval.decide_by == NOW + timedelta(seconds=seconds)
    last = approval.decide_by - timedelta(milliseconds=1)
    assert say(approval, "ana", PEOPLE, at=last).approval.status == "approved"
    with pytest.raises(InvalidState, match="expired"):
        say(approval, "ana", PEOPLE, at=approval.decide_by)


@pytest.mark.parametrize("field", ["decide_within", "use_within", "override_for", "remind_after"])
@pytest.mark.parametrize("seconds", [0, -1, MAX_SECONDS + 1])
def test_a_time_that_is_none_is_refused_with_its_policy(field: str, seconds: int) -> None:
    """T14: it is not taken for no limit."""
    with pytest.raises(Invalid, match=field):
        policy("1 from group:qa", **{field: seconds}).validate()


def test_settling_writes_the_expiry_down_once() -> None:
    """T15."""
    approval = asked("1 from group:qa", decide_within=3600)
    done = settle(approval, PEOPLE.at(NOW + HOUR))
    assert (done.approval.status, done.happened) == ("expired", ("approval.expired",))
    assert settle(done.approval, PEOPLE.at(NOW + 2 * HOUR)).happened == ()


@pytest.mark.parametrize("person", ["sam", "dev", "ci"])
def test_whoever_stands_behind_the_request_cannot_review_it(person: str) -> None:
    """T35: requester, beneficiary and the programs in between."""
    people = People(qa="sam dev ci ana")
    actor = Actor("user:sam", on_behalf_of="user:dev", chain=("user:ci",))
    with pytest.raises(AccessDenied, match="stands behind"):
        say(asked("1 from group:qa", by=actor), person, people)


def test_contributors_are_excluded_where_the_policy_says_so() -> None:
    """T35."""
    held = asked("1 from group:qa", contributors=("user:ana",), also_exclude=("contributors",))
    with pytest.raises(AccessDenied, match="contributed"):
        say(held, "ana", PEOPLE)
    free = asked("1 from group:qa", contributors=("user:ana",))
    assert say(free, "ana", PEOPLE).approval.status == "approved"


def test_self_review_needs_an_explicit_rule() -> None:
    """T36."""
    allowed = asked("1 from group:qa", allow_self_review=True)
    assert say(allowed, "sam", PEOPLE).approval.status == "approved"


def test_somebody_not_named_is_refused() -> None:
    with pytest.raises(AccessDenied, match="not among those who may review"):
        say(asked("1 from group:qa"), "eve", PEOPLE)


def test_a_later_stage_cannot_be_reviewed_before_it_opens() -> None:
    from placet.model import InOrder, Reviews

    stages = InOrder(of=(Reviews(count=1, source="group:qa"), Reviews(count=1, source="group:ops")))
    people = People(qa="ana", ops="cy")
    approval = asked(stages)
    with pytest.raises(AccessDenied):
        say(approval, "cy", people)
    opened = say(approval, "ana", people).approval
    assert say(opened, "cy", people).approval.status == "approved"


def test_the_same_yes_again_fills_no_stage_behind_it() -> None:
    """T07: a screen that was left open, or a second tap, moves nothing on."""
    people = People(qa="ana", ops="ana bo")
    stages = (parse_reviews("1 from group:qa"), parse_reviews("1 from group:ops"))
    once = say(asked(InOrder(of=stages)), "ana", people).approval
    again = say(once, "ana", people)
    assert again.happened == ()
    assert evaluate(again.approval, people).why == "stage 2: has 0 of 1 from group:ops"


def test_a_review_of_what_was_shown_before_is_refused() -> None:
    """T07, T25: the review carries the digest as it was shown."""
    with pytest.raises(InvalidState, match="not what was shown"):
        say(asked("1 from group:qa"), "ana", PEOPLE, digest="older")


def test_a_program_has_to_say_who_stands_behind_it() -> None:
    """T35: excluding a robot would exclude nobody."""
    with pytest.raises(Invalid, match="name the person"):
        asked("1 from group:qa", by="service_account:ci@/")
    bot = "service_account:ci@/"
    for named in (
        asked("1 from group:qa", by=bot, allow_unattributed=True),
        asked("1 from group:qa", by=Actor(bot, "user:sam")),
        asked("1 from group:qa", by=bot, contributors=("user:sam",)),
    ):
        assert named.requester == bot


def test_a_withdrawn_review_does_not_count() -> None:
    pending = say(asked("2 from group:qa"), "ana", PEOPLE).approval
    back = withdraw(pending, Actor("user:ana"), NOW)
    assert say(back, "bo", PEOPLE).approval.status == "pending"
    assert len(back.reviews) == 1
    with pytest.raises(AccessDenied, match="no review"):
        withdraw(back, Actor("user:ana"), NOW)


def test_access_is_minted_for_what_was_asked_and_nothing_more() -> None:
    """T26."""
    approval = asked("1 from group:qa", yields=AccessYield(role="deployer@/", seconds=3600))
    done = say(approval, "ana", PEOPLE)
    assert done.assignment is not None
    assert done.assignment.only == ("release:7",)
    assert done.assignment.principal == "user:sam"
    assert done.assignment.expires_at == NOW + HOUR
    assert done.assignment.approval == approval.id


@pytest.mark.parametrize("subject", ["group:qa@/", "everyone"])
def test_nothing_is_asked_for_many_at_once(subject: str) -> None:
    """T35: each of them could approve it for all."""
    with pytest.raises(Invalid, match="more than one person"):
        asked("1 from group:qa", by=Actor("user:sam", on_behalf_of=subject))
