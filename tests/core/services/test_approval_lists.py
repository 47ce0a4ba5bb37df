"""Lists of approvals by several labels, and numbered pages, against the plain way of counting."""

from itertools import product

import pytest
from office import SYSTEM

from placet import Invalid
from placet.model import Approval, ApprovalStatus
from placet.testing import PlacetUnderTest

STATUSES: tuple[ApprovalStatus, ...] = ("pending", "approved", "rejected", "expired")


@pytest.fixture
def many(placet: PlacetUnderTest) -> list[Approval]:
    """Approvals of all statuses with three labels, newest first."""
    made = []
    for number, (a, b, c) in enumerate(product("xy", "xy", "xy")):
        placet.clock.advance("1h")
        asked = placet.approvals.request(
            "invoice.pay",
            f"invoice:{number}",
            labels={"a": a, "b": b, "c": c},
            actor="user:sam",
        )
        if number % 4 == 1:
            placet.approve(asked, by="user:dana")
        elif number % 4 == 2:
            placet.reject(asked, by="user:dana")
        made.append(asked.id)
    placet.clock.advance("4h")
    return [placet.approvals.get(id, actor=SYSTEM) for id in made[::-1]]


@pytest.mark.parametrize("actor", ["user:root", "user:sam", "user:finn"])
@pytest.mark.parametrize("limit", [1, 3, 20])
def test_labels_are_anded_and_pages_are_whole_by_cursor_and_by_number(
    placet: PlacetUnderTest, many: list[Approval], actor: str, limit: int
) -> None:
    for count, status in product(range(4), (None, *STATUSES, STATUSES[1:])):
        labels = dict(list({"a": "x", "b": "y", "c": "x"}.items())[:count])
        wanted = [
            one.id
            for one in many
            if labels.items() <= one.labels.items()
            and (status is None or one.status == status or one.status in status)
        ]
        by_cursor: list[str] = []
        after = None
        while True:
            page = placet.approvals.list(
                labels=labels, status=status, limit=limit, after=after, actor=actor
            )
            by_cursor += [one.id for one in page.items]
            after = page.next
            if after is None:
                break
        by_number: list[str] = []
        while part := placet.approvals.list(
            labels=labels, status=status, limit=limit, skip=len(by_number), actor=actor
        ).items:
            by_number += [one.id for one in part]
        assert by_cursor == by_number == wanted, (labels, status)


def test_a_numbered_page_has_no_cursor(placet: PlacetUnderTest, many: list[Approval]) -> None:
    assert placet.approvals.list(skip=0, limit=2, actor=SYSTEM).next is None


def test_a_page_goes_on_behind_a_cursor_or_skips(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="without a cursor"):
        placet.approvals.list(skip=1, after="x", actor=SYSTEM)
    with pytest.raises(Invalid, match="the least is 0"):
        placet.approvals.list(skip=-1, actor=SYSTEM)


def test_a_list_may_be_of_one_origin(placet: PlacetUnderTest, many: list[Approval]) -> None:
    there = placet.approvals.request(
        "invoice.pay", "invoice:99", origin="elsewhere", actor="user:sam"
    )
    assert [one.id for one in placet.approvals.list(origin="elsewhere", actor=SYSTEM).items] == [
        there.id
    ]
