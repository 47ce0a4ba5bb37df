"""What waits for somebody: by whatever names them, first what is due first, and to nobody else."""

from datetime import timedelta
from typing import Literal

import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    Actor,
    ApprovalPolicy,
    Assignment,
    Invalid,
    ResourceGroup,
    Role,
    User,
)
from placet.model import Delegation, InOrder, Reviews, parse_reviews
from placet.services.approval_inbox import InboxOrder
from placet.testing import PlacetUnderTest


def ask(placet: PlacetUnderTest, invoice: int, by: str = "sam", scope: str | None = None) -> str:
    """The id of a request to pay an invoice, a moment after the one before."""
    placet.clock.advance("1s")
    return placet.request("invoice.pay", f"invoice:{invoice}", scope=scope, actor=f"user:{by}").id


def inbox(
    placet: PlacetUnderTest,
    whose: str,
    order: InboxOrder = "oldest",
    limit: int = 2,
    scope: str | None = None,
) -> list[str]:
    """The ids of all pages, of which none is longer than it may be."""
    found: list[str] = []
    after = None
    while True:
        page = placet.approvals.inbox(
            order=order, limit=limit, after=after, scope=scope, actor=f"user:{whose}"
        )
        assert len(page.items) <= limit
        assert page.total is None
        found.extend(approval.id for approval in page.items)
        if page.next is None:
            return found
        after = page.next


def policy(placet: PlacetUnderTest, requirement: object, **fields: object) -> None:
    """Let paying need something else."""
    placet.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=("invoice.pay",),
            requirement=requirement,  # type: ignore[arg-type]  # a tree, or text
            **fields,  # type: ignore[arg-type]  # of the policy
        ),
        actor=SYSTEM,
    )


def test_what_waits_is_there_until_one_has_said_something(placet: PlacetUnderTest) -> None:
    policy(placet, parse_reviews("2 from group:finance"))
    first, second = ask(placet, 1), ask(placet, 2)
    placet.review(first, "approve", actor="user:dana")
    assert inbox(placet, "dana") == [second]
    assert inbox(placet, "finn") == [first, second]
    placet.approvals.withdraw(first, actor="user:dana")
    assert inbox(placet, "dana") == [first, second]


def test_it_is_empty_for_who_asked_and_for_who_reviews_nothing(placet: PlacetUnderTest) -> None:
    policy(placet, parse_reviews("1 from everyone"))
    id = ask(placet, 1)
    assert inbox(placet, "sam") == []
    assert inbox(placet, "kim") == [id]


def test_what_has_expired_waits_for_nobody_though_nobody_wrote_it_down(
    placet: PlacetUnderTest,
) -> None:
    """T12."""
    ask(placet, 1)
    placet.clock.advance(timedelta(hours=8))
    assert inbox(placet, "dana") == []


def test_the_next_deadline_comes_first_and_what_has_none_comes_last(
    placet: PlacetUnderTest,
) -> None:
    late = ask(placet, 1)
    policy(placet, parse_reviews("1 from group:finance"))
    none = ask(placet, 2)
    policy(placet, parse_reviews("1 from group:finance"), decide_within=60)
    soon = ask(placet, 3)
    orders: dict[InboxOrder, list[str]] = {
        "deadline": [soon, late, none],
        "oldest": [late, none, soon],
        "newest": [soon, none, late],
    }
    for order, expected in orders.items():
        for limit in (1, 2, 50):
            assert inbox(placet, "dana", order, limit) == expected


def test_an_order_that_is_none_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="order is 'size'; it is one of oldest, newest, deadline"):
        placet.approvals.inbox(order="size", actor="user:dana")  # type: ignore[arg-type]  # wrong


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_is_of_1_to_1000(placet: PlacetUnderTest, limit: int) -> None:
    for page in (placet.approvals.inbox, placet.approvals.requests, placet.approvals.reviews):
        with pytest.raises(Invalid, match=f"limit is {limit}"):
            page(limit=limit, actor="user:dana")


def test_a_cursor_belongs_to_its_order(placet: PlacetUnderTest) -> None:
    ask(placet, 1)
    ask(placet, 2)
    cursor = placet.approvals.inbox(limit=1, actor="user:dana").next
    with pytest.raises(Invalid, match="ordered by oldest, not by deadline"):
        placet.approvals.inbox(order="deadline", after=cursor, actor="user:dana")


def test_a_later_stage_waits_for_its_own_people_once_it_is_open(placet: PlacetUnderTest) -> None:
    policy(
        placet,
        InOrder(of=(parse_reviews("1 from user:finn"), parse_reviews("1 from user:dana"))),
    )
    id = ask(placet, 1)
    assert (inbox(placet, "finn"), inbox(placet, "dana")) == ([id], [])
    placet.review(id, "approve", actor="user:finn")
    assert inbox(placet, "dana") == [id]


def test_a_role_in_one_project_is_waited_for_there_alone(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="lead", permissions=("invoice.read",)))
        placet.assignments.create(
            Assignment(id="lead", principal="user:eve", role="lead", scope="retail/shop")
        )
    policy(placet, parse_reviews("1 from role:lead"))
    here, elsewhere = ask(placet, 1, scope="retail/shop"), ask(placet, 2, scope="retail/web")
    assert inbox(placet, "eve") == [here]
    with placet.acting(SYSTEM):
        placet.assignments.create(
            Assignment(id="above", principal="user:kim", role="lead", scope="retail")
        )
    assert inbox(placet, "kim") == [here, elsewhere]


def test_an_owner_or_manager_is_waited_for_as_the_directory_has_it_now(
    placet: PlacetUnderTest,
) -> None:
    """T37."""
    policy(placet, parse_reviews("1 from manager"))
    id = ask(placet, 1)
    for manager in ("user:dana", "dana"):
        sam = placet.users.get("sam", actor=SYSTEM)
        placet.users.update(
            User(id=sam.id, name=sam.name, attributes={"manager": manager}), actor=SYSTEM
        )
        assert inbox(placet, "dana") == [id]
    placet.users.update(User(id="sam", attributes={"manager": "finn"}), actor=SYSTEM)
    assert (inbox(placet, "dana"), inbox(placet, "finn")) == ([], [id])


def test_who_leaves_a_group_is_not_waited_for_any_more(placet: PlacetUnderTest) -> None:
    """T37."""
    ask(placet, 1)
    placet.groups.remove_members("finance", ["user:dana"], actor=SYSTEM)
    assert inbox(placet, "dana") == []


def test_those_it_is_escalated_to_are_waited_for_from_then_on(placet: PlacetUnderTest) -> None:
    policy(
        placet,
        Reviews(count=1, source="group:finance", escalate_after=3600, escalate_to=("user:eve",)),
    )
    id = ask(placet, 1)
    assert inbox(placet, "eve") == []
    placet.clock.advance(timedelta(hours=1))
    assert inbox(placet, "eve") == [id]


def test_what_one_may_review_in_anothers_place_is_among_it(placet: PlacetUnderTest) -> None:
    id = ask(placet, 1)
    now = placet.clock.now()
    placet.delegations.create(
        Delegation(
            id="leave",
            delegator="user:dana",
            delegate="user:eve",
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        ),
        actor="user:dana",
    )
    assert inbox(placet, "eve") == [id]
    placet.clock.advance(timedelta(hours=1))
    assert inbox(placet, "eve") == []


def test_it_may_be_of_one_scope(placet: PlacetUnderTest) -> None:
    ask(placet, 1)
    there = ask(placet, 2, scope="retail")
    assert inbox(placet, "dana", scope="retail") == [there]
    page = placet.at("retail").approvals.inbox(actor="user:dana")
    assert [approval.id for approval in page.items] == [there]


def test_it_may_be_of_one_permission(placet: PlacetUnderTest) -> None:
    ask(placet, 1)
    assert placet.approvals.inbox(permission="invoice.read", actor="user:dana").items == ()
    assert len(placet.approvals.inbox(permission="invoice.pay", actor="user:dana").items) == 1


def test_a_program_waits_for_what_both_may_review(placet: PlacetUnderTest) -> None:
    ask(placet, 1)
    program = Actor("service_account:bot@/", "user:dana")
    assert placet.approvals.inbox(actor=program).items == ()


@pytest.mark.parametrize("what", ["inbox", "requests", "reviews"])
def test_that_of_others_needs_the_right_to_view_approvals(
    placet: PlacetUnderTest, what: Literal["inbox", "requests", "reviews"]
) -> None:
    id = ask(placet, 1)
    whose = "user:sam" if what == "requests" else "user:dana"
    page = getattr(placet.approvals, what)
    assert [one.id for one in page(whose, actor="user:root").items] == [id]
    assert [one.id for one in page(whose, actor=whose).items] == [id]
    with pytest.raises(AccessDenied, match="core_approval_view"):
        page(whose, actor="user:finn")


def test_of_that_of_others_nothing_is_shown_that_may_not_be_viewed(
    placet: PlacetUnderTest,
) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="auditor", permissions=("core_approval_view",)))
        placet.resource_groups.create(
            ResourceGroup(id="here", all=True, include_child_scopes=False)
        )
        placet.assignments.create(
            Assignment(id="a", principal="user:eve", role="auditor", resource_group="here")
        )
    here = ask(placet, 1)
    ask(placet, 2, scope="retail")
    shown = placet.approvals.inbox("user:dana", actor="user:eve")
    assert [approval.id for approval in shown.items] == [here]


def test_requests_are_also_those_that_others_made_for_one(placet: PlacetUnderTest) -> None:
    own = ask(placet, 1)
    placet.clock.advance("1s")
    other = placet.approvals.request(
        "invoice.pay", "invoice:2", on_behalf_of="user:sam", actor="user:root"
    ).id
    shown = placet.approvals.requests(actor="user:sam")
    assert [approval.id for approval in shown.items] == [other, own]


def test_reviews_are_the_inbox_with_what_was_done_with_it(placet: PlacetUnderTest) -> None:
    done, waiting = ask(placet, 1), ask(placet, 2)
    placet.review(done, "approve", actor="user:dana")
    shown = placet.approvals.reviews(actor="user:dana")
    assert [(one.id, one.status) for one in shown.items] == [
        (waiting, "pending"),
        (done, "approved"),
    ]


def test_a_page_is_filled_behind_much_that_is_left_out(placet: PlacetUnderTest) -> None:
    policy(placet, parse_reviews("2 from group:finance"))
    ids = [ask(placet, number) for number in range(30)]
    for id in ids[:25]:
        placet.review(id, "abstain", actor="user:dana")
    page = placet.approvals.inbox(limit=5, actor="user:dana")
    assert [approval.id for approval in page.items] == ids[25:]


@pytest.mark.parametrize("order", ["oldest", "newest", "deadline"])
def test_who_leads_very_many_projects_has_one_inbox(
    placet: PlacetUnderTest, order: InboxOrder
) -> None:
    scopes = [f"retail/project{number}" for number in range(60)]
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="lead", permissions=("invoice.read",)))
        for number, scope in enumerate(scopes):
            placet.assignments.create(
                Assignment(id=f"lead{number}", principal="user:eve", role="lead", scope=scope)
            )
    policy(placet, parse_reviews("1 from role:lead"), decide_within=3600)
    ids = [ask(placet, number, scope=scopes[number]) for number in (59, 0, 30)]
    expected = ids[::-1] if order == "newest" else ids
    assert inbox(placet, "eve", order, limit=2) == expected
