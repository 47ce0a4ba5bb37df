"""One approval through two surfaces at once, the native one and its vendor's: one outcome."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from britive_tenant import Tenant
from falcon import testing

from placet import SYSTEM
from placet_falcon import create_app

TIMES = 60


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A turn of the usual 5 ms is longer than a request: two of them would never meet."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_two_who_decide_at_once_make_one_outcome(tenant: Tenant) -> None:
    """T01, T07."""
    native = testing.TestClient(create_app(tenant.placet))
    headers = {"x-api-key": tenant.token("bo")}
    tenant.token("ana")
    with ThreadPoolExecutor(2) as pool:
        for number in range(TIMES):
            id = tenant.ask_resource(f"p{number}")
            start = Barrier(2)

            def here(start: Barrier = start, id: str = id) -> int:
                start.wait()
                return tenant.decide(id, "yes").status_code

            def there(start: Barrier = start, id: str = id) -> int:
                start.wait()
                path = f"/placet/v1/accounts/default/approvals/{id}/reviews"
                said = {"verdict": "reject"}
                result: int = native.simulate_post(path, headers=headers, json=said).status_code
                return result

            one, other = pool.submit(here), pool.submit(there)
            answers = (one.result(60), other.result(60))
            assert answers in ((204, 409), (400, 200))
            word = "APPROVED" if answers[0] == 204 else "REJECTED"
            assert tenant.item(id)["status"] == word
            events = tenant.placet.audit.list(approval=id, actor=SYSTEM).items
            assert [event.kind for event in events][2:] == [f"approval.{word.lower()}"]
