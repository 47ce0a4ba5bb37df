"""A token is good for exactly what was denied to exactly that caller, and for nothing altered."""

import base64
from typing import Any

import pytest
from access_requests import DELETE, PEP2, READ, Requester, governed, problem
from authzen_client import ALICE, BOB, BUNDLE, RECORD_1, RECORD_2
from hypothesis import given
from hypothesis import strategies as some

from placet import SYSTEM
from placet.bundle import load

REFUSED = (400, "invalid_denial_binding")
CONTEXT = {"ip": "10.0.0.1", "nested": {"a": [1, 2]}}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(scope="module")
def busy() -> Requester:
    """One service for all examples: what is refused stores nothing."""
    return Requester(governed())


@pytest.fixture(scope="module")
def token(busy: Requester) -> str:
    return busy.token(context=CONTEXT)


@given(data=some.data())
def test_a_token_with_another_letter_is_refused(
    busy: Requester, token: str, data: some.DataObject
) -> None:
    at = data.draw(some.integers(0, len(token) - 1))
    letter = data.draw(some.sampled_from(LETTERS.replace(token[at], "")))
    altered = token[:at] + letter + token[at + 1 :]
    assert problem(busy.ask(altered, context=CONTEXT)) == REFUSED


@given(data=some.data())
def test_a_token_with_another_bit_is_refused(
    busy: Requester, token: str, data: some.DataObject
) -> None:
    packed = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    bit = data.draw(some.integers(0, len(packed) * 8 - 1))
    packed[bit // 8] ^= 1 << bit % 8
    altered = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    assert problem(busy.ask(altered, context=CONTEXT)) == REFUSED


@given(
    text=some.text(some.characters(exclude_categories=["Cs"]), max_size=40)
    | some.text(LETTERS, min_size=1, max_size=200)
)
def test_a_text_that_is_no_token_is_refused(busy: Requester, text: str) -> None:
    assert problem(busy.ask(text, context=CONTEXT)) == REFUSED


@pytest.mark.parametrize(
    "other",
    [
        {"subject": BOB},
        {"action": DELETE},
        {"resource": RECORD_2},
        {"resource": {**RECORD_1, "properties": {"status": "active"}}},
        {"action": {**READ, "properties": {"soft": True}}},
        {"context": {}},
        {"context": {"ip": "10.0.0.1"}},
        {"context": {**CONTEXT, "ip": "10.0.0.2"}},
        {"context": {**CONTEXT, "nested": {"a": [2, 1]}}},
        {"context": {**CONTEXT, "nested": {"a": [1, 2.0]}}},
        {"by": PEP2},
        {"by": "user:alice"},
    ],
    ids=str,
)
def test_a_token_is_refused_with_anything_else(
    busy: Requester, token: str, other: dict[str, Any]
) -> None:
    """T26: for another tuple, another context and another caller."""
    assert problem(busy.ask(token, **{"context": CONTEXT, **other})) == REFUSED


def test_a_token_is_refused_in_another_account(requester: Requester) -> None:
    """T26, also where everybody has the same names there."""
    here = requester.token()
    elsewhere = requester.placet.tenant("acme")
    elsewhere.apply(load(BUNDLE), actor=SYSTEM)
    there = elsewhere.credentials.issue("service_account:pep", actor=SYSTEM).token
    body = {
        "subject": ALICE,
        "action": READ,
        "resource": RECORD_1,
        "denial": {"binding_token": here},
    }
    headers = {"Authorization": f"Bearer {there}"}
    assert problem(requester.post("requests", body, by=None, headers=headers)) == REFUSED


def test_an_evaluation_id_has_to_be_that_of_the_token(requester: Requester) -> None:
    said = requester.evaluated()["context"]
    token = said["access_request"]["binding_token"]
    denial = {"binding_token": token, "evaluation_id": "another"}
    assert problem(requester.ask(token, denial=denial)) == REFUSED
    denial = {"binding_token": token, "evaluation_id": said["evaluation_id"]}
    assert requester.ask(token, denial=denial).status_code == 202


def test_without_a_token_nothing_is_bound(requester: Requester) -> None:
    id = requester.evaluated()["context"]["evaluation_id"]
    for denial in ({}, {"evaluation_id": id}, None):
        assert problem(requester.ask("", denial=denial)) == REFUSED


def test_what_is_added_to_the_context_is_not_part_of_what_is_asked_for(
    requester: Requester,
) -> None:
    token = requester.token(context=CONTEXT)
    added = {**CONTEXT, "business_justification": "renewal", "admin": True}
    assert requester.ask(token, context=added).status_code == 202
    (approval,) = requester.placet.approvals.list(actor=SYSTEM).items
    assert (approval.arguments, approval.justification) == (CONTEXT, "renewal")


def test_properties_of_the_subject_that_do_not_count_may_move(requester: Requester) -> None:
    """The profile lets an actor in them be sent as client.actor instead."""
    token = requester.token(subject={**ALICE, "properties": {"act": "agent"}})
    assert requester.ask(token).status_code == 202


def test_a_token_is_too_old_after_ten_minutes(requester: Requester) -> None:
    token = requester.token()
    requester.placet.clock.advance("10m")
    assert problem(requester.ask(token)) == (410, "expired_denial")
    assert requester.placet.approvals.list(actor=SYSTEM).items == ()


def test_a_token_of_an_older_secret_key_is_good(requester: Requester) -> None:
    token = requester.token()
    newer = ("n" * 32,)
    both = (*newer, *requester.settings.secret_keys)
    assert Requester(requester.placet, secret_keys=both).ask(token).status_code == 202
    assert problem(Requester(requester.placet, secret_keys=newer).ask(token)) == REFUSED
