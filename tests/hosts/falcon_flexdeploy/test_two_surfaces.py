"""One gate through two surfaces at once, the native one and its vendor's: one outcome."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from falcon import testing
from flexdeploy_client import Operator

from placet import SYSTEM, Assignment
from placet.testing import PlacetUnderTest

TIMES = 60


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A turn of the usual 5 ms is longer than a request: two of them would never meet."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_two_who_decide_at_once_make_one_outcome(
    operator: Operator, placet: PlacetUnderTest
) -> None:
    placet.assignments.create(
        Assignment(id="ina2", principal="user:ina", role="release-manager"), actor=SYSTEM
    )
    with ThreadPoolExecutor(2) as pool:
        for snapshot in range(TIMES):
            id = operator.arrives(snapshot)
            start = Barrier(2)

            def here(start: Barrier = start, query: str = f"?snapshotId={snapshot}") -> int:
                start.wait()
                return operator.says("APPROVED", query).status_code

            def there(start: Barrier = start, id: str = id) -> testing.Result:
                start.wait()
                path = f"/placet/v1/accounts/default/approvals/{id}/reviews"
                return operator(path, by="ina", json={"verdict": "reject"})

            one, other = pool.submit(here), pool.submit(there)
            answers = (one.result(60), other.result(60).status_code)
            assert answers in ((201, 409), (400, 200))
            word = "approved" if answers[0] == 201 else "rejected"
            assert operator.status(id) == word
            kinds = [event.kind for event in placet.audit.list(approval=id, actor=SYSTEM).items]
            assert kinds == ["approval.requested", "approval.reviewed", f"approval.{word}"]
