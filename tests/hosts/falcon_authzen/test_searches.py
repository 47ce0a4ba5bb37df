"""Searches: what they list an evaluation allows, and tokens are good for their query alone."""

from typing import Any

import pytest
from authzen_client import ALICE, BOB, RECORD_1, RECORD_2, Pep, certified

from placet import SYSTEM, Assignment, Resource, User
from placet.testing import PlacetUnderTest

READ, WRITE = {"name": "read"}, {"name": "write"}
USERS = {"subject": {"type": "user"}, "action": READ, "resource": RECORD_1}
RECORDS = {"subject": ALICE, "action": READ, "resource": {"type": "record"}}


def token_of(pep: Pep, kind: str, body: Any) -> str:
    token = pep.post(f"search/{kind}", {**body, "page": {"limit": 1}}).json["page"]["next_token"]
    assert token
    return str(token)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("subject", USERS, [ALICE, BOB]),
        ("resource", RECORDS, [RECORD_1, RECORD_2]),
        ("action", {"subject": ALICE, "resource": RECORD_1}, [READ, WRITE]),
    ],
)
def test_pages_of_one_come_to_the_whole_list(
    pep: Pep, kind: str, body: Any, expected: list[Any]
) -> None:
    found, token = [], ""
    for _ in expected:
        page = pep.post(f"search/{kind}", {**body, "page": {"limit": 1, "token": token}}).json
        found += page["results"]
        assert page["page"]["count"] == 1
        token = page["page"]["next_token"]
    assert (found, token) == (expected, "")


def test_what_a_search_lists_an_evaluation_allows(pep: Pep) -> None:
    for subject in (ALICE, BOB):
        for resource in (RECORD_1, RECORD_2):
            named = pep.found("action", subject=subject, resource=resource)
            for action in (READ, WRITE, {"name": "delete"}):
                allowed = pep.decides(subject, action["name"], resource)
                assert (action in named) == allowed
                records = {"subject": subject, "action": action, "resource": {"type": "record"}}
                assert (resource in pep.found("resource", **records)) == allowed
                users = {"subject": {"type": "user"}, "action": action, "resource": resource}
                assert (subject in pep.found("subject", **users)) == allowed


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("subject", {**USERS, "action": WRITE}),
        ("subject", {**USERS, "resource": RECORD_2}),
        ("subject", {**USERS, "subject": {"type": "service"}}),
        ("subject", {**USERS, "context": {"ip": "::1"}}),
        ("resource", RECORDS),
    ],
)
def test_a_token_of_another_query_is_refused(pep: Pep, kind: str, body: Any) -> None:
    token = token_of(pep, "subject", USERS)
    result = pep.post(f"search/{kind}", {**body, "page": {"token": token}})
    assert (result.status_code, "another query" in result.text) == (400, True)


@pytest.mark.parametrize("forge", ["", "A", "flip"])
def test_a_token_that_was_not_given_out_is_refused(pep: Pep, forge: str) -> None:
    """Failure mode 44."""
    token = token_of(pep, "subject", USERS)
    bad = token[:-2] + ("AA" if token[-2:] != "AA" else "BB") if forge == "flip" else forge + "!"
    result = pep.post("search/subject", {**USERS, "page": {"token": bad}})
    assert (result.status_code, "page.token" in result.text) == (400, True)


def test_a_token_of_another_service_is_refused(pep: Pep, placet: PlacetUnderTest) -> None:
    other = Pep(placet, secret_keys=("x" * 32,))
    token = token_of(other, "subject", USERS)
    result = pep.post("search/subject", {**USERS, "page": {"token": token}})
    assert result.status_code == 400


def test_a_token_outlives_a_new_key(pep: Pep, placet: PlacetUnderTest) -> None:
    token = token_of(pep, "subject", USERS)
    newer = Pep(placet, secret_keys=("x" * 32, "k" * 32))
    result = newer.post("search/subject", {**USERS, "page": {"token": token}})
    assert result.json["results"] == [BOB]


def test_a_token_of_another_account_is_refused(pep: Pep, placet: PlacetUnderTest) -> None:
    token = token_of(pep, "subject", USERS)
    twin = placet.tenant("twin")
    twin.users.create(User(id="root"), actor=SYSTEM)
    admin = Assignment(id="root", principal="user:root", role="_account_admin")
    twin.assignments.create(admin, actor=SYSTEM)
    by = {"Authorization": f"Bearer {twin.credentials.issue('user:root', actor=SYSTEM).token}"}
    body = {**USERS, "page": {"token": token}}
    result = pep.post("search/subject", body, by=None, headers=by)
    assert (result.status_code, "another query" in result.text) == (400, True)


def test_a_limit_of_nothing_gives_nothing_and_does_not_move(pep: Pep) -> None:
    page = pep.post("search/subject", {**USERS, "page": {"limit": 0}}).json
    assert page["results"] == []
    again = {**USERS, "page": {"token": page["page"]["next_token"]}}
    assert pep.post("search/subject", again).json["results"] == [ALICE, BOB]


def test_a_limit_beyond_the_largest_page_is_cut(pep: Pep) -> None:
    page = pep.post("search/subject", {**USERS, "page": {"limit": 10**6}}).json
    assert page["results"] == [ALICE, BOB]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("subject", {**USERS, "action": {"name": "fly"}}),
        ("subject", {**USERS, "resource": {"type": "spaceship", "id": "1"}}),
        ("subject", {**USERS, "resource": {"type": "record", "id": "\x00"}}),
        ("resource", {**RECORDS, "subject": {"type": "spaceship", "id": "1"}}),
        ("resource", {**RECORDS, "subject": {"type": "user", "id": "nobody"}}),
        ("resource", {**RECORDS, "resource": {"type": "spaceship"}}),
        ("action", {"subject": ALICE, "resource": {"type": "spaceship", "id": "1"}}),
        ("action", {"subject": {"type": "x", "id": "y"}, "resource": RECORD_1}),
    ],
)
def test_what_is_not_known_is_an_empty_list(pep: Pep, kind: str, body: Any) -> None:
    assert pep.found(kind, **body) == []


@pytest.mark.parametrize("kind", ["subject", "resource", "action"])
@pytest.mark.parametrize("action", ["read", "fly"])
def test_about_others_only_who_may_view_access_searches(pep: Pep, kind: str, action: str) -> None:
    body = {
        "subject": BOB,
        "action": {"name": action},
        "resource": RECORD_1,
    }
    assert pep.post(f"search/{kind}", body, by="user:alice").status_code == 403


@pytest.mark.parametrize("kind", ["resource", "action"])
def test_about_oneself_everybody_searches(pep: Pep, kind: str) -> None:
    body = {"subject": ALICE, "action": READ, "resource": RECORD_1}
    assert pep.post(f"search/{kind}", body, by="user:alice").json["results"]


def test_a_resource_is_asked_about_at_its_home(pep: Pep, placet: PlacetUnderTest) -> None:
    placet.resources.create(Resource(type="record", id="far", scope="lab"), actor=SYSTEM)
    far = {"type": "record", "id": "far"}
    assert pep.decides(ALICE, "read", far)
    assert far in pep.found("resource", **RECORDS)


def test_where_a_list_cannot_be_whole_the_page_says_so() -> None:
    placet = certified(directory="open")
    everyone = Assignment(id="all", principal="everyone", role="reader")
    placet.assignments.create(everyone, actor=SYSTEM)
    page = Pep(placet).post("search/subject", USERS).json["page"]
    assert page["properties"] == {"unlisted": True}


def test_a_list_of_stored_resources_says_that_others_may_be_allowed(pep: Pep) -> None:
    page = pep.post("search/resource", RECORDS).json["page"]
    assert page["properties"] == {"unlisted": True}
