"""What an embedder writes, to the letter; what needs SQL comes with the SQL stores."""

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from placet import AccessDenied, ApprovalRequired, Invalid, Placet
from placet.testing import PlacetUnderTest, engine

POLICY = Path(__file__).with_name("policy.toml")


def test_the_page_that_everybody_reads_first(tmp_path: Path) -> None:
    paid: list[tuple[int, int]] = []
    placet = Placet.open(f"tinydb:///{tmp_path}/app.json", bundle=POLICY)

    assert placet.check("user:sam", "invoice.pay", "invoice:7") is False
    assert placet.check("user:sam", "invoice.read", "invoice:7") is True
    assert placet.decide("user:sam", "invoice.pay", "invoice:7").outcome == "approval_required"
    assert placet.decide("user:dana", "invoice.pay", "invoice:7").outcome == "denied"
    assert "four-eyes" in str(placet.explain("user:sam", "invoice.pay", "invoice:7"))

    @placet.requires("invoice.pay", on="invoice:{id}")
    def pay(id: int, amount: int) -> None:
        paid.append((id, amount))

    with placet.acting("user:sam"):
        try:
            pay(7, amount=900)
        except ApprovalRequired as wanted:
            reply = wanted.as_dict()
    assert set(reply) == {"approval", "status", "url", "why"}
    assert (reply["status"], paid) == ("pending", [])

    placet.review(reply["approval"], "approve", actor="user:dana")
    with placet.acting("user:sam"):
        pay(7, amount=900)
    assert paid == [(7, 900)]

    acme = placet.tenant("acme").at("retail/checkout")
    with pytest.raises(Invalid, match="not registered"):
        acme.check("user:sam", "invoice.pay", "invoice:7")
    placet.close()


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with engine(POLICY) as opened:
        yield opened


def _refused(placet: PlacetUnderTest, amount: int = 900) -> ApprovalRequired:
    with (
        pytest.raises(ApprovalRequired) as refused,
        placet.permit(
            "invoice.pay", on="invoice:7", args={"id": 7, "amount": amount}, actor="user:sam"
        ),
    ):
        pytest.fail("the block must not run")
    return refused.value


def test_opening_does_nothing_before_first_use(tmp_path: Path) -> None:
    threads = threading.active_count()
    placet = Placet.open(f"tinydb:///{tmp_path}/app.json", bundle=tmp_path / "absent.toml")
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads
    placet.close()


def test_the_same_call_again_finds_the_approval_that_it_opened(placet: PlacetUnderTest) -> None:
    assert _refused(placet).approval == _refused(placet).approval
    assert _refused(placet).approval != _refused(placet, amount=901).approval


def test_a_block_runs_once_with_its_pass(placet: PlacetUnderTest) -> None:
    placet.approve(_refused(placet), by="user:dana")
    with placet.permit(
        "invoice.pay", on="invoice:7", args={"id": 7, "amount": 900}, actor="user:sam"
    ) as permit:
        assert permit.grant is not None
    assert _refused(placet).status == "pending"


def test_a_pass_is_used_up_even_if_the_block_fails(placet: PlacetUnderTest) -> None:
    placet.approve(_refused(placet), by="user:dana")
    with (
        pytest.raises(ZeroDivisionError),
        placet.permit(
            "invoice.pay", on="invoice:7", args={"id": 7, "amount": 900}, actor="user:sam"
        ),
    ):
        raise ZeroDivisionError
    assert _refused(placet).status == "pending"


def test_a_rejected_call_stays_refused_with_the_reviewers_words(placet: PlacetUnderTest) -> None:
    placet.reject(_refused(placet), by="user:dana", comment="not on a Friday")
    with (
        pytest.raises(AccessDenied, match="not on a Friday"),
        placet.permit(
            "invoice.pay", on="invoice:7", args={"id": 7, "amount": 900}, actor="user:sam"
        ),
    ):
        pytest.fail("the block must not run")


def test_asking_on_purpose_has_a_rejected_call_looked_at_anew(placet: PlacetUnderTest) -> None:
    placet.reject(_refused(placet), by="user:dana")
    args = {"id": 7, "amount": 900}
    anew = placet.request("invoice.pay", "invoice:7", args, actor="user:sam")
    assert _refused(placet).approval == anew.id


def test_a_call_that_is_denied_opens_nothing(placet: PlacetUnderTest) -> None:
    assert not placet.check("user:eve", "invoice.pay", "invoice:7")
    before = placet.store.head(placet.account)
    with pytest.raises(AccessDenied), placet.permit("invoice.pay", "invoice:7", actor="user:eve"):
        pytest.fail("the block must not run")
    assert placet.store.head(placet.account) == before


def test_an_expired_pass_does_not_open(placet: PlacetUnderTest) -> None:
    placet.approve(_refused(placet), by="user:dana")
    placet.clock.advance("2h")
    assert _refused(placet).status == "pending"


def test_who_has_lost_the_right_cannot_use_the_pass(placet: PlacetUnderTest) -> None:
    """T20: what is asked is decided anew at the use."""
    from placet import SYSTEM

    placet.approve(_refused(placet), by="user:dana")
    placet.roles.delete("clerk", cascade=True, actor=SYSTEM)
    with (
        pytest.raises(AccessDenied),
        placet.permit(
            "invoice.pay", on="invoice:7", args={"id": 7, "amount": 900}, actor="user:sam"
        ),
    ):
        pytest.fail("the block must not run")


def test_a_call_without_anybody_acting_is_refused(placet: PlacetUnderTest) -> None:
    @placet.requires("invoice.read")
    def read() -> str:
        return "read"

    with pytest.raises(Invalid, match="no actor"):
        read()
    with placet.acting("user:sam"):
        assert read() == "read"


def test_all_arguments_are_bound_however_they_are_passed(placet: PlacetUnderTest) -> None:
    """T24: defaulted arguments are part of what is approved."""

    @placet.requires("invoice.pay", on="invoice:{id}")
    def pay(id: int, amount: int = 900) -> str:
        return "paid"

    with placet.acting("user:sam"):
        with pytest.raises(ApprovalRequired) as first:
            pay(7)
        with pytest.raises(ApprovalRequired) as second:
            pay(amount=900, id=7)
    assert first.value.approval == second.value.approval


def test_an_unbound_argument_may_change_and_must_be_one(placet: PlacetUnderTest) -> None:
    """T24: what is left out is listed, never guessed."""

    @placet.requires("invoice.pay", on="invoice:{id}", unbound=["note"])
    def pay(id: int, note: object) -> str:
        return "paid"

    with placet.acting("user:sam"):
        with pytest.raises(ApprovalRequired) as first:
            pay(7, object())
        with pytest.raises(ApprovalRequired) as second:
            pay(7, "other")
    assert first.value.approval == second.value.approval
    with pytest.raises(Invalid, match="has no argument 'nota'"):
        placet.requires("invoice.pay", unbound=["nota"])(pay)


def test_an_argument_that_cannot_be_shown_is_refused(placet: PlacetUnderTest) -> None:
    @placet.requires("invoice.pay", on="invoice:{id}")
    def pay(id: int, note: object) -> str:
        return "paid"

    with placet.acting("user:sam"), pytest.raises(Invalid, match="cannot be written as JSON"):
        pay(7, object())


def test_a_coroutine_is_protected_when_it_is_awaited(placet: PlacetUnderTest) -> None:
    @placet.requires("invoice.pay", on="invoice:{id}")
    async def pay(id: int) -> str:
        return f"paid {id}"

    async def story() -> str:
        with placet.acting("user:sam"):
            with pytest.raises(ApprovalRequired) as wanted:
                await pay(7)
            placet.approve(wanted.value, by="user:dana")
            return await pay(7)

    assert asyncio.run(story()) == "paid 7"


def test_a_generator_is_refused_where_it_is_decorated(placet: PlacetUnderTest) -> None:
    def rows() -> Iterator[int]:
        yield 1

    with pytest.raises(Invalid, match="is a generator"):
        placet.requires("invoice.read")(rows)


def test_a_template_that_names_no_argument_is_refused_where_it_is_decorated(
    placet: PlacetUnderTest,
) -> None:
    with pytest.raises(Invalid, match="names 'number'"):

        @placet.requires("invoice.pay", on="invoice:{number}")
        def pay(id: int) -> None: ...


def test_tasks_act_as_who_started_them(placet: PlacetUnderTest) -> None:
    @placet.requires("invoice.read")
    def read() -> str:
        return "read"

    with placet.acting("user:sam"):
        context = contextvars.copy_context()
    assert context.run(read) == "read"
    seen: list[object] = []

    def elsewhere() -> None:
        try:
            seen.append(read())
        except Invalid as error:
            seen.append(error)

    with placet.acting("user:sam"):
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join(timeout=10)
    assert isinstance(seen[0], Invalid)


def test_the_refusal_links_to_where_people_look(tmp_path: Path) -> None:
    placet = engine(POLICY, approval_url="https://example.com/{account}/{id}")
    refused = _refused(placet)
    assert refused.as_dict()["url"] == f"https://example.com/default/{refused.approval}"


@pytest.mark.parametrize("account", ["", "a.b", "a/b", "é", "a b", "a:b"])
def test_an_account_is_a_part_of_a_token(account: str) -> None:
    with pytest.raises(Invalid, match="account"):
        Placet.open(account=account)
    with pytest.raises(Invalid, match="account"):
        Placet.open().tenant(account)


def test_a_closed_directory_refuses_who_is_not_in_it() -> None:
    placet = engine(POLICY, directory="closed")
    assert placet.check("user:sam", "invoice.read", "invoice:7")
    why = placet.explain("user:nobody", "invoice.read", "invoice:7")
    assert why.reasons[0].code == "principal_unknown"


def test_a_resource_of_another_type_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="about 'invoice'"):
        placet.check("user:sam", "invoice.read", "order:7")


def test_an_unknown_consistency_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="consistency"):
        placet.check("user:sam", "invoice.read", consistency="eventual")  # type: ignore[arg-type]  # what is refused
