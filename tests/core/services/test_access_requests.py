"""Access requests: a program asks for a person, all or nothing, and asks again once approved.

The wire of it is specified with the AuthZEN surface; here is what holds for every caller.
"""

from datetime import timedelta

import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    AlreadyExists,
    Assignment,
    Gate,
    Invalid,
    InvalidState,
    NotFound,
    Permission,
    Resource,
    Role,
    ServiceAccount,
)
from placet.services.access_requests import Wish
from placet.services.asking import Ask
from placet.testing import PlacetUnderTest

PEP = "service_account:pep"


def paying(invoice: str = "invoice:7", who: str = "user:sam", amount: int = 900) -> Ask:
    return Ask(who, "invoice.pay", invoice, context={"amount": amount})


@pytest.fixture
def placet(placet: PlacetUnderTest) -> PlacetUnderTest:
    """The office, with a program that may ask for others, and about them."""
    with placet.acting(SYSTEM):
        placet.service_accounts.create(ServiceAccount(id="pep"))
        rights = ("core_approval_requestfor", "core_access_view")
        placet.roles.create(Role(id="asker", permissions=rights))
        placet.assignments.create(Assignment(id="pep", principal=PEP, role="asker"))
    return placet


def test_what_is_asked_for_is_asked_for_the_one_it_is_about(placet: PlacetUnderTest) -> None:
    (asked,) = placet.access_requests.request([Wish(paying())], actor=PEP)
    assert (asked.approval.requester, asked.approval.subject) == (f"{PEP}@/", "user:sam")


def test_one_request_is_for_one_principal(placet: PlacetUnderTest) -> None:
    wishes = [Wish(paying()), Wish(paying(who="user:kim"))]
    with pytest.raises(Invalid, match="one subject"):
        placet.access_requests.request(wishes, actor=PEP)


def test_all_or_nothing_is_asked_for(placet: PlacetUnderTest) -> None:
    wishes = [Wish(paying()), Wish(Ask("user:sam", "invoice.read", "invoice:7"))]
    with pytest.raises(InvalidState, match=r"invoice\.read on invoice:7 already"):
        placet.access_requests.request(wishes, actor=PEP)
    assert placet.approvals.list(actor=SYSTEM).items == ()


@pytest.mark.parametrize("count", [0, 33])
def test_from_one_to_32_wishes(placet: PlacetUnderTest, count: int) -> None:
    with pytest.raises(Invalid, match="from 1 to 32"):
        placet.access_requests.request([Wish(paying())] * count, actor=PEP)


def test_a_key_stands_for_all_of_them(placet: PlacetUnderTest) -> None:
    wishes = [Wish(paying(f"invoice:{number}")) for number in range(3)]

    def asked(count: int) -> list[str]:
        found = placet.access_requests.request(wishes[:count], idempotency_key="k", actor=PEP)
        return [one.approval.id for one in found]

    first = asked(3)
    placet.reject(first[1], by="user:dana")
    assert asked(3) == first
    with pytest.raises(AlreadyExists, match="'k'"):
        asked(2)


def test_what_was_heard_in_time_is_heard_again_later(placet: PlacetUnderTest) -> None:
    until = placet.clock.now() + timedelta(minutes=1)

    def asked(key: str | None) -> str:
        (found,) = placet.access_requests.request(
            [Wish(paying())], offered_until=until, idempotency_key=key, actor=PEP
        )
        return found.approval.id

    first = asked("k")
    placet.clock.advance("1m")
    assert asked("k") == first
    with pytest.raises(InvalidState) as raised:
        asked(None)
    assert raised.value.details == {"outcome": "expired"}


def test_the_right_to_ask_for_others_is_asked_where_the_resource_lives(
    placet: PlacetUnderTest,
) -> None:
    with placet.acting(SYSTEM):
        placet.assignments.delete("pep")
        placet.assignments.create(
            Assignment(id="there", principal=PEP, role="asker@/", scope="retail")
        )
        placet.resources.create(Resource(type="invoice", id="8", scope="retail"))
    assert placet.access_requests.request([Wish(paying("invoice:8"))], actor=PEP)
    for invoices in (["invoice:7"], ["invoice:8", "invoice:7"]):
        wishes = [Wish(paying(invoice, amount=901)) for invoice in invoices]
        with pytest.raises(AccessDenied, match="core_approval_requestfor"):
            placet.access_requests.request(wishes, actor=PEP)


def test_who_may_not_know_of_one_of_them_learns_of_none(placet: PlacetUnderTest) -> None:
    mine = placet.request("invoice.pay", "invoice:7", actor="user:kim")
    (other,) = placet.access_requests.request([Wish(paying())], actor=PEP)
    with pytest.raises(NotFound):
        placet.access_requests.get([mine.id, other.approval.id], actor="user:kim")
    with pytest.raises(NotFound):
        placet.access_requests.cancel([mine.id, other.approval.id], actor="user:kim")
    assert placet.approvals.get(mine.id, actor=SYSTEM).status == "pending"


def test_several_are_cancelled_in_one_commit_or_none(placet: PlacetUnderTest) -> None:
    first = placet.request("invoice.pay", "invoice:7", actor="user:kim")
    other = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    for by in ("user:kim", "user:dana"):
        with pytest.raises((NotFound, AccessDenied)):
            placet.approvals.cancel_all([first.id, other.id], actor=by)
    assert placet.approvals.count(status="pending", actor=SYSTEM) == 2
    placet.approvals.cancel_all([first.id, other.id], actor="user:root")
    assert placet.approvals.count(status="pending", actor=SYSTEM) == 0
    with pytest.raises(InvalidState, match="cancelled"):
        placet.approvals.cancel_all([first.id, other.id], actor="user:root")


def test_an_approval_counts_for_what_was_approved_and_for_who_asked(
    placet: PlacetUnderTest,
) -> None:
    (asked,) = placet.access_requests.request([Wish(paying())], actor=PEP)
    id = placet.approve(asked.approval, by="user:dana").id

    def allowed(question: Ask, by: str = PEP) -> bool:
        return placet.access_requests.reevaluate(question, id, actor=by).allowed

    assert allowed(paying())
    assert allowed(paying(), "user:sam")
    assert not allowed(paying(), "user:root")
    assert not allowed(paying(amount=901))
    assert not allowed(paying("invoice:8"))
    assert not allowed(paying(who="user:kim"))


def test_an_approval_counts_in_its_own_account_only(placet: PlacetUnderTest) -> None:
    """T26."""
    (asked,) = placet.access_requests.request([Wish(paying())], actor=PEP)
    id = placet.approve(asked.approval, by="user:dana").id
    elsewhere = placet.tenant("acme")
    elsewhere.permissions.create(Permission.dotted("invoice.pay"), actor=SYSTEM)
    assert not elsewhere.access_requests.reevaluate(paying(), id, actor=SYSTEM).allowed


def test_the_approval_of_a_gate_is_no_answer_to_a_question(placet: PlacetUnderTest) -> None:
    placet.gates.create(Gate(id="prod", policy="four-eyes"), actor=SYSTEM)
    asked = placet.gates.request("prod", "sha256:0a", actor="user:root")
    placet.approve(asked, by="user:dana")
    question = Ask(
        asked.subject,
        asked.permission,
        asked.resource,
        properties=asked.properties,
        context=asked.arguments,
    )
    again = placet.access_requests.reevaluate(question, asked.id, actor="user:root")
    assert again.grant is None
