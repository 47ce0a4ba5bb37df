"""The same call again, under a key of the caller's: one approval, one review (T48)."""

from typing import Any

import pytest

from placet import (
    SYSTEM,
    AccessDenied,
    AlreadyExists,
    Approval,
    Assignment,
    Gate,
    Invalid,
    NotFound,
)
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


# -- asking a gate ---------------------------------------------------------------------------------

SHA = "sha256:0a1b"


@pytest.fixture
def gated(placet: PlacetUnderTest) -> PlacetUnderTest:
    """A gate `prod` that one of finance opens, and one like it."""
    with placet.acting(SYSTEM):
        for id in ("prod", "test"):
            placet.gates.create(Gate(id=id, policy="four-eyes"))
    return placet


def _ask_gate(
    placet: PlacetUnderTest,
    key: str | None = "k1",
    id: str = "prod",
    digest: str = SHA,
    **said: Any,
) -> Approval:
    return placet.gates.request(id, digest, **said, idempotency_key=key, actor="user:root")


def test_the_same_key_at_a_gate_is_the_same_approval_after_it_was_rejected(
    gated: PlacetUnderTest,
) -> None:
    """T48."""
    first = _ask_gate(gated)
    gated.reject(first, by="user:dana")
    assert (_ask_gate(gated).id, _ask_gate(gated).status) == (first.id, "rejected")
    assert _ask_gate(gated, None).id != first.id


def test_a_call_that_comes_late_asks_no_second_time_for_what_has_passed(
    gated: PlacetUnderTest,
) -> None:
    """T48."""
    first = _ask_gate(gated)
    gated.approve(first, by="user:dana")
    gated.gates.take("prod", SHA, actor="user:root")
    assert _ask_gate(gated).id == first.id
    assert len(gated.approvals.list(actor=SYSTEM).items) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"id": "test"},
        {"digest": "sha256:other"},
        {"labels": {"release": "7"}},
        {"contributors": ["user:finn"]},
        {"on_behalf_of": "user:sam"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_key_of_a_gate_for_something_else_is_refused(
    gated: PlacetUnderTest, other: dict[str, Any]
) -> None:
    _ask_gate(gated)
    with pytest.raises(AlreadyExists, match="key 'k1' was used for something else"):
        _ask_gate(gated, **other)
    assert len(gated.approvals.list(actor=SYSTEM).items) == 1


def test_another_reason_is_the_same_request(gated: PlacetUnderTest) -> None:
    first = _ask_gate(gated, justification="fix")
    assert _ask_gate(gated, justification="fix, again").id == first.id


def test_a_key_of_an_approval_is_not_one_of_a_gate(gated: PlacetUnderTest) -> None:
    pays = Assignment(id="root-pays", principal="user:root", role="clerk")
    gated.assignments.create(pays, actor=SYSTEM)
    gated.approvals.request("invoice.pay", "invoice:7", idempotency_key="k1", actor="user:root")
    with pytest.raises(AlreadyExists):
        _ask_gate(gated)


def test_a_key_of_a_gate_is_forgotten_after_it_cannot_matter(gated: PlacetUnderTest) -> None:
    first = _ask_gate(gated)
    gated.reject(first, by="user:dana")
    gated.clock.advance("3d")
    gated.sweep()
    assert _ask_gate(gated).id != first.id


def test_a_key_that_is_over_answers_nothing_although_nobody_swept(gated: PlacetUnderTest) -> None:
    first = _ask_gate(gated)
    gated.clock.advance("2d")
    assert _ask_gate(gated).id == first.id
    gated.clock.advance("8h")  # two days past the eight hours in which it could be decided
    assert _ask_gate(gated).id != first.id


def test_who_lost_the_right_to_ask_hears_nothing_by_a_key(gated: PlacetUnderTest) -> None:
    _ask_gate(gated)
    gated.assignments.delete("root", actor=SYSTEM)
    with pytest.raises(AccessDenied, match="core_gate_request"):
        _ask_gate(gated)
