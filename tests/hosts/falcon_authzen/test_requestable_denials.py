"""A denial that can be asked for says how; a denial stores nothing."""

from typing import Any

import msgspec
import pytest
from access_requests import DELETE, READ, Requester, governed
from authzen_client import ALICE, BOB, RECORD_1, RECORD_2, Pep

from placet import SYSTEM, ServiceAccount
from placet.errors import Invalid

OWNERS = {"type": "group", "id": "staff"}


def offer(requester: Pep, action: Any = READ, resource: Any = RECORD_1, **members: Any) -> Any:
    body = {"subject": ALICE, "action": action, "resource": resource, **members}
    result = requester.post("evaluation", body)
    assert result.status_code == 200, result.text
    assert result.json["decision"] is False
    return result.json["context"].get("access_request")


def test_a_denial_says_where_to_ask_until_when_and_with_what(requester: Requester) -> None:
    said = requester.evaluated()["context"]
    token = said["access_request"].pop("binding_token")
    assert said.pop("evaluation_id") != requester.evaluated()["context"]["evaluation_id"]
    assert said == {
        "id": "approval_needed",
        "reason_admin": {"en": "policy eyes wants approval first"},
        "approval_required": {"policies": ["eyes@/"]},
        "reason": "approval_required",
        "evaluated_at": "2026-01-01T09:00:00Z",
        "access_request": {
            "endpoint": "https://pdp.example.com/access/v1/requests",
            "expires_at": "2026-01-01T09:10:00Z",
            "display": {"title": "This needs approval"},
        },
    }
    assert len(token) > 100


def test_a_denial_stores_nothing(requester: Requester) -> None:
    requester.evaluated()  # the credential of who asks has been made
    before = requester.placet.token()
    assert offer(requester) is not None
    assert requester.placet.token() == before


def test_the_address_names_the_account_where_the_evaluation_did(requester: Requester) -> None:
    said = requester.evaluated(prefix="/t/default")["context"]["access_request"]
    assert said["endpoint"] == "https://pdp.example.com/t/default/access/v1/requests"


def test_every_denial_of_a_batch_has_an_offer_of_its_own(requester: Requester) -> None:
    body = {
        "subject": ALICE,
        "evaluations": [
            {"action": READ, "resource": RECORD_1},
            {"action": {"name": "write"}, "resource": RECORD_1},
            {"action": DELETE, "resource": RECORD_2},
        ],
    }
    rows = requester.post("evaluations", body).json["evaluations"]
    offers = [row.get("context", {}).get("access_request") for row in rows]
    assert [row["decision"] for row in rows] == [False, True, False]
    assert offers[0]["binding_token"] != offers[2]["binding_token"]
    asked = requester.ask(offers[2]["binding_token"], action=DELETE, resource=RECORD_2)
    assert asked.status_code == 202


def test_it_is_off_unless_a_setting_says_otherwise() -> None:
    pep = Pep(governed())
    assert offer(pep) is None
    assert (
        "access_request_endpoint"
        not in pep.http.simulate_get("/.well-known/authzen-configuration").json
    )
    assert pep.post("requests", {}).status_code == 404


def test_where_it_is_off_an_approval_in_the_context_is_context_like_any_other() -> None:
    pep = Pep(governed())
    assert pep.decides(ALICE, "write", RECORD_1, context={"approval": {"id": "x"}})


def test_metadata_name_the_endpoint_and_the_capability(requester: Requester) -> None:
    said = requester.http.simulate_get("/.well-known/authzen-configuration/t/default").json
    assert said["access_request_endpoint"] == (
        "https://pdp.example.com/t/default/access/v1/requests"
    )
    assert said["capabilities"] == ["urn:openid:authzen:capability:access-request"]


def test_it_needs_a_public_address() -> None:
    with pytest.raises(Invalid, match="public_url"):
        Requester(governed(), public_url="")


# -- what is not offered ---------------------------------------------------------------------------


def test_what_is_denied_for_good_is_not_offered(requester: Requester) -> None:
    assert offer(requester, {"name": "write"}, RECORD_2) is None
    assert offer(requester, {"name": "fly"}) is None


def test_what_hangs_on_properties_of_the_action_is_not_offered(requester: Requester) -> None:
    """An approval does not bind them."""
    assert offer(requester, {**READ, "properties": {"soft": True}}) is None


def test_what_hangs_on_trusted_properties_of_the_subject_is_not_offered() -> None:
    requester = Requester(governed(trusted_subject_properties=["role"]))
    assert offer(requester, subject={**ALICE, "properties": {"team": "a"}}) is not None
    assert offer(requester, subject={**ALICE, "properties": {"role": "a"}}) is None


def test_a_pass_without_an_end_is_not_offered(requester: Requester) -> None:
    """An evaluation does not use it up, so that it would be good for ever."""
    with requester.placet.acting(SYSTEM):
        policy = requester.placet.policies.get("eyes")
        requester.placet.policies.update(msgspec.structs.replace(policy, use_within=None))
    assert offer(requester) is None


def test_a_group_is_not_offered_anything(requester: Requester) -> None:
    """Who is in it could say yes to themselves."""
    assert offer(requester, subject=OWNERS) is None


def test_a_program_is_offered_what_its_policy_lets_nobody_stand_behind(
    requester: Requester,
) -> None:
    robot = {"type": "service", "id": "robot"}
    with requester.placet.acting(SYSTEM):
        requester.placet.service_accounts.create(ServiceAccount(id="robot"))
        requester.placet.groups.add_members("staff", ["service_account:robot"])
    assert offer(requester, subject=robot) is None
    with requester.placet.acting(SYSTEM):
        policy = requester.placet.policies.get("eyes")
        requester.placet.policies.update(msgspec.structs.replace(policy, allow_unattributed=True))
    token = offer(requester, subject=robot)["binding_token"]
    assert requester.ask(token, subject=robot).status_code == 202


def test_it_is_offered_to_each_subject_by_itself(requester: Requester) -> None:
    token = requester.token(subject=BOB)
    assert requester.ask(token, subject=BOB).status_code == 202
