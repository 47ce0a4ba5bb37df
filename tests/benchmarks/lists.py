"""How long a page of a vendor's list takes, with much behind it: prints a table.

    python tests/benchmarks/lists.py [--approvals 100000] [--assignments 20000] [--json FILE]

In one process, in memory, through the whole WSGI application. The first call of each list builds
the memory store's indexes and is not counted.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from britive_tenant import Tenant, tenant_of_sam
from harness_client import Client
from iacm_client import Caller
from office import office
from vendor_worlds import infrastructure

from placet import SYSTEM, Approval, Assignment
from placet.clock import milliseconds, uuid7
from placet.services.cursors import write_cursor
from placet.services.work import Work
from placet.storage.port import Cursor
from placet.testing import PlacetUnderTest
from placet_falcon.britive.paging import Asked

CALLS = 15


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--approvals", type=int, default=100_000)
    parser.add_argument("--assignments", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    wanted = parser.parse_args()
    rows = [
        *_iacm(wanted.approvals),
        *_britive(wanted.approvals),
        *_assignments(wanted.assignments),
    ]
    for row in rows:
        print(f"{row['list']:42} {row['behind']:>7}  {row['page']:12} {row['p50_ms']:8.1f} ms")
    if wanted.json:
        wanted.json.write_bytes(msgspec.json.encode(rows))


def _iacm(count: int) -> list[dict[str, Any]]:
    caller = Caller(infrastructure())
    id = caller.create()
    placet = caller.placet
    _multiply(placet, placet.approvals.get(id, actor=SYSTEM), count)
    return [
        _row("IaCM approvals", count, f"page {page}", _p50(partial(caller, "GET", path)))
        for page in (1, 1000)
        for path in (f"/approvals?page={page}",)
    ]


def _britive(count: int) -> list[dict[str, Any]]:
    tenant: Tenant = tenant_of_sam()
    one = tenant.placet.approvals.get(tenant.ask(), actor=SYSTEM)
    _multiply(tenant.placet, one, count)
    # A page near the oldest end: as far behind the token as a list of so many goes.
    oldest = Cursor(milliseconds(one.created_at) + 150, "")
    after = write_cursor("newest", oldest) or ""
    rows = []
    for kind, by in (("myRequests", "sam"), ("myApprovals", "ana")):
        token = Asked(kind=kind).token(after)
        for page, query in (("first page", ""), ("oldest page", f"&pageToken={token}")):
            path = f"v1/approvals?requestType={kind}{query}"
            rows.append(_row(f"Britive {kind}", count, page, _p50(partial(tenant.get, path, by))))
    return rows


def _assignments(count: int) -> list[dict[str, Any]]:
    placet = office(directory="closed")

    def fill(work: Work) -> None:
        for number in range(count):
            work.put(Assignment(id=f"a{number}", principal="user:sam", role="clerk@/"))
        work.record("bundle.applied")

    placet.questions.view.tenant.run(SYSTEM, fill)
    client = Client(placet)
    path = "/authz/api/roleassignments?accountIdentifier=default&pageSize=20&pageIndex="
    return [
        _row(
            "Harness role assignments",
            count,
            f"page {page + 1}",
            _p50(partial(client.call, "GET", f"{path}{page}", by="root")),
        )
        for page in (0, 999)
    ]


def _multiply(placet: PlacetUnderTest, one: Approval, count: int) -> None:
    """Store `count` more approvals like `one`, a millisecond apart, in commits of 20,000."""
    for start in range(0, count, 20_000):

        def fill(work: Work, start: int = start) -> None:
            for number in range(start, min(start + 20_000, count)):
                at = one.created_at + timedelta(milliseconds=number)
                work.put(msgspec.structs.replace(one, id=uuid7(at), created_at=at, updated_at=at))
            work.record("bundle.applied")

        placet.questions.view.tenant.run(SYSTEM, fill)


def _p50(call: Callable[[], object]) -> float:
    """The median of a few calls in milliseconds; raises for an answer that is an error."""
    spent = []
    for _ in range(CALLS + 1):
        start = time.perf_counter()
        answer = call()
        spent.append((time.perf_counter() - start) * 1000)
        status = getattr(answer, "status_code", 200)
        if status != 200:
            raise SystemExit(f"a list answered {status}: {getattr(answer, 'text', '')[:200]}")
    return statistics.median(spent[1:])


def _row(name: str, behind: int, page: str, p50: float) -> dict[str, Any]:
    return {"list": name, "behind": behind, "page": page, "p50_ms": round(p50, 2)}


if __name__ == "__main__":
    main()
