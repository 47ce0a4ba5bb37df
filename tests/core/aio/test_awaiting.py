"""An engine for asyncio: the loop never waits for the store, and nothing else is different."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type

import pytest
from told_store import Told

from placet import (
    SYSTEM,
    AccessDenied,
    ApprovalRequired,
    Invalid,
    Permission,
    Placet,
    Role,
)
from placet.aio import AsyncPlacet
from placet.services.approval_reading import ApprovalExplanation
from placet.services.base import Listing
from placet.testing import engine

POLICY = Path(__file__).parents[1] / "engine" / "policy.toml"
CALL: dict[str, Any] = {"on": "invoice:7", "args": {"id": 7, "amount": 900}}


def _open(told: Told | None = None) -> Coroutine[Any, Any, AsyncPlacet]:
    told = told or Told()
    return AsyncPlacet.open("told://", bundle=POLICY, plugins=[told])


async def _refused(placet: AsyncPlacet) -> str:
    """The approval that sam's payment waits for."""
    with pytest.raises(ApprovalRequired) as refused:
        async with placet.permit("invoice.pay", **CALL, actor="user:sam"):
            pytest.fail("the block must not run")
    assert refused.value.approval is not None
    return refused.value.approval


class Held:
    """Holds a store up at one method: `reached` is set there, and it goes on once `let_go` is."""

    def __init__(self, told: Told, method: str) -> None:
        self.reached = threading.Event()
        self.let_go = threading.Event()
        told.tell = lambda name: self._hold() if name == method else None

    def _hold(self) -> None:
        self.reached.set()
        assert self.let_go.wait(30)


def test_the_page_that_everybody_reads_first_awaited() -> None:
    async def story() -> None:
        paid: list[tuple[int, int]] = []
        async with await AsyncPlacet.open("memory://", bundle=POLICY) as placet:
            assert placet.check("user:sam", "invoice.read", "invoice:7") is True
            outcome = placet.decide("user:sam", "invoice.pay", "invoice:7").outcome
            assert outcome == "approval_required"
            assert "four-eyes" in str(await placet.explain("user:sam", "invoice.pay", "invoice:7"))

            @placet.requires("invoice.pay", on="invoice:{id}")
            async def pay(id: int, amount: int) -> None:
                paid.append((id, amount))

            with placet.acting("user:sam"):
                with pytest.raises(ApprovalRequired) as wanted:
                    await pay(7, amount=900)
                reply = wanted.value.as_dict()
                assert paid == []
                await placet.review(reply["approval"], "approve", actor="user:dana")
                await pay(7, amount=900)
            assert paid == [(7, 900)]

    asyncio.run(story())


def test_the_thread_of_the_loop_never_asks_the_store() -> None:
    async def story() -> None:
        told = Told()
        loop_thread = threading.get_ident()
        asked: list[str] = []

        def tell(name: str) -> None:
            assert threading.get_ident() != loop_thread, f"{name} was called by the loop"
            asked.append(name)

        told.tell = tell
        async with await _open(told) as placet:
            assert not placet.check("user:sam", "invoice.pay", "invoice:7")
            assert placet.decide("user:sam", "invoice.read", "invoice:7").allowed
            approval = await _refused(placet)
            with placet.acting("user:sam"):
                assert (await placet.wait(approval, 0)).status == "pending"
                assert await placet.approvals.seen_with("invoice.read").list() is not None
            other = await placet.tenant("acme")
            with pytest.raises(Invalid, match="not registered"):
                other.check("user:sam", "invoice.pay")
            await placet.catch_up()
            for page in (placet.roles, placet.users, placet.policies, placet.gates, placet.audit):
                await page.list(actor=SYSTEM)
        assert {"head", "get", "find", "commit", "events", "close"} <= {*asked}

    asyncio.run(story())


def test_an_account_is_loaded_once_it_is_opened() -> None:
    async def story() -> None:
        told = Told()
        placet = await _open(told)
        other = await placet.tenant("acme")
        told.tell = lambda name: pytest.fail(f"{name} was called")
        assert placet.check("user:sam", "invoice.read", "invoice:7")
        assert placet.at("retail").check("user:sam", "invoice.read", "invoice:7")
        with pytest.raises(Invalid, match="not registered"):
            other.check("user:sam", "invoice.read")

    asyncio.run(story())


def test_the_loop_goes_on_while_the_store_is_asked() -> None:
    async def story() -> str:
        told = Told()
        async with await _open(told) as placet:

            @placet.requires("invoice.read")
            async def read() -> str:
                return "read"

            held = Held(told, "events")
            with placet.acting("user:sam"):
                reading = asyncio.create_task(read())
            await asyncio.to_thread(held.reached.wait, 30)
            assert not reading.done()
            assert placet.check("user:sam", "invoice.read")
            held.let_go.set()
            return await reading

    assert asyncio.run(story()) == "read"


def test_tasks_act_each_for_themselves() -> None:
    async def story() -> list[object]:
        async with await _open() as placet:
            both = asyncio.Barrier(2)

            @placet.requires("invoice.read")
            async def read() -> str:
                return "read"

            async def act(who: str) -> object:
                with placet.acting(who):
                    await both.wait()
                    try:
                        return await read()
                    except AccessDenied:
                        return "denied"

            return [*await asyncio.gather(act("user:sam"), act("user:dana"))]

    assert asyncio.run(story()) == ["read", "denied"]


def test_a_task_acts_as_who_started_it_and_nobody_outside_does() -> None:
    async def story() -> None:
        async with await _open() as placet:

            @placet.requires("invoice.read")
            async def read() -> str:
                return "read"

            with placet.acting("user:sam"):
                started = asyncio.create_task(read())
            assert await started == "read"
            with pytest.raises(Invalid, match="no actor"):
                await read()

    asyncio.run(story())


def test_a_pass_is_taken_before_the_first_line_of_the_block() -> None:
    async def story() -> None:
        async with await _open() as placet:
            await placet.review(await _refused(placet), "approve", actor="user:dana")
            async with placet.permit("invoice.pay", **CALL, actor="user:sam") as permit:
                assert permit.grant is not None
                grant = await placet.grants.get(permit.grant, actor=SYSTEM)
                assert grant.status == "consumed"
            await _refused(placet)

    asyncio.run(story())


def test_a_plain_function_is_refused_where_it_is_decorated() -> None:
    async def story() -> None:
        async with await _open() as placet:

            def read() -> str:
                return "read"

            with pytest.raises(Invalid, match="hold up the event loop"):
                placet.requires("invoice.read")(read)  # type: ignore[arg-type]  # what is refused
            protected = placet.blocking.requires("invoice.read")(read)
            with placet.acting("user:sam"):
                assert await asyncio.to_thread(protected) == "read"

    asyncio.run(story())


def test_what_a_service_does_in_its_own_way_it_does_so_here() -> None:
    """Credentials leave their service without the hash, which other records do not have."""

    async def story() -> None:
        async with await _open() as placet:
            issued = await placet.credentials.issue("user:sam", id="laptop", actor=SYSTEM)
            assert issued.token
            assert (await placet.credentials.get("laptop", actor=SYSTEM)).secret_hash == ""
            assert (await placet.credentials.delete("laptop", actor=SYSTEM)).secret_hash == ""

    asyncio.run(story())


def test_what_is_awaited_has_the_type_of_what_blocks() -> None:
    """mypy reads this one; a wrong argument is an error there, too."""

    async def story() -> None:
        async with await _open() as placet:
            assert_type(await placet.roles.get("clerk", actor=SYSTEM), Role)
            assert_type(await placet.roles.list(actor=SYSTEM), Listing[Role])
            assert_type(
                await placet.approvals.explain(await _refused(placet), actor="user:sam"),
                ApprovalExplanation,
            )
            assert_type(await placet.check_many([]), tuple[bool, ...])
            with pytest.raises(TypeError):
                await placet.users.create(Role(id="clerk"), actor=SYSTEM, scop="")  # type: ignore[arg-type, call-arg]  # what is refused

    asyncio.run(story())


def test_a_use_case_is_authorized_as_ever() -> None:
    async def story() -> None:
        async with await _open() as placet:
            with pytest.raises(AccessDenied):
                await placet.roles.delete("clerk", cascade=True, actor="user:sam")

    asyncio.run(story())


def test_to_catch_up_is_to_know_what_others_have_committed() -> None:
    async def story() -> None:
        told = Told()
        async with await _open(told) as placet:
            other = Placet.open("told://", plugins=[told])
            other.permissions.create(Permission.dotted("order.read"), actor=SYSTEM)
            with pytest.raises(Invalid, match="not registered"):
                placet.check("user:sam", "order.read")
            await placet.catch_up("latest")
            assert not placet.check("user:sam", "order.read")

    asyncio.run(story())


def test_a_cancelled_await_may_have_committed() -> None:
    async def story() -> None:
        told = Told()
        async with await _open(told) as placet:
            held = Held(told, "commit")
            asking = asyncio.create_task(
                placet.request("invoice.pay", "invoice:7", {"id": 7}, actor="user:sam")
            )
            await asyncio.to_thread(held.reached.wait, 30)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            held.let_go.set()
            found = await placet.request("invoice.pay", "invoice:7", {"id": 7}, actor="user:sam")
            events = await placet.audit.list(approval=found.id, actor=SYSTEM)
            assert [event.kind for event in events.items] == ["approval.requested"]

    asyncio.run(story())


@pytest.mark.parametrize("ends", ["review", "cancel"])
def test_waiting_ends_with_the_approval(ends: str) -> None:
    async def story() -> str:
        async with await _open() as placet:
            approval = await _refused(placet)
            waiting = asyncio.create_task(placet.wait(approval, 60, actor="user:sam"))
            if ends == "review":
                await placet.review(approval, "approve", actor="user:dana")
            else:
                await placet.approvals.cancel(approval, actor="user:sam")
            return (await waiting).status

    assert asyncio.run(story()) == ("approved" if ends == "review" else "cancelled")


def test_time_that_is_over_returns_it_pending() -> None:
    async def story() -> str:
        async with await _open() as placet:
            return (await placet.wait(await _refused(placet), 0.001, actor="user:sam")).status

    assert asyncio.run(story()) == "pending"


def test_an_engine_for_tests_can_be_awaited_and_its_clock_moved() -> None:
    async def story() -> str:
        under_test = engine(POLICY)
        async with AsyncPlacet(under_test) as placet:
            approval = await _refused(placet)
            under_test.clock.advance("8h")
            return (await placet.wait(approval, 60, actor="user:sam")).status

    assert asyncio.run(story()) == "expired"


def test_who_waits_holds_no_thread_up() -> None:
    """The loop has some 30 threads at the most: with one each, nobody could review."""

    async def story() -> set[str]:
        async with await _open() as placet:
            approval = await _refused(placet)
            waiting = [
                asyncio.create_task(placet.wait(approval, 60, actor="user:sam")) for _ in range(200)
            ]
            await placet.review(approval, "approve", actor="user:dana")
            return {(await one).status for one in waiting}

    assert asyncio.run(story()) == {"approved"}


def test_an_engine_that_cannot_be_loaded_is_closed(tmp_path: Path) -> None:
    async def story() -> list[str]:
        told = Told()
        asked: list[str] = []
        told.tell = asked.append
        broken = tmp_path / "broken.toml"
        broken.write_text("permissions = 7")
        with pytest.raises(Invalid):
            await AsyncPlacet.open("told://", bundle=broken, plugins=[told])
        return asked

    assert asyncio.run(story())[-1:] == ["close"]


def test_an_engine_whose_opening_is_cancelled_is_closed() -> None:
    async def story() -> None:
        told = Told()
        asked: list[str] = []
        held = Held(told, "head")
        opening = asyncio.create_task(_open(told))
        await asyncio.to_thread(held.reached.wait, 30)
        told.tell = asked.append
        opening.cancel()
        held.let_go.set()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert asked[-1] == "close"

    asyncio.run(story())
