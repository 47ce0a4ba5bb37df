"""The same call again, under a key of the caller's: one approval, one review (T48)."""

import pytest

from placet import SYSTEM, AlreadyExists, Approval, Invalid, NotFound
from placet.testing import PlacetUnderTest


def _ask(placet: PlacetUnderTest, key: str = "k1", amount: int = 900) -> Approval:
    return placet.approvals.request(
        "invoice.pay", "invoice:7", {"amount": amount}, idempotency_key=key, actor="user:sam"
    )


def test_the_same_key_is_the_same_approval_whatever_has_become_of_it(
    placet: PlacetUnderTest,
) -> None:
    """T48."""
    first = _ask(placet)
    placet.reject(first, by="user:dana")
    again = _ask(placet)
    assert (again.id, again.status) == (first.id, "rejected")
    assert _ask(placet, "k2").id != first.id


def test_a_key_for_something_else_is_refused(placet: PlacetUnderTest) -> None:
    _ask(placet)
    with pytest.raises(AlreadyExists, match="k1"):
        _ask(placet, amount=901)
    assert len(placet.approvals.list(actor=SYSTEM).items) == 1


def test_keys_of_two_callers_do_not_meet(placet: PlacetUnderTest) -> None:
    first = _ask(placet)
    other = placet.approvals.request(
        "invoice.pay", "invoice:7", {"amount": 1}, idempotency_key="k1", actor="user:kim"
    )
    assert other.id != first.id


def test_the_same_review_again_is_the_same_answer_after_it_was_decided(
    placet: PlacetUnderTest,
) -> None:
    """T48."""
    id = _ask(placet).id
    for _ in range(2):
        done = placet.approvals.review(id, "approve", idempotency_key="r1", actor="user:dana")
        assert done.status == "approved"
    assert len(placet.audit.list(kind="approval.reviewed", actor=SYSTEM).items) == 1


def test_a_review_that_was_taken_back_is_not_said_again_by_its_key(
    placet: PlacetUnderTest,
) -> None:
    """T48: a call that comes late, or twice, undoes nothing that was said since."""
    id = _ask(placet).id
    placet.approvals.review(id, "abstain", idempotency_key="r1", actor="user:dana")
    placet.approvals.withdraw(id, actor="user:dana")
    late = placet.approvals.review(id, "abstain", idempotency_key="r1", actor="user:dana")
    assert late.reviews[0].withdrawn_at is not None
    assert len(placet.audit.list(kind="approval.reviewed", actor=SYSTEM).items) == 1


def test_a_key_is_no_way_to_see_what_one_may_not(placet: PlacetUnderTest) -> None:
    id = _ask(placet).id
    with pytest.raises(NotFound):
        placet.approvals.review(id, "approve", idempotency_key="k1", actor="user:eve")


def test_a_key_is_forgotten_after_it_cannot_matter(placet: PlacetUnderTest) -> None:
    first = _ask(placet)
    placet.reject(first, by="user:dana")
    placet.clock.advance("3d")
    placet.sweep()
    assert _ask(placet).id != first.id


@pytest.mark.parametrize("key", ["", " k", "k" * 257])
def test_a_key_that_cannot_be_one_is_refused(placet: PlacetUnderTest, key: str) -> None:
    with pytest.raises(Invalid, match="idempotency key"):
        _ask(placet, key)
