"""Decisions: what counts and what does not, batches, and who may ask."""

from typing import Any

import pytest
from authzen_client import ALICE, BOB, RECORD_1, RECORD_2, Pep, certified

from placet import SYSTEM, ApprovalPolicy, Assignment, Group, Permission, ServiceAccount
from placet.model import parse_reviews
from placet.testing import PlacetUnderTest

READ, WRITE = {"name": "read"}, {"name": "write"}
LIFTED = {**ALICE, "properties": {"role": "admin"}}
OPEN = {**RECORD_2, "properties": {"status": "active"}}


def context(pep: Pep, subject: Any, action: Any, resource: Any) -> Any:
    body = {"subject": subject, "action": action, "resource": resource}
    return pep.post("evaluation", body).json["context"]


def test_a_caller_cannot_lift_a_subject_by_its_properties(pep: Pep) -> None:
    """bob's stored role opens record-2; alice has none, whatever is said of her."""
    assert pep.decides(BOB, "write", RECORD_2)
    assert not pep.decides(LIFTED, "write", RECORD_2)
    assert pep.found("subject", subject=LIFTED, action=WRITE, resource=RECORD_2) == [BOB]
    assert pep.found("resource", subject=LIFTED, action=WRITE, resource={"type": "record"}) == [
        RECORD_1
    ]
    assert WRITE not in pep.found("action", subject=LIFTED, resource=RECORD_2)


def test_only_a_setting_makes_a_property_of_a_subject_count() -> None:
    pep = Pep(certified(trusted_subject_properties=["role"]))
    assert pep.decides(LIFTED, "write", RECORD_2)


def test_properties_of_a_stored_resource_are_the_stored_ones(pep: Pep) -> None:
    assert not pep.decides(ALICE, "write", OPEN)


def test_properties_count_for_a_resource_that_is_not_stored(pep: Pep) -> None:
    unstored = {"type": "record", "id": "record-3"}
    assert pep.decides(ALICE, "write", {**unstored, "properties": {"status": "active"}})
    assert not pep.decides(ALICE, "write", {**unstored, "properties": {"status": "archived"}})
    assert not pep.decides(ALICE, "write", unstored)


def test_a_denial_says_why(pep: Pep) -> None:
    assert context(pep, ALICE, WRITE, RECORD_2) == {
        "id": "no_assignment",
        "reason_admin": {
            "en": "no assignment gives user:alice record.write on record:record-2 in the account"
        },
    }


@pytest.mark.parametrize(
    ("subject", "action", "resource", "code"),
    [
        ({"type": "spaceship", "id": "alice"}, READ, RECORD_1, "subject_type_unknown"),
        ({"type": "user", "id": ""}, READ, RECORD_1, "principal_unknown"),
        ({"type": "user", "id": "x" * 300}, READ, RECORD_1, "principal_unknown"),
        ({"type": "group", "id": "a@/b/c/d"}, READ, RECORD_1, "principal_unknown"),
        ({"type": "user", "id": "nobody"}, READ, RECORD_1, "principal_unknown"),
        (ALICE, {"name": "fly"}, RECORD_1, "permission_unregistered"),
        (ALICE, READ, {"type": "spaceship", "id": "1"}, "permission_unregistered"),
        (ALICE, READ, {"type": "record:a", "id": "1"}, "permission_unregistered"),
        (ALICE, READ, {"type": "record", "id": " 1"}, "resource_unknown"),
    ],
)
def test_what_is_not_known_is_denied_and_is_no_error(
    pep: Pep, subject: Any, action: Any, resource: Any, code: str
) -> None:
    assert not pep.decides(subject, action["name"], resource)
    assert context(pep, subject, action, resource)["id"] == code


def test_an_action_that_several_permissions_are_is_denied(
    pep: Pep, placet: PlacetUnderTest
) -> None:
    again = Permission(id="record.look", resource_type="record", action="read")
    placet.permissions.create(again, actor=SYSTEM)
    assert context(pep, ALICE, READ, RECORD_1)["id"] == "permission_ambiguous"
    assert pep.found("action", subject=ALICE, resource=RECORD_1) == [WRITE]


def test_what_needs_approval_is_denied_and_says_so(pep: Pep, placet: PlacetUnderTest) -> None:
    policy = ApprovalPolicy(
        id="eyes", applies_to=("record.read",), requirement=parse_reviews("1 from group:staff")
    )
    placet.policies.create(policy, actor=SYSTEM)
    said = context(pep, ALICE, READ, RECORD_1)
    assert (said["id"], said["approval_required"]) == (
        "approval_needed",
        {"policies": ["eyes@/"]},
    )
    assert pep.found("subject", subject={"type": "user"}, action=READ, resource=RECORD_1) == []


def test_subjects_are_groups_and_service_accounts_as_well(
    pep: Pep, placet: PlacetUnderTest
) -> None:
    placet.service_accounts.create(ServiceAccount(id="ci", scope="lab"), actor=SYSTEM)
    robot = Assignment(id="ci", principal="service_account:ci@/lab", role="reader")
    placet.assignments.create(robot, actor=SYSTEM)
    assert pep.decides({"type": "group", "id": "staff"}, "read", RECORD_1)
    assert pep.decides({"type": "service", "id": "ci@/lab"}, "read", RECORD_1)
    assert not pep.decides({"type": "service", "id": "ci"}, "read", RECORD_1)
    found = pep.found("subject", subject={"type": "service"}, action=READ, resource=RECORD_1)
    assert found == [{"type": "service", "id": "ci@/lab"}]


def test_the_setting_names_the_types_of_subjects(placet: PlacetUnderTest) -> None:
    pep = Pep(placet, authzen_subject_types=("identity=user",))
    assert pep.decides({"type": "identity", "id": "alice"}, "read", RECORD_1)
    assert not pep.decides(ALICE, "read", RECORD_1)
    found = pep.found("subject", subject={"type": "identity"}, action=READ, resource=RECORD_1)
    assert {"type": "identity", "id": "alice"} in found


# -- batches -------------------------------------------------------------------------------------

ITEMS = [{"subject": BOB, "action": {"name": name}} for name in ("read", "write", "read", "write")]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        (None, [True, False, True, False]),
        ("execute_all", [True, False, True, False]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_a_batch_ends_where_its_semantic_says(
    pep: Pep, semantic: str | None, expected: list[bool]
) -> None:
    body: dict[str, Any] = {"resource": RECORD_1, "evaluations": ITEMS}
    if semantic:
        body["options"] = {"evaluations_semantic": semantic, "another_option": 1}
    rows = pep.post("evaluations", body).json["evaluations"]
    assert [row["decision"] for row in rows] == expected


def test_permit_on_first_permit_goes_past_denials_and_errors(pep: Pep) -> None:
    body = {
        "subject": BOB,
        "resource": RECORD_1,
        "options": {"evaluations_semantic": "permit_on_first_permit"},
        "evaluations": [{"action": WRITE}, {}, {"action": READ}, {"action": WRITE}],
    }
    rows = pep.post("evaluations", body).json["evaluations"]
    assert [row["decision"] for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    "item", [7, None, [], {"action": 7}, {"action": {"name": None}}, {"context": 7}]
)
def test_a_bad_item_is_a_denial_that_says_what_is_wrong(pep: Pep, item: Any) -> None:
    body = {"subject": ALICE, "action": READ, "resource": RECORD_1, "evaluations": [item, {}]}
    bad, good = pep.post("evaluations", body).json["evaluations"]
    assert (bad["decision"], bad["context"]["error"]["status"]) == (False, 400)
    assert bad["context"]["error"]["message"]
    assert good == {"decision": True}


def test_an_entity_of_an_item_replaces_the_default_as_a_whole(pep: Pep) -> None:
    """Only what it has to have and leaves out is filled in; properties are not merged."""
    body = {
        "subject": ALICE,
        "action": {"name": "delete", "properties": {"soft": True}},
        "resource": RECORD_1,
        "evaluations": [{}, {"action": {"name": "delete"}}, {"action": {"properties": {}}}],
    }
    rows = pep.post("evaluations", body).json["evaluations"]
    assert [row["decision"] for row in rows] == [True, False, False]


def test_two_items_that_differ_in_context_alone_are_two_questions(
    pep: Pep, placet: PlacetUnderTest
) -> None:
    """Failure mode 14."""
    near = Assignment(
        id="near", principal="user:bob", role="writer", condition="context.ip == '::1'"
    )
    placet.assignments.create(near, actor=SYSTEM)
    body = {
        "subject": BOB,
        "action": WRITE,
        "resource": RECORD_1,
        "context": {"ip": "::1"},
        "evaluations": [{"context": {"ip": "::2"}}, {}, {"context": {"ip": "::2"}}],
    }
    rows = pep.post("evaluations", body).json["evaluations"]
    assert [row["decision"] for row in rows] == [False, True, False]


# -- who may ask ---------------------------------------------------------------------------------


def test_about_oneself_everybody_may_ask(pep: Pep) -> None:
    assert pep.decides(ALICE, "read", RECORD_1, by="user:alice")
    assert not pep.decides(ALICE, "fly", RECORD_1, by="user:alice")


@pytest.mark.parametrize("action", ["read", "fly"])
@pytest.mark.parametrize("subject", [BOB, {"type": "spaceship", "id": "x"}])
def test_about_others_only_who_may_view_access_may_ask(pep: Pep, subject: Any, action: str) -> None:
    body = {"subject": subject, "action": {"name": action}, "resource": RECORD_1}
    result = pep.post("evaluation", body, by="user:alice")
    assert (result.status_code, result.headers["Content-Type"]) == (
        403,
        "text/plain; charset=utf-8",
    )
    assert "core_access_view" in result.text


def test_in_a_batch_what_one_may_not_ask_is_an_error_of_its_item(pep: Pep) -> None:
    body = {
        "action": READ,
        "resource": RECORD_1,
        "evaluations": [
            {"subject": ALICE},
            {"subject": BOB},
            {"subject": {"type": "x", "id": "y"}},
        ],
    }
    first, *rest = pep.post("evaluations", body, by="user:alice").json["evaluations"]
    assert first == {"decision": True}
    assert [row["context"]["error"]["status"] for row in rest] == [403, 403]


def test_the_account_is_that_of_the_credential_or_the_same_in_the_path(pep: Pep) -> None:
    body = {"subject": ALICE, "action": READ, "resource": RECORD_1}
    assert pep.post("evaluation", body, prefix="/t/default").json == {"decision": True}
    assert pep.post("evaluation", body, prefix="/t/other").status_code == 403


def test_accounts_are_apart(pep: Pep, placet: PlacetUnderTest) -> None:
    other = placet.tenant("other")
    other.groups.create(Group(id="staff"), actor=SYSTEM)
    other.service_accounts.create(ServiceAccount(id="pep"), actor=SYSTEM)
    token = other.credentials.issue("service_account:pep", actor=SYSTEM).token
    body = {"subject": ALICE, "action": READ, "resource": RECORD_1}
    result = pep.post(
        "evaluation", body, by=None, headers={"Authorization": f"Bearer {token}"}, prefix="/t/other"
    )
    assert result.status_code == 403


def test_a_request_id_comes_back_as_it_was_sent(pep: Pep) -> None:
    body = {"subject": ALICE, "action": READ, "resource": RECORD_1}
    for sent in ("a b", "x" * 500, "7"):
        for said in (body, {}):
            result = pep.post("evaluation", said, headers={"X-Request-ID": sent})
            assert result.headers["X-Request-ID"] == sent
