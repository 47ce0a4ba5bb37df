"""Ways around the rules that a review found, each closed for good."""

from datetime import datetime

import msgspec
import pytest
from office import SYSTEM, office

from placet import (
    AccessDenied,
    Actor,
    ApprovalPolicy,
    ApprovalRequired,
    Assignment,
    Gate,
    Group,
    Invalid,
    InvalidState,
    NotFound,
    Permission,
    Resource,
    Role,
    ServiceAccount,
    User,
)
from placet.model import (
    AccessYield,
    AnyOf,
    Credential,
    Delegation,
    Record,
    Reviews,
    parse_reviews,
)
from placet.testing import PlacetUnderTest

PAY = ("invoice.pay", "invoice:7", {"amount": 900})


def _policy(**fields: object) -> ApprovalPolicy:
    given = {
        "id": "p",
        "applies_to": ("invoice.pay",),
        "requirement": parse_reviews("1 from group:finance"),
    }
    return ApprovalPolicy(**{**given, **fields})  # type: ignore[arg-type]  # wrong on purpose, too


NAIVE = datetime(2027, 1, 1)  # noqa: DTZ001  # what is refused
# Each ignores a type: what a checker would have told is what has to be refused at run time.
WRONG_TYPES: tuple[Record, ...] = (
    User(id="x", disabled="yes"),  # type: ignore[arg-type]  # what is refused
    User(id=None),  # type: ignore[arg-type]  # what is refused
    User(id="x", name=b"x"),  # type: ignore[arg-type]  # what is refused
    Role(id="x", tags={"a": 1}),  # type: ignore[dict-item]  # what is refused
    Assignment(id="x", principal="user:sam", role="clerk", effect="alow"),  # type: ignore[arg-type]  # what is refused
    Assignment(id="x", principal="user:sam", role="clerk", expires_at=NAIVE),
    _policy(decide_within=8 * 3600 / 2),
    Gate(id="x", policy="four-eyes", name=None),  # type: ignore[arg-type]  # what is refused
    Credential(id="x", principal="user:sam", kind="wat", secret_hash="h"),  # type: ignore[arg-type]  # what is refused
    Delegation(id="x", delegator="user:a", delegate="user:b", starts_at=NAIVE, ends_at=NAIVE),
)


@pytest.mark.parametrize("noun", WRONG_TYPES, ids=lambda noun: type(noun).__name__)
def test_what_could_never_be_read_again_is_not_stored(
    placet: PlacetUnderTest, noun: Record
) -> None:
    services = {
        User: placet.users, Role: placet.roles, Assignment: placet.assignments,
        ApprovalPolicy: placet.policies, Gate: placet.gates, Credential: placet.credentials,
        Delegation: placet.delegations,
    }  # fmt: skip
    before = placet.store.head(placet.account)
    with pytest.raises(Invalid):
        services[type(noun)].create(noun, actor=SYSTEM)  # type: ignore[attr-defined]  # each service has it
    assert placet.store.head(placet.account) == before


def test_a_request_that_is_full_cannot_be_made(placet: PlacetUnderTest) -> None:
    """Else nothing could be said to it, and it could not even expire."""
    with pytest.raises(Invalid, match="65536 is the most"):
        placet.request("invoice.pay", "invoice:7", {"x": "a" * 70_000}, actor="user:sam")


def test_one_reviewer_cannot_fill_an_approval(placet: PlacetUnderTest) -> None:
    approval = placet.request(*PAY, actor="user:sam")
    for _ in range(200):
        placet.review(approval.id, "abstain", comment="x" * 2000, actor="user:dana")
        placet.approvals.withdraw(approval.id, actor="user:dana")
    assert placet.review(approval.id, "approve", actor="user:finn").status == "approved"


def test_settling_may_approve(placet: PlacetUnderTest) -> None:
    placet.groups.create(Group(id="vip"), actor=SYSTEM)
    either = AnyOf(
        of=(Reviews(count=2, source="group:finance"), Reviews(count=1, source="group:vip"))
    )
    strict = msgspec.structs.replace(
        placet.policies.get("four-eyes", actor=SYSTEM), requirement=either
    )
    placet.policies.update(strict, actor=SYSTEM)
    approval = placet.approve(placet.request(*PAY, actor="user:sam"), by="user:dana")
    assert approval.status == "pending"
    placet.groups.add_members("vip", ["user:dana"], actor=SYSTEM)
    settled = placet.approvals.settle(approval.id, actor="user:sam")
    assert settled.status == "approved"
    assert settled.grant is not None
    taken = placet.grants.take(settled.grant, settled.digest, actor="user:sam")
    assert taken.status == "consumed"


def _may(placet: PlacetUnderTest, who: str, scope: str, *permissions: str) -> None:
    role = f"r{len(permissions)}{who}"
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id=role, permissions=permissions))
        placet.assignments.create(
            Assignment(id=role, scope=scope, principal=f"user:{who}", role=role)
        )


def test_no_project_captures_a_resource_of_the_account(placet: PlacetUnderTest) -> None:
    """Failure mode 35, within an account."""
    _may(placet, "eve", "evil", "core_resource_edit", "invoice.read")
    captured = Resource(type="invoice", id="7", scope="evil")
    with pytest.raises(AccessDenied, match="in the account"):
        placet.resources.create(captured, actor="user:eve")


@pytest.mark.parametrize("behind", [{"contributors": ["user:dana"]}])
def test_whom_a_program_names_cannot_review(
    placet: PlacetUnderTest, behind: dict[str, list[str]]
) -> None:
    """T35."""
    with placet.acting(SYSTEM):
        placet.service_accounts.create(ServiceAccount(id="ci"))
        placet.assignments.create(Assignment(id="ci", principal="service_account:ci", role="clerk"))
    approval = placet.approvals.request(
        *PAY, contributors=behind["contributors"], actor="service_account:ci"
    )
    with pytest.raises(AccessDenied, match="contributed"):
        placet.approve(approval, by="user:dana")
    assert placet.approve(approval, by="user:finn").status == "approved"


def test_a_program_that_names_programs_names_nobody(placet: PlacetUnderTest) -> None:
    """T35."""
    with placet.acting(SYSTEM):
        placet.service_accounts.create(ServiceAccount(id="ci"))
        placet.assignments.create(Assignment(id="ci", principal="service_account:ci", role="clerk"))
    with pytest.raises(Invalid, match="name the person"):
        placet.approvals.request(
            *PAY, contributors=["service_account:ci@/"], actor="service_account:ci"
        )


def test_who_stands_behind_the_reviewer_counts_as_the_reviewer(placet: PlacetUnderTest) -> None:
    """T35: a program in the reviewers' group that sam drives is sam."""
    placet.groups.add_members("finance", ["service:bot"], actor=SYSTEM)
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises(AccessDenied, match="stands behind"):
        placet.review(approval.id, "approve", actor=Actor("service:bot", chain=("user:sam",)))


def test_a_program_lends_its_hands_and_nobodys_rights(placet: PlacetUnderTest) -> None:
    """T41."""
    with pytest.raises(AccessDenied, match="itself"):
        placet.permits.permit(
            "invoice.read", "invoice:7", actor=Actor("service_account:ghost", "user:kim")
        )


def test_a_request_on_ones_behalf_is_not_ones_own(placet: PlacetUnderTest) -> None:
    """T41: nobody plants a request for somebody else to find, nor takes the pass of another's."""
    planted = placet.request(*PAY, actor=Actor("user:kim", "user:sam"))
    own = placet.request(*PAY, actor="user:sam")
    assert own.id != planted.id
    placet.approve(own, by="user:dana")
    with pytest.raises(ApprovalRequired):
        placet.permits.permit(*PAY, actor=Actor("user:kim", "user:sam"))


def test_a_lower_scope_only_tightens(placet: PlacetUnderTest) -> None:
    """T43: a policy of retail that yields access does not undo the pass of the account's."""
    loose = _policy(
        id="loose",
        scope="retail",
        requirement=parse_reviews("1 from everyone"),
        yields=AccessYield(role="clerk", seconds=31_536_000),
    )
    placet.policies.create(loose, actor=SYSTEM)
    asked = placet.request(*PAY, scope="retail", actor="user:sam")
    placet.approve(asked, by="user:dana")
    still = placet.approvals.get(asked.id, actor=SYSTEM)
    assert still.grant is None or placet.grants.get(still.grant, actor=SYSTEM).kind == "pass"
    assert not placet.check("user:sam", "invoice.pay", "invoice:7", scope="retail")


def test_access_to_a_type_reaches_no_other_type(placet: PlacetUnderTest) -> None:
    """T26, failure mode 40."""
    with placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("secret.read"))
        placet.roles.create(Role(id="both", permissions=("secret.read", "invoice.pay")))
        placet.policies.delete("four-eyes")
        placet.policies.create(
            _policy(
                needed="when_denied",
                requesters=("user:eve",),
                yields=AccessYield(role="both", seconds=60),
            )
        )
    placet.approve(placet.request("invoice.pay", actor="user:eve"), by="user:dana")
    assert placet.check("user:eve", "invoice.pay", "invoice:7")
    assert not placet.check("user:eve", "secret.read", "secret:x")


def test_a_source_names_a_permission_and_no_pattern(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="not registered"):
        placet.policies.create(_policy(requesters=("permission:invoice.*",)), actor=SYSTEM)


def test_a_source_that_cannot_be_told_keeps_no_check_from_answering(
    placet: PlacetUnderTest,
) -> None:
    """T45: it names nobody, and breaks nothing."""
    with placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("gone.soon"))
        placet.policies.create(_policy(needed="when_denied", requesters=("permission:gone.soon",)))
        placet.permissions.delete("gone.soon")
    assert not placet.check("user:eve", "invoice.pay", "invoice:7")


@pytest.mark.parametrize("state", ["pending", "approved"])
def test_what_is_tightened_meanwhile_has_to_be_met(placet: PlacetUnderTest, state: str) -> None:
    """T20, T43: a pass from before a new policy does not pass it by."""
    before = placet.request(*PAY, actor="user:sam")
    if state == "approved":
        placet.approve(before, by="user:dana")
    stricter = _policy(id="execs", requirement=parse_reviews("1 from user:root"))
    placet.policies.create(stricter, actor=SYSTEM)
    with pytest.raises(ApprovalRequired) as again:
        placet.permits.permit(*PAY, actor="user:sam")
    assert again.value.approval != before.id
    now = placet.approvals.get(before.id, actor="user:sam").status
    assert now == ("approved" if state == "approved" else "superseded")


def test_a_gate_wants_a_pass(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.policies.create(_policy(id="timed", yields=AccessYield(role="clerk", seconds=60)))
        with pytest.raises(Invalid, match="yields access"):
            placet.gates.create(Gate(id="g", policy="timed"))


def test_a_gate_that_is_made_anew_is_another_gate(placet: PlacetUnderTest) -> None:
    """Failure mode 38."""
    with placet.acting(SYSTEM):
        placet.gates.create(Gate(id="prod", policy="four-eyes"))
    placet.approve(placet.gates.request("prod", "sha", actor="user:root"), by="user:dana")
    placet.gates.delete("prod", actor=SYSTEM)
    placet.clock.advance("1s")
    placet.gates.create(Gate(id="prod", policy="four-eyes"), actor=SYSTEM)
    assert placet.gates.status("prod", "sha", actor=SYSTEM).status == "closed"


def test_what_a_gate_is_labelled_cannot_be_talked_away(placet: PlacetUnderTest) -> None:
    placet.gates.create(Gate(id="g", policy="four-eyes", labels={"stage": "prod"}), actor=SYSTEM)
    asked = placet.gates.request("g", "sha", labels={"stage": "test"}, actor="user:root")
    assert asked.labels == {"stage": "prod"}


def test_placets_own_permissions_wait_for_no_approval_and_say_so(
    placet: PlacetUnderTest,
) -> None:
    with pytest.raises(Invalid, match="wait for no approval"):
        placet.policies.create(_policy(applies_to=("core_user_manage",)), actor=SYSTEM)


def test_a_policy_yields_only_what_can_be_given_in_its_scope(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(
            Role(id="top", permissions=("invoice.pay",), allowed_scope_levels=("account",))
        )
        with pytest.raises(Invalid, match="cannot be given at organization level"):
            placet.policies.create(
                _policy(scope="retail", yields=AccessYield(role="top", seconds=60))
            )


def test_a_token_of_somebody_else_needs_more_than_the_right_to_tokens(
    placet: PlacetUnderTest,
) -> None:
    """Failure mode 34: whoever can make root's token is root."""
    _may(placet, "eve", "", "core_credential_edit")
    assert placet.credentials.issue("user:eve", actor="user:eve").token.startswith("pat.")
    with pytest.raises(AccessDenied, match="core_account_edit"):
        placet.credentials.issue("user:root", actor="user:eve")


@pytest.mark.parametrize("crowd", ["group:finance", "everyone"])
def test_a_crowd_is_nobody(placet: PlacetUnderTest, crowd: str) -> None:
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises(Invalid, match="cannot act"):
        placet.review(approval.id, "approve", actor=crowd)
    with pytest.raises(Invalid, match="one somebody"):
        placet.credentials.issue(crowd, actor=SYSTEM)


def test_a_dense_net_of_groups_costs_no_more_than_a_sparse_one(placet: PlacetUnderTest) -> None:
    """4 to the 12th ways lead through 12 layers of 4, one step a group (failure mode 29)."""
    with placet.acting(SYSTEM):
        for layer in range(12):
            for number in range(4):
                placet.groups.create(Group(id=f"l{layer}n{number}"))
        for layer in range(11):
            inside = [f"group:l{layer}n{number}" for number in range(4)]
            for number in range(4):
                placet.groups.add_members(f"l{layer + 1}n{number}", inside)
        with pytest.raises(Invalid, match="contain itself"):
            placet.groups.add_members("l0n0", ["group:l11n3"])


@pytest.mark.parametrize("count", [0, 51, 3_000_000])
def test_a_count_of_reviews_stays_within_reason(placet: PlacetUnderTest, count: int) -> None:
    with pytest.raises(Invalid, match="the most 50"):
        placet.policies.create(
            _policy(requirement=Reviews(count=count, source="group:finance")), actor=SYSTEM
        )


def test_a_role_of_a_sibling_scope_cannot_be_assigned(placet: PlacetUnderTest) -> None:
    """Else whoever edits it there steers rights here."""
    placet.roles.create(Role(id="x", scope="evil"), actor=SYSTEM)
    with pytest.raises(Invalid, match="not at or above 'retail'"):
        placet.assignments.create(
            Assignment(id="a", scope="retail", principal="user:sam", role="x@/evil"), actor=SYSTEM
        )


def test_thousands_of_members_are_added_in_one_step(placet: PlacetUnderTest) -> None:
    many = [f"user:member-with-a-rather-long-name-{number}" for number in range(20_000)]
    assert len(placet.groups.add_members("finance", many, actor=SYSTEM)) == 20_000
    assert placet.groups.remove_members("finance", [many[0]] * 3, actor=SYSTEM) == (many[0],)


def test_a_password_is_not_issued(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="not issued"):
        placet.credentials.issue("user:sam", kind="basic", actor=SYSTEM)


def test_who_may_not_look_learns_nothing_of_what_is_there(placet: PlacetUnderTest) -> None:
    for id in ("sam", "nobody"):
        with pytest.raises(AccessDenied):
            placet.users.create(User(id=id), actor="user:eve")
        with pytest.raises(AccessDenied):
            placet.users.update(User(id=id, etag=1), actor="user:eve")


def test_a_pass_is_gone_for_who_is_not_there_any_more(placet: PlacetUnderTest) -> None:
    with pytest.raises(NotFound):
        placet.grants.get("0190", actor="user:sam")
    done = placet.approve(placet.request(*PAY, actor="user:sam"), by="user:dana")
    assert done.grant is not None
    placet.users.update(User(id="sam", disabled=True), actor=SYSTEM)
    with pytest.raises(AccessDenied):
        placet.permits.permit(*PAY, actor="user:sam")


def test_an_ended_approval_cannot_be_settled_into_another(placet: PlacetUnderTest) -> None:
    """T04."""
    asked = placet.request(*PAY, actor="user:sam")
    placet.reject(asked, by="user:dana")
    assert placet.approvals.settle(asked.id, actor="user:sam").status == "rejected"
    with pytest.raises(InvalidState):
        placet.approve(asked, by="user:finn")


def test_who_comes_back_under_an_old_name_finds_no_pass_and_no_request(
    placet: PlacetUnderTest,
) -> None:
    """Failure mode 38."""
    done = placet.approve(placet.request(*PAY, actor="user:sam"), by="user:dana")
    waiting = placet.request("invoice.pay", "invoice:8", actor="user:sam")
    assert done.grant is not None
    placet.users.delete("sam", cascade=True, actor=SYSTEM)
    assert placet.grants.get(done.grant, actor=SYSTEM).status == "revoked"
    assert placet.approvals.get(waiting.id, actor=SYSTEM).status == "cancelled"
    with placet.acting(SYSTEM):
        placet.users.create(User(id="sam"))
        placet.assignments.create(Assignment(id="sam", principal="user:sam", role="clerk"))
    with pytest.raises(ApprovalRequired):
        placet.permits.permit(*PAY, actor="user:sam")


def test_access_ends_with_the_role_that_it_gave(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="cashier", permissions=("invoice.pay",)))
        placet.policies.delete("four-eyes")
        placet.policies.create(
            _policy(
                needed="when_denied",
                requesters=("user:eve",),
                yields=AccessYield(role="cashier", seconds=3600),
            )
        )
    done = placet.approve(placet.request(*PAY, actor="user:eve"), by="user:dana")
    assert done.grant is not None
    placet.roles.delete("cashier", cascade=True, actor=SYSTEM)
    assert placet.grants.get(done.grant, actor=SYSTEM).status == "revoked"
    assert not placet.check("user:eve", "invoice.pay", "invoice:7")


def test_nobody_reviews_from_outside_a_closed_directory() -> None:
    placet = office(directory="closed")
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    anybody = msgspec.structs.replace(policy, requirement=parse_reviews("1 from everyone"))
    placet.policies.update(anybody, actor=SYSTEM)
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises((AccessDenied, NotFound)):
        placet.approve(approval, by="user:ghost")
    assert placet.approve(approval, by="user:eve").status == "approved"


def test_who_is_denied_a_role_does_not_review_as_its_holder(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="boss"))
        placet.roles.create(Role(id="chief", includes=("boss",)))
        placet.assignments.create(Assignment(id="d", principal="user:dana", role="chief"))
        placet.assignments.create(Assignment(id="e", principal="user:eve", role="boss"))
        placet.assignments.create(
            Assignment(id="x", principal="user:eve", role="boss", effect="deny")
        )
        policy = placet.policies.get("four-eyes")
        placet.policies.update(
            msgspec.structs.replace(policy, requirement=parse_reviews("1 from role:boss"))
        )
    approval = placet.request(*PAY, actor="user:sam")
    with pytest.raises((AccessDenied, NotFound)):
        placet.approve(approval, by="user:eve")
    assert placet.approve(approval, by="user:dana").status == "approved"
