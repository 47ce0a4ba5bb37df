"""Create, get, list, update and delete over HTTP, the same for every noun."""

from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from falcon_client import BASE, Browser

from placet.testing import PlacetUnderTest
from placet_falcon.native.nouns import NOUNS


class Case(NamedTuple):
    """A noun's path, a body that makes one, its id there, and a change to it."""

    path: str
    body: dict[str, Any]
    id: str
    change: dict[str, Any]


ONE_REVIEW = {"kind": "reviews", "count": 1, "source": "group:finance"}
CASES = (
    Case("roles", {"id": "r", "permissions": ["invoice.read"]}, "r", {"name": "Reader"}),
    Case("groups", {"id": "g"}, "g", {"name": "Group"}),
    Case("users", {"id": "zoe", "name": "Zoe"}, "zoe", {"email": "zoe@example.com"}),
    Case("service-accounts", {"id": "ci"}, "ci", {"description": "builds"}),
    Case("resource-groups", {"id": "g", "all": True}, "g", {"color": "green"}),
    Case("resources", {"type": "repo", "id": "org/app"}, "repo:org/app",
         {"attributes": {"tier": 1}}),
    Case("assignments", {"id": "a", "principal": "user:eve", "role": "clerk"}, "a",
         {"disabled": True}),
    Case("permissions", {"id": "report.read", "resource_type": "report", "action": "read"},
         "report.read", {"name": "Read reports"}),
    Case("policies", {"id": "p", "applies_to": ["invoice.read"], "requirement": ONE_REVIEW}, "p",
         {"allow_self_review": True}),
    Case("gates", {"id": "prod", "policy": "four-eyes"}, "prod", {"labels": {"env": "prod"}}),
    Case("delegations", {"id": "d", "delegator": "user:dana", "delegate": "user:finn",
         "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z"}, "d",
         {"reason": "holiday"}),
)  # fmt: skip
every_noun = pytest.mark.parametrize("case", CASES, ids=[case.path for case in CASES])


def test_the_cases_cover_every_noun_but_credentials_which_are_issued() -> None:
    assert {case.path for case in CASES} | {"credentials"} == {noun.path for noun in NOUNS}


@every_noun
def test_a_record_is_created_read_listed_changed_and_deleted(browser: Browser, case: Case) -> None:
    created = browser.post(case.path, case.body)
    assert created.status_code == 201, created.text
    address = f"{case.path}/{quote(case.id, safe='')}"
    assert created.headers["Location"] == f"{BASE}/{address}"

    found = browser.get(address)
    assert (found.status_code, found.json) == (200, created.json)
    assert found.headers["ETag"] == created.headers["ETag"] == f'"{found.json["etag"]}"'

    listed = browser.get(case.path).json
    assert found.json in listed["items"]
    assert listed["total"] >= 1

    changed = browser.put(
        address, {**found.json, **case.change}, headers={"If-Match": found.headers["ETag"]}
    )
    assert changed.status_code == 200, changed.text
    assert case.change.items() <= changed.json.items()
    assert changed.headers["ETag"] != found.headers["ETag"]

    stale = browser.put(address, case.body, headers={"If-Match": found.headers["ETag"]})
    assert (stale.status_code, stale.json["error"]["code"]) == (412, "conflict")

    removed = browser.delete(address)
    assert (removed.status_code, removed.json["id"]) == (200, found.json["id"])
    assert browser.get(address).status_code == 404


@every_noun
def test_without_a_right_nothing_is_created(
    browser: Browser, placet: PlacetUnderTest, case: Case
) -> None:
    browser.get("grants", by="eve")
    before = placet.store.head("default")
    refused = browser.post(case.path, case.body, by="eve")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "access_denied")
    assert placet.store.head("default") == before


@every_noun
def test_what_the_engine_sets_is_never_taken_from_a_body(browser: Browser, case: Case) -> None:
    forged = {
        "etag": 99,
        "bundle": "stolen",
        "created_by": "user:ceo",
        "created_at": "2001-01-01T00:00:00Z",
        "updated_at": "2001-01-01T00:00:00Z",
    }
    made = browser.post(case.path, {**case.body, **forged}).json
    assert (made["bundle"], made["created_by"]) == ("", "user:root")
    assert made["created_at"] == made["updated_at"] == "2026-01-01T09:00:00Z"


def test_an_assignment_cannot_be_made_to_look_approved(browser: Browser) -> None:
    body = {"principal": "user:eve", "role": "clerk", "policies": ["four-eyes@/"], "approval": "x"}
    made = browser.post("assignments", body).json
    assert (made["policies"], made["approval"]) == ([], None)
    asked = {"permission": "invoice.pay"}
    assert browser.post("decide", asked, by="eve").json["outcome"] == "approval_required"


def test_an_assignment_without_an_id_is_given_one(browser: Browser) -> None:
    made = browser.post("assignments", {"principal": "user:eve", "role": "clerk"}).json
    assert made["id"].startswith("role_assignment_")


def test_a_record_lives_in_the_scope_of_its_body_and_is_found_by_the_scope_of_the_query(
    browser: Browser,
) -> None:
    made = browser.post("roles", {"id": "r", "scope": "retail"})
    assert made.headers["Location"] == f"{BASE}/roles/r?scope=retail"
    assert browser.get("roles/r").status_code == 404
    assert browser.get("roles/r?scope=retail").json["scope"] == "retail"
    assert browser.put("roles/r?scope=retail", {"name": "R"}).json["name"] == "R"


def test_a_list_is_searched_sorted_and_cut(browser: Browser) -> None:
    found = browser.get("users?search=A&sort=name&descending=true&skip=1&limit=1").json
    assert ([user["id"] for user in found["items"]], found["total"]) == (["dana"], 2)


def test_a_role_in_use_goes_only_with_its_assignments(browser: Browser) -> None:
    assert browser.delete("roles/clerk").status_code == 409
    assert browser.delete("roles/clerk?cascade=true").status_code == 200
    assert [one["id"] for one in browser.get("assignments").json["items"]] == ["root"]


@pytest.mark.parametrize("sent", ["*", '"{etag}"', 'W/"{etag}"'])
def test_if_match_takes_the_version_or_any(browser: Browser, sent: str) -> None:
    etag = browser.get("users/sam").json["etag"]
    headers = {"If-Match": sent.format(etag=etag)}
    assert browser.put("users/sam", {"name": "S"}, headers=headers).status_code == 200


@pytest.mark.parametrize("sent", ['"0"', '"x"', '"99999999999999999999999"'])
def test_if_match_of_no_version_matches_none(browser: Browser, sent: str) -> None:
    assert browser.put("users/sam", {}, headers={"If-Match": sent}).status_code == 412


def test_a_name_with_a_slash_is_one_name_where_the_server_says_what_was_sent(
    browser: Browser,
) -> None:
    browser.post("groups", {"id": "a/b"})
    assert browser.get("groups/a%2Fb").json["id"] == "a/b"
    assert browser.get("groups/a%2Fb/members").json == {"items": [], "total": 0}


def test_a_trailing_slash_is_nothing(browser: Browser) -> None:
    assert browser.get("users/sam/").json["id"] == "sam"


def test_head_answers_like_get_without_a_body(browser: Browser) -> None:
    got = browser.get("users/sam")
    head = browser.call("HEAD", "users/sam")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
