"""One approval through two surfaces at once, the native one and its vendor's: one outcome."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from falcon import testing
from iacm_client import BODY, Caller

from placet import SYSTEM
from placet.testing import PlacetUnderTest

TIMES = 60
APPROVALS = "/placet/v1/accounts/default/approvals"


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    """A turn of the usual 5 ms is longer than a request: two of them would never meet."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def both(*calls: Callable[[], testing.Result]) -> list[testing.Result]:
    start = threading.Barrier(len(calls))
    results: dict[int, testing.Result] = {}

    def run(at: int) -> None:
        start.wait()
        results[at] = calls[at]()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [results[at] for at in range(len(calls))]


def test_it_is_seen_and_decided_natively(iacm: Caller) -> None:
    id = iacm.create()
    shown = iacm("GET", f"{APPROVALS}/{id}").json
    assert (shown["status"], shown["labels"]) == ("pending", BODY)
    iacm("POST", f"{APPROVALS}/{id}/reviews", json={"verdict": "approve"})
    assert iacm.status(id) == "approved"
    assert iacm("GET", f"{APPROVALS}/{id}").json["status"] == "approved"


def test_two_who_settle_it_at_once_make_one_outcome(iacm: Caller, placet: PlacetUnderTest) -> None:
    for who in ("ana", "bo"):
        iacm.token(who)
    for number in range(TIMES):
        id = iacm.create(pipeline_execution_id=f"e{number}")
        natively = f"{APPROVALS}/{id}/reviews"
        here, there = both(
            lambda id=id: iacm.settle(id, "approved", by="ana"),  # type: ignore[misc]  # bound now
            lambda path=natively: iacm("POST", path, by="bo", json={"verdict": "reject"}),  # type: ignore[misc]  # bound now
        )
        assert sorted((here.status_code, there.status_code)) == [200, 409]
        word = "approved" if here.status_code == 200 else "rejected"
        assert iacm.status(id) == iacm("GET", f"{APPROVALS}/{id}").json["status"] == word
        ends = [
            event.kind
            for event in placet.audit.list(approval=id, actor=SYSTEM).items
            if event.kind in ("approval.approved", "approval.rejected")
        ]
        assert ends == [f"approval.{word}"]


def test_two_who_create_the_same_at_once_open_one(iacm: Caller) -> None:
    for number in range(TIMES):
        body = {**BODY, "pipeline_execution_id": f"e{number}"}
        results = both(
            lambda body=body: iacm("POST", by="plugin", json=body),  # type: ignore[misc]  # bound now
            lambda body=body: iacm("POST", by="ana", json=body),  # type: ignore[misc]  # bound now
        )
        assert sorted(result.status_code for result in results) == [200, 409]
        assert len(iacm.listed(f"?pipeline_execution_id=e{number}")) == 1
