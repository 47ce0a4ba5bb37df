"""Reading approvals: the caller's own, those to decide, and what else may be known of them."""

import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    ApprovalPolicy,
    Assignment,
    InvalidState,
    NotFound,
    Permission,
    Resource,
    Role,
)
from placet.model import AccessYield, ApprovalStatus, InOrder, parse_reviews
from placet.testing import PlacetUnderTest


def ask(placet: PlacetUnderTest, invoice: int, by: str = "sam") -> str:
    """The id of a request to pay an invoice."""
    placet.clock.advance("1ms")
    return placet.request("invoice.pay", f"invoice:{invoice}", actor=f"user:{by}").id


def listed(
    placet: PlacetUnderTest,
    by: str,
    what: str = "list",
    status: set[ApprovalStatus] | None = None,
    limit: int = 2,
) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    after = None
    while True:
        page = getattr(placet.approvals, what)(
            status=status, limit=limit, after=after, actor=f"user:{by}"
        )
        found.extend(approval.id for approval in page.items)
        if page.next is None:
            return found
        after = page.next


def test_requests_of_the_caller_leave_out_those_of_others(placet: PlacetUnderTest) -> None:
    ids = [ask(placet, number) for number in range(5)]
    ask(placet, 9, by="kim")
    assert listed(placet, "sam", "requests") == ids[::-1]


def test_reviews_are_what_the_caller_may_decide_now(placet: PlacetUnderTest) -> None:
    ids = [ask(placet, number) for number in range(5)]
    assert listed(placet, "dana", "reviews") == ids[::-1]
    assert listed(placet, "root", "reviews") == []
    placet.clock.advance("8h")
    assert listed(placet, "dana", "reviews") == []


def test_reviews_are_also_what_the_caller_has_reviewed(placet: PlacetUnderTest) -> None:
    mine, others = ask(placet, 1), ask(placet, 2)
    placet.approve(mine, by="user:dana")
    placet.approve(others, by="user:finn")
    assert listed(placet, "dana", "reviews") == [mine]


def test_a_stage_that_is_not_open_yet_is_nothing_to_decide(placet: PlacetUnderTest) -> None:
    placet.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=("invoice.pay",),
            requirement=InOrder(
                of=(parse_reviews("1 from user:finn"), parse_reviews("1 from user:dana"))
            ),
        ),
        actor=SYSTEM,
    )
    id = ask(placet, 1)
    assert listed(placet, "dana", "reviews") == []
    placet.approve(id, by="user:finn")
    assert listed(placet, "dana", "reviews") == [id]


@pytest.mark.parametrize(
    "source",
    ["user:dana", "group:finance", "role:checker", "permission:invoice.check", "owner", "everyone"],
)
def test_what_waits_for_the_caller_is_found_by_whatever_names_it(
    placet: PlacetUnderTest, source: str
) -> None:
    with placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("invoice.check"))
        placet.roles.create(Role(id="checker", permissions=("invoice.check",)))
        placet.assignments.create(
            Assignment(id="checkers", principal="group:finance", role="checker")
        )
        placet.resources.create(Resource(type="invoice", id="1", attributes={"owner": "dana"}))
        placet.policies.update(
            ApprovalPolicy(
                id="four-eyes",
                applies_to=("invoice.pay",),
                requirement=parse_reviews(f"1 from {source}"),
            )
        )
    id = ask(placet, 1)
    assert listed(placet, "dana", "reviews") == [id]


@pytest.mark.parametrize(
    "statuses",
    [
        {"pending"},
        {"expired"},
        {"pending", "expired"},
        {"approved", "rejected"},
        {"pending", "approved"},
        {"expired", "rejected"},
        {"pending", "expired", "approved", "rejected"},
        set(),
    ],
    ids=lambda statuses: " ".join(sorted(statuses)),
)
def test_several_statuses_are_as_of_now(
    placet: PlacetUnderTest, statuses: set[ApprovalStatus]
) -> None:
    of: dict[ApprovalStatus, str] = {"expired": ask(placet, 1)}
    placet.clock.advance("8h")
    of |= {"approved": ask(placet, 2), "rejected": ask(placet, 3), "pending": ask(placet, 4)}
    placet.approve(of["approved"], by="user:dana")
    placet.reject(of["rejected"], by="user:dana")
    assert set(listed(placet, "root", status=statuses)) == {of[status] for status in statuses}


def test_a_request_for_oneself_is_listed_once(placet: PlacetUnderTest) -> None:
    id = ask(placet, 1)
    assert listed(placet, "sam", "requests", limit=1) == [id]


def test_who_could_review_is_told_to_those_who_may_know(placet: PlacetUnderTest) -> None:
    """T50."""
    approval = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    told = {
        who: placet.approvals.standings([approval], actor=f"user:{who}")[0].reviewers
        for who in ("sam", "dana", "root", "eve")
    }
    both = ("user:dana", "user:finn")
    assert told == {"sam": (), "dana": both, "root": both, "eve": ()}


def test_who_ended_it_is_told_to_those_who_may_know(placet: PlacetUnderTest) -> None:
    """T50."""
    approval = placet.approve(
        placet.request("invoice.pay", "invoice:7", actor="user:sam"), by="user:dana"
    )
    told = {
        who: placet.approvals.standings([approval], actor=f"user:{who}")[0].ended_by
        for who in ("sam", "finn", "eve")
    }
    assert told == {"sam": "", "finn": "user:dana", "eve": ""}


def test_what_was_yielded_is_shown_as_it_is_now(placet: PlacetUnderTest) -> None:
    approval = placet.approve(
        placet.request("invoice.pay", "invoice:7", actor="user:sam"), by="user:dana"
    )
    placet.clock.advance("2h")
    (standing,) = placet.approvals.standings([approval], actor="user:sam")
    assert standing.grant is not None
    assert standing.grant.status == "ended"


def approved(placet: PlacetUnderTest) -> str:
    """The id of an approval of dana's that gave sam a role for an hour."""
    placet.roles.create(Role(id="payer", permissions=("invoice.pay",)), actor=SYSTEM)
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=policy.applies_to,
            requirement=policy.requirement,
            yields=AccessYield("payer", 3600),
        ),
        actor=SYSTEM,
    )
    id = ask(placet, 7)
    placet.approve(id, by="user:dana")
    assert placet.check("user:sam", "invoice.pay", "invoice:7")
    return id


@pytest.mark.parametrize("by", ["sam", "dana", "root"])
def test_what_was_approved_may_be_taken_back(placet: PlacetUnderTest, by: str) -> None:
    """By whom it is for, by who approved, and by who holds the right."""
    id = approved(placet)
    placet.approvals.revoke([id], actor=f"user:{by}")
    assert not placet.check("user:sam", "invoice.pay", "invoice:7")


def test_a_reviewer_who_did_not_approve_cannot_take_it_back(placet: PlacetUnderTest) -> None:
    id = approved(placet)
    with pytest.raises(AccessDenied, match="core_grant_revoke"):
        placet.approvals.revoke([id], actor="user:finn")


def test_who_may_not_see_it_cannot_take_it_back(placet: PlacetUnderTest) -> None:
    id = approved(placet)
    with pytest.raises(NotFound):
        placet.approvals.revoke([id], actor="user:eve")


def test_several_are_taken_back_all_or_none(placet: PlacetUnderTest) -> None:
    id, pending = approved(placet), ask(placet, 8)
    with pytest.raises(InvalidState, match="nothing to revoke"):
        placet.approvals.revoke([id, pending], actor="user:dana")
    assert placet.check("user:sam", "invoice.pay", "invoice:7")


def test_what_can_be_asked_for_is_what_is_allowed_or_requestable(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        for id in ("8", "7"):
            placet.resources.create(Resource(type="invoice", id=id))
        placet.resources.create(Resource(type="memo", id="1"))
    found = placet.approvals.requestable("invoice.pay", actor="user:sam")
    assert [resource.ref for resource in found] == ["invoice:7", "invoice:8"]
    assert placet.approvals.requestable("invoice.pay", actor="user:eve") == ()


def test_what_others_can_ask_for_is_told_to_those_who_ask_for_them(placet: PlacetUnderTest) -> None:
    placet.resources.create(Resource(type="invoice", id="7"), actor=SYSTEM)
    with pytest.raises(AccessDenied, match="core_approval_requestfor"):
        placet.approvals.requestable("invoice.pay", on_behalf_of="user:sam", actor="user:eve")
    found = placet.approvals.requestable("invoice.pay", on_behalf_of="user:sam", actor="user:root")
    assert [resource.ref for resource in found] == ["invoice:7"]
