"""Lists: whose approvals, which of them, and page after page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from britive_tenant import Tenant
from office import SYSTEM

from placet import Assignment, Role


@pytest.mark.parametrize("path", ["v1/approvals", "v1/approvals/"])
def test_a_trailing_slash_is_no_difference(tenant: Tenant, path: str) -> None:
    id = tenant.ask()
    page = tenant.get(path)
    assert [item["requestId"] for item in page["result"]] == [id]
    assert page["pagination"] == {"next": "", "prev": ""}


def test_my_requests_are_those_that_the_caller_asked_for(tenant: Tenant) -> None:
    mine = tenant.ask()
    tenant.ask(by="kim")
    assert tenant.listed("requestType=myRequests") == [mine]
    assert tenant.listed("requestType=myRequests", "ana") == []


def test_my_approvals_are_those_that_the_caller_may_decide_now(tenant: Tenant) -> None:
    id = tenant.ask()
    assert tenant.listed("requestType=myApprovals", "ana") == [id]
    assert tenant.listed("requestType=myApprovals", "bo") == [id]
    assert tenant.listed("requestType=myApprovals", "sam") == []
    assert tenant.listed("requestType=myApprovals", "root") == []


def test_my_approvals_keep_what_the_caller_has_decided(tenant: Tenant) -> None:
    id = tenant.ask()
    tenant.decide(id, "no", by="ana")
    assert tenant.listed("requestType=myApprovals", "ana") == [id]
    assert tenant.listed("requestType=myApprovals", "bo") == []


def test_my_approvals_leave_out_what_can_be_decided_no_more(tenant: Tenant) -> None:
    tenant.ask()
    tenant.clock.advance("10m")
    assert tenant.listed("requestType=myApprovals", "ana") == []


def test_my_approvals_leave_out_the_callers_own_request(tenant: Tenant) -> None:
    tenant.placet.groups.add_members("engineers", ["user:ana"], actor=SYSTEM)
    tenant.ask(by="ana")
    assert tenant.listed("requestType=myApprovals", "ana") == []
    assert len(tenant.listed("requestType=myApprovals", "bo")) == 1


def test_without_a_type_a_list_is_all_that_the_caller_may_see(tenant: Tenant) -> None:
    ids = {tenant.ask(), tenant.ask(by="kim")}
    assert {name: set(tenant.listed(by=name)) == ids for name in ("ana", "root")} == {
        "ana": True,
        "root": True,
    }
    assert len(tenant.listed(by="sam")) == 1
    assert tenant.listed(by="eve") == []


def test_newest_come_first(tenant: Tenant) -> None:
    first = tenant.ask(environment="prod")
    tenant.clock.advance("1s")
    second = tenant.ask(environment="test")
    assert tenant.listed() == [second, first]


def test_a_consumer_may_be_chosen(tenant: Tenant) -> None:
    cloud, resource = tenant.ask(), tenant.ask_resource()
    assert tenant.listed("consumer=papservice") == [cloud]
    assert tenant.listed("consumer=resourceprofile") == [resource]


@pytest.fixture
def one_of_each(tenant: Tenant) -> dict[str, str]:
    """Word for a status -> id of an approval that has it."""
    late = tenant.ask(environment="late")
    tenant.clock.advance("10m")
    ids = {word: tenant.ask(environment=word) for word in _DECIDED}
    for word in ("APPROVED", "REVOKED"):
        tenant.decide(ids[word], "yes")
    tenant.decide(ids["REVOKED"], "revoke")
    tenant.decide(ids["REJECTED"], "no")
    tenant.call("DELETE", f"v1/approvals/{ids['WITHDRAWN']}")
    tenant.call("DELETE", f"v1/approvals/{ids['CANCELLED']}", by="root")
    return {**ids, "TIMEOUT": late}


_DECIDED = ("PENDING", "APPROVED", "REVOKED", "REJECTED", "WITHDRAWN", "CANCELLED")


@pytest.mark.parametrize("word", [*_DECIDED, "TIMEOUT"])
def test_one_status(tenant: Tenant, one_of_each: dict[str, str], word: str) -> None:
    assert tenant.listed(f"filter=status eq {word}") == [one_of_each[word]]


@pytest.mark.parametrize(
    ("filter", "words"),
    [
        ("status eq PENDING,TIMEOUT", {"PENDING", "TIMEOUT"}),
        ("status eq PENDING, TIMEOUT", {"PENDING", "TIMEOUT"}),
        (" status  eq  APPROVED ", {"APPROVED"}),
        ("status co ED", {"APPROVED", "REVOKED", "REJECTED", "CANCELLED"}),
        ("status co PEND,TIME", {"PENDING", "TIMEOUT"}),
        ("status co NOTHING", set()),
        ("status eq DRAFT,NO_ACTION_REQUIRED", set()),
    ],
)
def test_several_statuses(
    tenant: Tenant, one_of_each: dict[str, str], filter: str, words: set[str]
) -> None:
    assert set(tenant.listed(f"filter={filter}")) == {one_of_each[word] for word in words}


def test_a_filter_holds_for_a_type_as_well(tenant: Tenant, one_of_each: dict[str, str]) -> None:
    rejected = tenant.listed("requestType=myApprovals&filter=status eq REJECTED", "ana")
    assert rejected == [one_of_each["REJECTED"]]


@pytest.fixture
def many(tenant: Tenant) -> list[str]:
    """Ids of 250 requests of sam, newest first."""
    ids = []
    for number in range(250):
        ids.append(tenant.ask(environment=f"e{number}"))
        tenant.clock.advance("1ms")
    return ids[::-1]


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("", "sam"),
        ("requestType=myRequests", "sam"),
        ("requestType=myApprovals", "ana"),
        ("filter=status eq PENDING", "root"),
    ],
)
def test_pages_hold_everything_once(tenant: Tenant, many: list[str], query: str, by: str) -> None:
    assert tenant.listed(query, by) == many


def test_the_next_page_is_an_absolute_address_of_the_public_url(
    tenant: Tenant, many: list[str]
) -> None:
    result = tenant.call("GET", "v1/approvals/", headers={"Host": "evil.example"})
    address = urlsplit(result.json["pagination"]["next"])
    assert (address.scheme, address.netloc) == ("https", "default.britive-app.com")
    assert (address.path, list(parse_qs(address.query))) == ("/api/v1/approvals/", ["pageToken"])


def test_the_sdk_repeats_the_type_beside_the_token(tenant: Tenant, many: list[str]) -> None:
    first = tenant.get("v1/approvals/?requestType=myRequests")
    path = first["pagination"]["next"].partition("/api/")[2]
    again = tenant.get(f"{path}&requestType=myRequests&requestType=myRequests")
    assert again["result"] == tenant.get(path)["result"]


def test_a_token_keeps_the_filter_that_it_was_given_out_for(tenant: Tenant) -> None:
    for number in range(150):
        id = tenant.ask(environment=f"e{number}")
        if number % 2:
            tenant.call("DELETE", f"v1/approvals/{id}")
        tenant.clock.advance("1ms")
    assert len(tenant.listed("filter=status eq WITHDRAWN")) == 75
    assert len(tenant.listed("filter=status eq CANCELLED")) == 0


def test_a_token_goes_with_what_it_was_given_out_for(tenant: Tenant, many: list[str]) -> None:
    first = tenant.get("v1/approvals/?requestType=myRequests")
    path = first["pagination"]["next"].partition("/api/")[2]
    for other in ("requestType=myApprovals", "filter=status eq REJECTED"):
        assert tenant.call("GET", f"{path}&{other}").status_code == 400


def test_who_holds_the_right_in_one_scope_sees_what_lies_there(tenant: Tenant) -> None:
    with tenant.placet.acting(SYSTEM):
        tenant.placet.roles.create(Role(id="auditor", permissions=("core_approval_view",)))
        tenant.placet.assignments.create(
            Assignment(id="eve", principal="user:eve", role="auditor", scope="retail")
        )
    tenant.ask()
    there = tenant.placet.request(
        "profile.checkout", "profile:admin/shop", scope="retail", actor="user:sam"
    )
    assert tenant.listed(by="eve") == [there.id]
