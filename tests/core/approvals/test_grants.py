"""Grants end by themselves; a pass is used once, by its principal, for its digest."""

from datetime import timedelta

import msgspec
import pytest
from approval_worlds import NOW, People, asked, say

from placet.approvals.grants import grant_status, revoke, take
from placet.errors import AccessDenied, InvalidState
from placet.model import Grant

PEOPLE = People(qa="ana")
HOUR = timedelta(hours=1)


@pytest.fixture
def grant() -> Grant:
    done = say(asked("1 from group:qa", use_within=3600), "ana", PEOPLE)
    assert done.grant is not None
    return done.grant


def test_a_pass_is_used_once(grant: Grant) -> None:
    """Failure mode 40."""
    used = take(grant, "user:sam", "d1", NOW)
    assert used.status == "consumed"
    with pytest.raises(InvalidState, match="consumed"):
        take(used, "user:sam", "d1", NOW)


def test_a_pass_is_for_its_principal(grant: Grant) -> None:
    """T26, T41."""
    with pytest.raises(AccessDenied, match="not a pass of user:eve"):
        take(grant, "user:eve", "d1", NOW)


def test_a_pass_is_for_its_digest(grant: Grant) -> None:
    """T20, T26, failure mode 40."""
    with pytest.raises(AccessDenied, match="ask again"):
        take(grant, "user:sam", "d2", NOW)


def test_a_pass_lasts_from_its_approval() -> None:
    """T16: and not from when it was asked for."""
    asked_early = asked("1 from group:qa", use_within=3600)
    done = say(asked_early, "ana", PEOPLE, at=NOW + 5 * HOUR)
    assert done.grant is not None
    assert (done.grant.starts_at, done.grant.ends_at) == (NOW + 5 * HOUR, NOW + 6 * HOUR)


def test_a_pass_ends_by_itself_at_exactly_its_end(grant: Grant) -> None:
    """T19."""
    assert grant_status(grant, NOW + HOUR - timedelta(milliseconds=1)) == "active"
    assert grant_status(grant, NOW + HOUR) == "ended"
    with pytest.raises(InvalidState, match="ended"):
        take(grant, "user:sam", "d1", NOW + HOUR)


def test_a_revoked_grant_stays_revoked(grant: Grant) -> None:
    back = revoke(grant, "user:ana", NOW, "mistake")
    assert grant_status(back, NOW) == "revoked"
    with pytest.raises(InvalidState, match="nothing to revoke"):
        revoke(back, "user:ana", NOW, "")


def test_a_grant_that_starts_later_is_scheduled(grant: Grant) -> None:
    later = msgspec.structs.replace(grant, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    assert grant_status(later, NOW) == "scheduled"
    assert grant_status(later, NOW + HOUR) == "active"
