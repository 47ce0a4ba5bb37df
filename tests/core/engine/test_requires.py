"""`requires` and `acting`, to the letter of what an embedder reads first (design, section 7)."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from placet import SYSTEM, AccessDenied, ApprovalRequired, Invalid, Role
from placet.testing import PlacetUnderTest, engine

POLICY = Path(__file__).with_name("policy.toml")


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with engine(POLICY) as opened:
        yield opened


class Bank:
    """A protected function and what it has done."""

    def __init__(self, placet: PlacetUnderTest) -> None:
        self.placet = placet
        self.paid: list[tuple[int, int]] = []
        self.broken = False

        @placet.requires("invoice.pay", on="invoice:{id}")
        def pay(id: int, amount: int) -> str:
            """Pay an invoice."""
            if self.broken:
                raise ConnectionError
            self.paid.append((id, amount))
            return f"paid {amount}"

        self.pay = pay

    def refused(self, id: int = 7, amount: int = 900) -> ApprovalRequired:
        with self.placet.acting("user:sam"), pytest.raises(ApprovalRequired) as refused:
            self.pay(id, amount)
        return refused.value


@pytest.fixture
def bank(placet: PlacetUnderTest) -> Bank:
    return Bank(placet)


def test_a_yes_is_for_these_arguments_and_for_one_call(placet: PlacetUnderTest, bank: Bank) -> None:
    placet.approve(bank.refused(), by="user:dana")
    assert {bank.refused(amount=901).status, bank.refused(id=8).status} == {"pending"}
    with placet.acting("user:sam"):
        assert bank.pay(7, 900) == "paid 900"
    assert bank.refused().status == "pending"
    assert bank.paid == [(7, 900)]


def test_a_yes_is_for_who_asked(placet: PlacetUnderTest, bank: Bank) -> None:
    placet.approve(bank.refused(), by="user:dana")
    with placet.acting("user:dana"), pytest.raises(AccessDenied):
        bank.pay(7, 900)
    assert bank.paid == []


def test_the_pass_is_taken_before_the_body_and_not_given_back(
    placet: PlacetUnderTest, bank: Bank
) -> None:
    placet.approve(bank.refused(), by="user:dana")
    bank.broken = True
    with placet.acting("user:sam"), pytest.raises(ConnectionError):
        bank.pay(7, 900)
    (grant,) = placet.grants.list(actor=SYSTEM).items
    assert grant.status == "consumed"
    assert bank.refused().status == "pending"


def test_a_rejected_call_is_refused_until_it_is_asked_for_on_purpose(
    placet: PlacetUnderTest, bank: Bank
) -> None:
    placet.reject(bank.refused(), by="user:dana", comment="not on a Friday")
    with placet.acting("user:sam"):
        for _ in range(2):
            with pytest.raises(AccessDenied, match="not on a Friday"):
                bank.pay(7, 900)
        anew = placet.request("invoice.pay", "invoice:7", {"id": 7, "amount": 900})
        assert bank.refused().approval == anew.id
        placet.approve(anew, by="user:dana")
        assert bank.pay(7, 900) == "paid 900"


def test_what_was_asked_for_before_is_found_by_the_call(
    placet: PlacetUnderTest, bank: Bank
) -> None:
    args = {"id": 7, "amount": 900}
    asked = placet.request("invoice.pay", "invoice:7", args, actor="user:sam")
    assert bank.refused().approval == asked.id


def test_a_call_whose_approval_has_expired_opens_another(
    placet: PlacetUnderTest, bank: Bank
) -> None:
    first = bank.refused().approval
    placet.clock.advance("8h")
    assert bank.refused().approval != first


def test_a_call_that_python_would_refuse_asks_nobody(placet: PlacetUnderTest, bank: Bank) -> None:
    with placet.acting("user:sam"):
        before = placet.store.head(placet.account)
        with pytest.raises(TypeError):
            bank.pay(7)  # type: ignore[call-arg]  # what is refused
    assert placet.store.head(placet.account) == before


def test_arguments_of_any_number_are_all_bound(placet: PlacetUnderTest) -> None:
    @placet.requires("invoice.pay")
    def pay(*ids: int, **options: int) -> None: ...

    def approval(*ids: int, **options: int) -> str | None:
        with placet.acting("user:sam"), pytest.raises(ApprovalRequired) as refused:
            pay(*ids, **options)
        return refused.value.approval

    assert approval(7, 8, amount=900) == approval(7, 8, amount=900)
    different = {approval(7, 8, amount=900), approval(8, 7, amount=900), approval(7, amount=900)}
    assert len(different | {approval(7, 8, amount=901), approval(7, 8)}) == 5


class Invoice(NamedTuple):
    id: int


def test_what_names_the_resource_is_bound_by_it_even_if_listed_as_unbound(
    placet: PlacetUnderTest,
) -> None:
    @placet.requires("invoice.pay", on="invoice:{invoice.id}", unbound=["invoice"])
    def pay(invoice: Invoice) -> int:
        return invoice.id

    with placet.acting("user:sam"):
        with pytest.raises(ApprovalRequired) as refused:
            pay(Invoice(7))
        placet.approve(refused.value, by="user:dana")
        with pytest.raises(ApprovalRequired):
            pay(Invoice(8))
        assert pay(Invoice(7)) == 7


def test_the_object_of_a_method_is_an_argument_like_any_other(placet: PlacetUnderTest) -> None:
    class Till:
        @placet.requires("invoice.read")
        def bound(self) -> str:
            return "read"

        @placet.requires("invoice.read", unbound=["self"])
        def unbound(self) -> str:
            return "read"

    with placet.acting("user:sam"):
        with pytest.raises(Invalid, match="cannot be written as JSON"):
            Till().bound()
        assert Till().unbound() == "read"


def test_it_is_asked_in_the_scope_that_is_named_or_bound(placet: PlacetUnderTest) -> None:
    @placet.requires("invoice.pay", scope="retail")
    def named() -> None: ...

    @placet.at("retail/checkout").requires("invoice.pay")
    def bound() -> None: ...

    for function, scope in ((named, "retail"), (bound, "retail/checkout")):
        with placet.acting("user:sam"), pytest.raises(ApprovalRequired) as refused:
            function()
        assert refused.value.approval is not None
        assert placet.approvals.get(refused.value.approval, actor=SYSTEM).scope == scope


def test_a_protected_function_looks_like_itself(bank: Bank) -> None:
    assert (bank.pay.__name__, bank.pay.__doc__) == ("pay", "Pay an invoice.")
    assert [*inspect.signature(bank.pay).parameters] == ["id", "amount"]


def test_an_asynchronous_generator_is_refused_where_it_is_decorated(
    placet: PlacetUnderTest,
) -> None:
    async def rows() -> AsyncIterator[int]:
        yield 1

    with pytest.raises(Invalid, match="is a generator"):
        placet.requires("invoice.read")(rows)


def test_one_pass_lets_one_of_many_tasks_run(placet: PlacetUnderTest) -> None:
    runs: list[int] = []

    @placet.requires("invoice.pay", on="invoice:{id}")
    async def pay(id: int) -> None:
        runs.append(id)

    async def story() -> list[Any]:
        with placet.acting("user:sam"):
            refused = await asyncio.gather(*(pay(7) for _ in range(5)), return_exceptions=True)
            (approval,) = {error.approval for error in refused}  # type: ignore[union-attr]  # all are refusals
            placet.approve(approval, by="user:dana")
            return await asyncio.gather(*(pay(7) for _ in range(5)), return_exceptions=True)

    outcomes = asyncio.run(story())
    assert (runs, outcomes.count(None)) == ([7], 1)
    others = {outcome.approval for outcome in outcomes if isinstance(outcome, ApprovalRequired)}
    assert len(others) == 1


def test_who_acts_inside_of_another_acts_until_the_end_of_the_block(
    placet: PlacetUnderTest,
) -> None:
    with placet.acting("user:sam"):
        with suppress(ZeroDivisionError), placet.acting("user:dana") as dana:
            assert dana.principal == "user:dana"
            raise ZeroDivisionError
        asked = placet.request("invoice.pay", "invoice:7")
    assert asked.requester == "user:sam"


def test_who_acts_in_one_account_acts_in_no_other(placet: PlacetUnderTest) -> None:
    acme = placet.tenant("acme")
    with placet.acting("user:sam"), pytest.raises(Invalid, match="no actor"):
        acme.roles.create(Role(id="clerk"))


def test_who_acts_on_one_engine_acts_on_no_other(placet: PlacetUnderTest) -> None:
    with (
        engine(POLICY) as other,
        placet.acting("user:sam"),
        pytest.raises(Invalid, match="no actor"),
    ):
        other.request("invoice.pay", "invoice:7")


def test_who_acts_on_an_engine_acts_on_every_view_of_the_account(placet: PlacetUnderTest) -> None:
    with placet.acting("user:sam"):
        asked = placet.tenant("default").at("retail").request("invoice.pay", "invoice:7")
    assert asked.requester == "user:sam"
