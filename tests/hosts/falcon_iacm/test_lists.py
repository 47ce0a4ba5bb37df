"""Numbered pages, and filters of which all have to hold."""

from itertools import product

import pytest
from iacm_client import Caller

from placet import SYSTEM
from placet.testing import PlacetUnderTest


def many(iacm: Caller, placet: PlacetUnderTest, number: int) -> list[str]:
    """So many approvals, newest first."""
    made = []
    for at in range(number):
        placet.clock.advance("1s")
        made.append(iacm.create(pipeline_execution_id=f"e{at}"))
    return made[::-1]


def test_pages_are_numbered_from_one_and_hold_thirty(iacm: Caller, placet: PlacetUnderTest) -> None:
    made = many(iacm, placet, 35)
    assert iacm.listed() == made[:30]
    assert iacm.listed("?page=1&limit=10") == made[:10]
    assert iacm.listed("?page=4&limit=10") == made[30:]
    assert iacm.listed("?page=5&limit=10") == []
    assert iacm.listed(f"?page={2**52}&limit=1000") == []


def test_an_empty_parameter_is_none(iacm: Caller) -> None:
    id = iacm.create()
    assert iacm.listed("?limit=&page=&workspace=&status_type=&pipeline_stage_id=") == [id]


@pytest.fixture
def grid(iacm: Caller) -> dict[tuple[str, str, str, str], str]:
    """An approval for each mixture of workspace, execution, stage and status."""
    made = {}
    for workspace, execution, stage in product("ab", repeat=3):
        for status in ("approved", "rejected", "pending"):
            made[workspace, execution, stage, status] = iacm.create(
                by="ana",
                workspace_id=workspace,
                pipeline_execution_id=execution,
                pipeline_stage_id=stage,
                status=status,
            )
    return made


@pytest.mark.parametrize("limit", [2, 30])
def test_filters_are_anded(
    iacm: Caller, grid: dict[tuple[str, str, str, str], str], limit: int
) -> None:
    names = ("workspace", "pipeline_execution_id", "pipeline_stage_id", "status_type")
    for wanted in product(
        (None, "a"), (None, "b"), (None, "a", "c"), (None, "approved", "pending")
    ):
        pairs = [(name, value) for name, value in zip(names, wanted, strict=True) if value]
        query = "&".join(f"{name}={value}" for name, value in pairs)
        found: list[str] = []
        page = 1
        while part := iacm.listed(f"?{query}&limit={limit}&page={page}"):
            found += part
            page += 1
        assert sorted(found) == sorted(
            id
            for key, id in grid.items()
            if all(value in (None, part) for value, part in zip(wanted, key, strict=True))
        ), query


def test_rejected_pages_hold_what_has_expired_in_one_order(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    made = many(iacm, placet, 9)
    for id in made[::2]:
        iacm.settle(id, "rejected")
    for id in made[1::2]:
        placet.approvals.cancel(id, actor=SYSTEM)
    pages = [iacm.listed(f"?status_type=rejected&limit=4&page={page}") for page in (1, 2, 3)]
    assert pages == [made[:4], made[4:8], made[8:]]


def test_approvals_of_other_projects_and_of_other_kinds_are_not_listed(
    iacm: Caller, placet: PlacetUnderTest
) -> None:
    id = iacm.create()
    iacm(
        "POST", "/iacm/api/orgs/infra/projects/other/approvals", by="plugin",
        json={"pipeline_execution_id": "e", "pipeline_stage_id": "s", "workspace_id": "w"},
    )  # fmt: skip
    placet.approvals.open(
        "iac_workspace_approve", "IAC_WORKSPACE:vpc", needs="iac_workspace_edit",
        scope="infra/net", actor="user:ana",
    )  # fmt: skip
    assert iacm.listed() == [id]
