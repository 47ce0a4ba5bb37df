"""Asking for a decision and making it, through the services."""

import msgspec
import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    Actor,
    ApprovalPolicy,
    Assignment,
    Invalid,
    InvalidState,
    NotFound,
    Role,
    ServiceAccount,
    User,
)
from placet.model import AccessYield, AllOf, parse_reviews
from placet.testing import PlacetUnderTest

PAY = ("invoice.pay", "invoice:7", {"amount": 900})


def test_the_whole_line(placet: PlacetUnderTest) -> None:
    assert placet.decide("user:sam", "invoice.pay", "invoice:7").outcome == "approval_required"
    approval = placet.request(*PAY, actor="user:sam")
    decided = placet.approve(approval, by="user:dana")
    assert decided.status == "approved"
    assert decided.grant is not None
    taken = placet.grants.take(decided.grant, decided.digest, actor="user:sam")
    assert taken.status == "consumed"
    assert placet.audit.verify(actor=SYSTEM).ok
    kinds = [event.kind for event in placet.audit.list(approval=approval.id, actor=SYSTEM).items]
    assert kinds == [
        "approval.requested",
        "approval.reviewed",
        "approval.approved",
        "grant.consumed",
    ]


def test_the_same_request_is_the_same_approval_while_it_waits(placet: PlacetUnderTest) -> None:
    """T48."""
    first = placet.request(*PAY, actor="user:sam")
    assert placet.request(*PAY, actor="user:sam").id == first.id


def test_another_argument_or_another_person_is_another_request(placet: PlacetUnderTest) -> None:
    """T24, T26."""
    first = placet.request(*PAY, actor="user:sam")
    dearer = placet.request("invoice.pay", "invoice:7", {"amount": 901}, actor="user:sam")
    others = placet.request(*PAY, actor="user:kim")
    assert len({first.id, dearer.id, others.id}) == 3
    assert len({first.digest, dearer.digest, others.digest}) == 3


def test_after_a_rejection_asking_on_purpose_is_a_new_request(placet: PlacetUnderTest) -> None:
    first = placet.request(*PAY, actor="user:sam")
    placet.reject(first, by="user:dana")
    assert placet.request(*PAY, actor="user:sam").id != first.id


def test_who_may_not_even_ask_is_denied(placet: PlacetUnderTest) -> None:
    """Four eyes: only those who hold the permission may ask, and they must."""
    with pytest.raises(AccessDenied, match="cannot ask"):
        placet.request(*PAY, actor="user:eve")


def test_what_is_allowed_needs_no_request(placet: PlacetUnderTest) -> None:
    with pytest.raises(InvalidState, match="nothing to ask for"):
        placet.request("invoice.read", "invoice:7", actor="user:sam")


def test_without_a_policy_nobody_can_say_yes(placet: PlacetUnderTest) -> None:
    placet.policies.delete("four-eyes", actor=SYSTEM)
    with pytest.raises(AccessDenied):
        placet.request(*PAY, actor="user:eve")


def test_the_requester_cannot_review(placet: PlacetUnderTest) -> None:
    """T35."""
    placet.groups.add_members("finance", ["user:sam"], actor=SYSTEM)
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises(AccessDenied, match="stands behind"):
        placet.approve(approval, by="user:sam")


def test_an_approval_keeps_the_policy_that_it_was_opened_under(placet: PlacetUnderTest) -> None:
    """T38, T42: an edited policy never loosens a waiting request."""
    approval = placet.request(*PAY, actor="user:sam")
    loose = placet.policies.get("four-eyes", actor=SYSTEM)
    eased = msgspec.structs.replace(loose, requirement=parse_reviews("1 from user:eve"))
    assert placet.policies.update(eased, actor=SYSTEM).version == 2
    with pytest.raises(NotFound):
        placet.approve(approval, by="user:eve")
    assert placet.approve(approval, by="user:dana").policy.version == 1


def test_deleting_the_policy_keeps_the_history(placet: PlacetUnderTest) -> None:
    """T39."""
    approval = placet.approve(placet.request(*PAY, actor="user:sam"), by="user:dana")
    placet.policies.delete("four-eyes", actor=SYSTEM)
    placet.users.delete("dana", cascade=True, actor=SYSTEM)
    kept = placet.approvals.get(approval.id, actor="user:sam")
    assert [said.reviewer for said in kept.reviews] == ["user:dana"]


def test_expired_shows_everywhere_without_a_sweeper(placet: PlacetUnderTest) -> None:
    """T11, T12."""
    approval = placet.request(*PAY, actor="user:sam")
    placet.clock.advance("8h")
    assert placet.approvals.get(approval.id, actor="user:sam").status == "expired"
    assert placet.approvals.list(status="pending", actor=SYSTEM).items == ()
    assert [one.id for one in placet.approvals.list(status="expired", actor=SYSTEM).items] == [
        approval.id
    ]
    assert placet.approvals.count(status="expired", actor=SYSTEM) == 1
    with pytest.raises(InvalidState, match="expired"):
        placet.approve(approval, by="user:dana")


def test_the_sweeper_only_writes_the_event_down_once(placet: PlacetUnderTest) -> None:
    """T15, failure mode 23: as what it is, and as done by nobody."""
    placet.request(*PAY, actor="user:sam")
    placet.clock.advance("8h")
    assert placet.sweep() == 1
    assert placet.sweep() == 0
    assert placet.audit.list(kind="approval.expired", actor=SYSTEM).items[0].actor == "system"
    assert placet.approvals.count(status="expired", actor=SYSTEM) == 1


def test_expired_ones_are_listed_in_one_order_swept_or_not(placet: PlacetUnderTest) -> None:
    """T12."""
    wanted = []
    for number in range(6):
        placet.clock.advance("1m")
        wanted.append(placet.request("invoice.pay", f"invoice:{number}", actor="user:sam").id)
        if number == 2:
            placet.clock.advance("9h")
            placet.sweep()
    placet.clock.advance("9h")
    found: list[str] = []
    after = None
    for _ in range(10):
        page = placet.approvals.list(status="expired", limit=2, after=after, actor=SYSTEM)
        found += [approval.id for approval in page.items]
        after = page.next
        if after is None:
            break
    assert found == wanted[::-1]


def test_pages_are_complete_for_every_limit(placet: PlacetUnderTest) -> None:
    wanted = {
        placet.request("invoice.pay", f"invoice:{number}", actor="user:sam").id
        for number in range(7)
    }
    for actor in (SYSTEM, "user:sam", "user:dana"):
        for limit in range(1, 9):
            found: list[str] = []
            after = None
            for _ in range(20):
                page = placet.approvals.list(limit=limit, after=after, actor=actor)
                found += [approval.id for approval in page.items]
                after = page.next
                if after is None:
                    break
            assert set(found) == wanted, (actor, limit)
            assert len(found) == len(wanted)


def test_others_see_only_what_concerns_them(placet: PlacetUnderTest) -> None:
    """T50."""
    placet.request(*PAY, actor="user:sam")
    assert placet.approvals.list(actor="user:kim").items == ()
    assert len(placet.approvals.list(actor="user:finn").items) == 1


@pytest.mark.parametrize("cursor", ["x", "WyJ1cGRhdGVkIiwxLCJhIl0", "", "é", "W10"])
def test_a_cursor_that_no_page_gave_out_is_refused(placet: PlacetUnderTest, cursor: str) -> None:
    """Failure mode 44."""
    with pytest.raises(Invalid, match="cursor"):
        placet.approvals.list(after=cursor, actor=SYSTEM)


def test_the_explanation_says_why_and_names_nobody_to_the_requester(
    placet: PlacetUnderTest,
) -> None:
    """T50: why it is pending is for everybody concerned, who reviewed is not."""
    both = AllOf(of=(parse_reviews("1 from group:finance"), parse_reviews("1 from user:root")))
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(msgspec.structs.replace(policy, requirement=both), actor=SYSTEM)
    approval = placet.request(*PAY, actor="user:sam")
    placet.approve(approval, by="user:dana")
    told = placet.approvals.explain(approval.id, actor="user:sam")
    assert told.why == "has 0 of 1 from user:root"
    assert [leaf.reviewers for leaf in told.tree.leaves()] == [(), ()]
    known = placet.approvals.explain(approval.id, actor="user:finn")
    assert [leaf.reviewers for leaf in known.tree.leaves()] == [("user:dana",), ()]


def test_the_requester_withdraws_and_a_stranger_cannot(placet: PlacetUnderTest) -> None:
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises(NotFound):
        placet.approvals.withdraw(approval.id, actor="user:kim")
    ended = placet.approvals.withdraw(approval.id, actor="user:sam")
    assert (ended.status, ended.resolution and ended.resolution.kind) == ("cancelled", "withdrawn")


def test_cancelling_for_others_needs_the_right(placet: PlacetUnderTest) -> None:
    """T28."""
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises(AccessDenied, match="core_approval_cancel"):
        placet.approvals.cancel(approval.id, actor="user:dana")
    ended = placet.approvals.cancel(approval.id, reason="closed", actor="user:root")
    assert (ended.status, ended.resolution and ended.resolution.kind) == ("cancelled", "cancelled")


def test_what_a_body_claims_about_who_decided_is_kept_and_never_believed(
    placet: PlacetUnderTest,
) -> None:
    """T08."""
    approval = placet.request(*PAY, actor="user:sam")
    done = placet.approvals.review(
        approval.id, "approve", claimed_by="ceo@example.com", actor="user:dana"
    )
    assert (done.reviews[0].reviewer, done.reviews[0].claimed_by) == (
        "user:dana",
        "ceo@example.com",
    )
    event = placet.audit.list(kind="approval.reviewed", actor=SYSTEM).items[0]
    assert event.data["claimed_by"] == "ceo@example.com"


@pytest.fixture
def elevating(placet: PlacetUnderTest) -> PlacetUnderTest:
    """eve may ask for an hour as a cashier, which includes voiding."""
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="cashier", permissions=("invoice.read",)))
        placet.policies.create(
            ApprovalPolicy(
                id="elevate",
                applies_to=("invoice.read",),
                needed="when_denied",
                requesters=("user:eve",),
                requirement=parse_reviews("1 from group:finance"),
                yields=AccessYield(role="cashier", seconds=3600),
            )
        )
    return placet


def test_elevation_gives_access_for_a_time_and_then_ends_by_itself(
    elevating: PlacetUnderTest,
) -> None:
    ask = ("user:eve", "invoice.read", "invoice:7")
    assert elevating.decide(*ask).outcome == "approval_required"
    approval = elevating.request("invoice.read", "invoice:7", actor="user:eve")
    elevating.approve(approval, by="user:dana")
    assert elevating.check(*ask)
    assert not elevating.check("user:eve", "invoice.read", "invoice:8")
    elevating.clock.advance("1h")
    assert not elevating.check(*ask)


def test_only_the_named_may_ask_for_elevation(elevating: PlacetUnderTest) -> None:
    assert elevating.decide("user:dana", "invoice.read", "invoice:7").outcome == "denied"


def test_revoking_access_ends_it_at_once(elevating: PlacetUnderTest) -> None:
    approval = elevating.request("invoice.read", "invoice:7", actor="user:eve")
    grant = elevating.approve(approval, by="user:dana").grant
    assert grant is not None
    with pytest.raises(NotFound):
        elevating.grants.revoke(grant, actor="user:kim")
    elevating.grants.revoke(grant, reason="done", actor="user:root")
    assert not elevating.check("user:eve", "invoice.read", "invoice:7")
    assert elevating.grants.get(grant, actor="user:eve").status == "revoked"


def test_access_that_was_approved_satisfies_the_policy_it_was_approved_under(
    placet: PlacetUnderTest,
) -> None:
    with placet.acting(SYSTEM):
        placet.policies.create(
            ApprovalPolicy(
                id="timed",
                applies_to=("invoice.read",),
                requirement=parse_reviews("1 from group:finance"),
                yields=AccessYield(role="clerk", seconds=3600),
            )
        )
    assert not placet.check("user:sam", "invoice.read", "invoice:7")
    approval = placet.request("invoice.read", "invoice:7", actor="user:sam")
    placet.approve(approval, by="user:dana")
    assert placet.check("user:sam", "invoice.read", "invoice:7")
    assert not placet.check("user:sam", "invoice.read", "invoice:8")


def test_minted_access_is_managed_by_its_grant(elevating: PlacetUnderTest) -> None:
    approval = elevating.request("invoice.read", "invoice:7", actor="user:eve")
    elevating.approve(approval, by="user:dana")
    minted = elevating.assignments.list(actor=SYSTEM, where=lambda one: one.managed).items
    assert [one.approval for one in minted] == [approval.id]
    with pytest.raises(InvalidState, match="managed"):
        elevating.assignments.delete(minted[0].id, actor=SYSTEM)


def test_a_policy_that_yields_too_little_is_refused(placet: PlacetUnderTest) -> None:
    placet.roles.create(Role(id="reader", permissions=("invoice.read",)), actor=SYSTEM)
    with pytest.raises(Invalid, match="would still be denied"):
        placet.policies.create(
            ApprovalPolicy(
                id="x",
                applies_to=("invoice.pay",),
                requirement=parse_reviews("1 from group:finance"),
                yields=AccessYield(role="reader", seconds=60),
            ),
            actor=SYSTEM,
        )


def test_a_program_asks_for_a_person_who_then_cannot_review(placet: PlacetUnderTest) -> None:
    """T35."""
    with placet.acting(SYSTEM):
        placet.service_accounts.create(ServiceAccount(id="bot"))
        placet.groups.add_members("finance", ["user:sam"])
    bot = Actor("service_account:bot", on_behalf_of="user:sam")
    approval = placet.request(*PAY, actor=bot)
    assert approval.subject == "user:sam"
    with pytest.raises(AccessDenied, match="stands behind"):
        placet.approve(approval, by="user:sam")


def test_a_program_that_names_nobody_is_refused(placet: PlacetUnderTest) -> None:
    """T35."""
    with placet.acting(SYSTEM):
        placet.service_accounts.create(ServiceAccount(id="bot"))
        placet.assignments.create(
            Assignment(id="bot", principal="service_account:bot", role="clerk")
        )
    with pytest.raises(Invalid, match="name the person"):
        placet.request(*PAY, actor="service_account:bot")


def test_a_disabled_reviewer_does_not_count(placet: PlacetUnderTest) -> None:
    approval = placet.request(*PAY, actor="user:sam")
    placet.users.update(User(id="dana", disabled=True), actor=SYSTEM)
    with pytest.raises(NotFound):
        placet.approve(approval, by="user:dana")


def test_labels_are_indexed(placet: PlacetUnderTest) -> None:
    labelled = placet.approvals.request(*PAY, labels={"release": "7"}, actor="user:sam")
    placet.request("invoice.pay", "invoice:8", actor="user:sam")
    found = placet.approvals.list(labels={"release": "7"}, actor=SYSTEM).items
    assert [one.id for one in found] == [labelled.id]


def test_what_is_too_long_is_refused_and_nothing_is_stored(placet: PlacetUnderTest) -> None:
    before = placet.store.head(placet.account)
    with pytest.raises(Invalid, match="4096 is the most"):
        placet.request(*PAY, justification="x" * 5000, actor="user:sam")
    with pytest.raises(Invalid):
        placet.request("invoice.pay", "invoice:7", {"x": "y" * 300_000}, actor="user:sam")
    assert placet.store.head(placet.account) == before
