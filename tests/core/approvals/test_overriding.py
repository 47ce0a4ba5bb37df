"""Break-glass: never a plain approval, never for longer than it says, and looked at afterwards."""

from datetime import timedelta

import pytest
from approval_worlds import NOW, People, asked, say

from placet.approvals.lifecycle import Said
from placet.approvals.overriding import looked_at_later, may_override, override, skipped
from placet.errors import AccessDenied, InvalidState
from placet.model import AccessYield, Actor, InOrder, parse_reviews

PEOPLE = People(qa="ana bo", boss="max")
MAX = Actor("user:max")
NOW_PLEASE = Said("approve", "the site is down")


def test_it_approves_without_the_reviewers_and_says_so() -> None:
    done = override(asked("2 from group:qa"), MAX, NOW_PLEASE, PEOPLE)
    assert done.approval.status == "approved"
    assert done.approval.resolution is not None
    assert (done.approval.resolution.kind, done.approval.resolution.by) == ("override", "user:max")
    assert done.happened == ("approval.overridden", "approval.approved")


@pytest.mark.parametrize(("allowed", "lasts"), [(3600, 3600), (600, 600), (10**6, 8 * 3600)])
def test_what_it_yields_is_short(allowed: int, lasts: int) -> None:
    approval = asked(
        "1 from group:qa", yields=AccessYield("deployer", 8 * 3600), override_for=allowed
    )
    done = override(approval, MAX, NOW_PLEASE, PEOPLE)
    assert done.grant is not None
    assert done.grant.ends_at == NOW + timedelta(seconds=lasts)


def test_a_pass_of_an_override_is_short_as_well() -> None:
    done = override(asked("1 from group:qa"), MAX, NOW_PLEASE, PEOPLE)
    assert done.grant is not None
    assert done.grant.ends_at == NOW + timedelta(hours=1)


def test_those_who_were_skipped_are_named() -> None:
    once = say(asked("2 from group:qa"), "ana", PEOPLE).approval
    assert skipped(once, PEOPLE) == ("user:bo",)


def test_who_asked_cannot_override() -> None:
    """T36: the right replaces the seats, not the second pair of eyes."""
    with pytest.raises(AccessDenied):
        override(asked("1 from group:qa"), Actor("user:sam"), NOW_PLEASE, PEOPLE)


def test_who_acts_for_whoever_asked_cannot_either() -> None:
    """T35."""
    with pytest.raises(AccessDenied):
        override(
            asked("1 from group:qa"), Actor("user:max", chain=("user:sam",)), NOW_PLEASE, PEOPLE
        )


def test_it_ends_every_stage_at_once() -> None:
    """T36."""
    stages = (parse_reviews("1 from group:qa"), parse_reviews("1 from group:boss"))
    staged = asked(InOrder(of=stages))
    assert override(staged, MAX, NOW_PLEASE, PEOPLE).approval.status == "approved"


def test_who_may_review_their_own_request_may_not_override_it_by_that() -> None:
    """T36: the one is a yes among others, the other replaces them all."""
    own = asked("2 from group:qa", allow_self_review=True, override_by=("user:max",))
    assert not may_override(own, PEOPLE, "user:sam")
    with pytest.raises(AccessDenied):
        say(own, "sam", PEOPLE)


def test_only_those_may_whom_the_policy_names() -> None:
    """T30: no list, nobody."""
    assert not may_override(asked("1 from group:qa"), PEOPLE, "user:max")
    named = asked("1 from group:qa", override_by=("group:boss",))
    assert may_override(named, PEOPLE, "user:max")
    assert not may_override(named, PEOPLE, "user:ana")


def test_a_source_that_cannot_be_told_names_nobody() -> None:
    """T45."""
    broken = People(broken=frozenset({"group:boss"}), boss="max")
    assert not may_override(
        asked("1 from group:qa", override_by=("group:boss",)), broken, "user:max"
    )


def test_nothing_that_has_ended_is_overridden() -> None:
    """T04."""
    over = say(asked("1 from group:qa"), "ana", PEOPLE).approval
    with pytest.raises(InvalidState):
        override(over, MAX, NOW_PLEASE, PEOPLE)


def test_what_was_not_shown_is_not_overridden() -> None:
    """T25."""
    with pytest.raises(InvalidState, match="not what was shown"):
        override(asked("1 from group:qa"), MAX, Said("approve", "now", digest="other"), PEOPLE)


def test_it_is_looked_at_afterwards_by_the_same_people_and_yields_nothing() -> None:
    approval = asked("1 from group:qa")
    later = looked_at_later(approval, MAX, PEOPLE)
    assert (later.overrides, later.status, later.digest) == (approval.id, "pending", "d1")
    done = say(later, "ana", PEOPLE)
    assert (done.approval.status, done.grant) == ("approved", None)


def test_whoever_overrode_does_not_look_at_it() -> None:
    people = People(qa="ana max")
    later = looked_at_later(asked("1 from group:qa"), MAX, people)
    with pytest.raises(AccessDenied):
        say(later, "max", people)
