"""The OpenID certification scenario of the AuthZEN Authorization API 1.0, level by level.

Each test is named after the section of the scenario that it stands for. The levels are classes:
Basic, Batch and Search, each Core and Properties, and Discovery.
"""

from typing import Any

import pytest
from authzen_client import ALICE, BOB, PUBLIC, RECORD_1, RECORD_2, Pep

READ, WRITE = {"name": "read"}, {"name": "write"}
ACTIVE = {**RECORD_1, "properties": {"status": "active"}}
ARCHIVED = {**RECORD_2, "properties": {"status": "archived"}}
ADMIN = {**BOB, "properties": {"role": "admin"}}
ASKED = {"subject": ALICE, "action": READ, "resource": RECORD_1}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ASKED.items() if name not in names}


def batch(pep: Pep, body: Any) -> list[Any]:
    result = pep.post("evaluations", body)
    assert result.status_code == 200, result.text
    assert "decision" not in result.json
    rows = result.json["evaluations"]
    assert isinstance(rows, list)
    assert all(isinstance(row["decision"], bool) for row in rows)
    return rows


def decisions(pep: Pep, body: Any) -> list[bool]:
    return [row["decision"] for row in batch(pep, body)]


class TestBasicCore:
    def test_2_2_1_permit(self, pep: Pep) -> None:
        assert pep.post("evaluation", ASKED).json == {"decision": True}

    def test_1_4_rule_2(self, pep: Pep) -> None:
        assert pep.decides(ALICE, "write", RECORD_1)

    def test_1_4_rule_3(self, pep: Pep) -> None:
        assert pep.decides(BOB, "read", RECORD_1)

    def test_2_2_2_deny(self, pep: Pep) -> None:
        assert not pep.decides(BOB, "write", RECORD_1)

    def test_2_2_3_context(self, pep: Pep) -> None:
        context = {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}
        assert pep.decides(ALICE, "read", RECORD_1, context=context)

    def test_2_2_8_additional_properties(self, pep: Pep) -> None:
        assert pep.decides(
            {**ALICE, "properties": {"department": "Sales", "role": "manager"}},
            {"name": "read", "properties": {"method": "GET"}},
            {**RECORD_1, "properties": {"status": "active", "owner": "bob"}},
        )

    def test_2_2_9_unknown_fields(self, pep: Pep) -> None:
        body = {**ASKED, "foo": "bar", "futureField": {"nested": True}}
        assert pep.post("evaluation", body).json == {"decision": True}

    def test_2_3_response_format(self, pep: Pep) -> None:
        result = pep.post("evaluation", {**ASKED, "subject": BOB, "action": WRITE})
        assert result.headers["Content-Type"] == "application/json"
        assert result.json["decision"] is False
        assert isinstance(result.json.get("context", {}), dict)

    @pytest.mark.parametrize("lacking", ["subject", "action", "resource"])
    def test_2_4_1_missing_required_fields(self, pep: Pep, lacking: str) -> None:
        assert pep.post("evaluation", without(lacking)).status_code == 400

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("subject", {"id": "alice"}),
            ("subject", {"type": "user"}),
            ("action", {}),
            ("resource", {"id": "record-1"}),
            ("resource", {"type": "record"}),
        ],
    )
    def test_2_4_2_missing_required_sub_fields(self, pep: Pep, name: str, value: Any) -> None:
        assert pep.post("evaluation", {**ASKED, name: value}).status_code == 400

    def test_2_4_3_invalid_content_type(self, pep: Pep) -> None:
        plain = {"Content-Type": "text/plain"}
        assert pep.post("evaluation", ASKED, headers=plain).status_code == 400

    def test_2_4_4_malformed_json(self, pep: Pep) -> None:
        assert pep.post("evaluation", raw=b'{"subject": ').status_code == 400

    def test_2_4_5_empty_request_body(self, pep: Pep) -> None:
        assert pep.post("evaluation", raw=b"").status_code == 400

    @pytest.mark.parametrize(("name", "value"), [("subject", "alice"), ("action", {"name": 123})])
    def test_2_4_6_invalid_field_types(self, pep: Pep, name: str, value: Any) -> None:
        assert pep.post("evaluation", {**ASKED, name: value}).status_code == 400

    def test_2_5_1_request_id_echo(self, pep: Pep) -> None:
        sent = {"X-Request-ID": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"}
        result = pep.post("evaluation", ASKED, headers=sent)
        assert result.headers["X-Request-ID"] == sent["X-Request-ID"]

    def test_2_5_2_request_id_absent(self, pep: Pep) -> None:
        assert pep.post("evaluation", ASKED).status_code == 200

    def test_2_6_idempotency(self, pep: Pep) -> None:
        assert [pep.decides(ALICE, "read", RECORD_1) for _ in range(5)] == [True] * 5

    def test_5_transport(self, pep: Pep) -> None:
        result = pep.post("evaluation", ASKED)
        assert (result.status_code, result.headers["Content-Type"]) == (200, "application/json")


class TestBasicProperties:
    def test_2_2_4_deny_by_resource_properties(self, pep: Pep) -> None:
        assert not pep.decides(ALICE, "write", ARCHIVED)

    def test_2_2_5_permit_by_subject_properties(self, pep: Pep) -> None:
        assert pep.decides(ADMIN, "write", ARCHIVED)

    def test_2_2_6_permit_by_action_properties(self, pep: Pep) -> None:
        assert pep.decides(ALICE, {"name": "delete", "properties": {"soft": True}}, RECORD_1)

    def test_2_2_7_deny_by_action_properties(self, pep: Pep) -> None:
        assert not pep.decides(ALICE, {"name": "delete", "properties": {"soft": False}}, RECORD_1)


class TestBatchCore:
    def test_3_2_1_evaluations_array(self, pep: Pep) -> None:
        items = [{"resource": RECORD_1}, {"resource": RECORD_2}]
        assert len(batch(pep, {"subject": ALICE, "action": READ, "evaluations": items})) == 2

    def test_3_2_2_fixture_decisions(self, pep: Pep) -> None:
        items = [{"action": READ}, {"action": WRITE}]
        body = {"subject": BOB, "resource": RECORD_1, "evaluations": items}
        assert decisions(pep, body) == [True, False]

    def test_3_2_5_no_defaults(self, pep: Pep) -> None:
        items = [ASKED, {"subject": BOB, "action": WRITE, "resource": RECORD_1}]
        assert decisions(pep, {"evaluations": items}) == [True, False]

    def test_3_2_6_context_inheritance(self, pep: Pep) -> None:
        body = {
            "subject": ALICE,
            "action": READ,
            "context": {"time": "2025-06-27T18:03-07:00"},
            "evaluations": [
                {"resource": RECORD_1},
                {
                    "resource": RECORD_2,
                    "context": {"time": "2025-06-27T19:00-07:00", "source": "batch-override"},
                },
            ],
        }
        assert len(batch(pep, body)) == 2

    def test_3_3_length_and_order(self, pep: Pep) -> None:
        items = [{"action": {"name": name}} for name in ("write", "read", "write", "read", "read")]
        body = {"subject": BOB, "resource": RECORD_1, "evaluations": items}
        assert decisions(pep, body) == [False, True, False, True, True]

    def test_3_4_1_evaluation_level_errors(self, pep: Pep) -> None:
        body = {"subject": ALICE, "action": READ, "evaluations": [{"resource": RECORD_1}, {}]}
        assert decisions(pep, body) == [True, False]

    def test_3_4_1_whole_payload_errors(self, pep: Pep) -> None:
        assert pep.post("evaluations", raw=b"[").status_code == 400

    def test_3_4_2_missing_evaluations_array(self, pep: Pep) -> None:
        assert pep.post("evaluations", ASKED).json == {"decision": True}

    def test_3_4_3_empty_evaluations_array(self, pep: Pep) -> None:
        assert pep.post("evaluations", {**ASKED, "evaluations": []}).json == {"decision": True}


class TestBatchProperties:
    def test_3_2_3_resource_properties(self, pep: Pep) -> None:
        items = [{"resource": ACTIVE}, {"resource": ARCHIVED}]
        body = {"subject": ALICE, "action": WRITE, "evaluations": items}
        assert decisions(pep, body) == [True, False]

    def test_3_2_4_subject_properties(self, pep: Pep) -> None:
        items = [{"subject": ALICE}, {"subject": ADMIN}]
        body = {"action": WRITE, "resource": ARCHIVED, "evaluations": items}
        assert decisions(pep, body) == [False, True]

    def test_3_2_7_default_value_merging(self, pep: Pep) -> None:
        first = {"id": "record-1", "properties": {"status": "active"}}
        body = {
            "subject": ALICE,
            "action": WRITE,
            "resource": {"type": "record"},
            "evaluations": [{"resource": first}, {"resource": ARCHIVED}],
        }
        assert decisions(pep, body) == [True, False]


USERS = {"subject": {"type": "user"}, "action": READ, "resource": RECORD_1}
RECORDS = {"subject": ALICE, "action": READ, "resource": {"type": "record"}}
ACTIONS = {"subject": ALICE, "resource": RECORD_1}


class TestSearchCore:
    def test_4_2_1_subjects(self, pep: Pep) -> None:
        assert pep.found("subject", **USERS) == [ALICE, BOB]

    def test_4_2_2_subjects_with_context(self, pep: Pep) -> None:
        assert pep.found("subject", **USERS, context={"ip": "::1"}) == [ALICE, BOB]

    def test_4_2_3_a_subject_id_is_ignored(self, pep: Pep) -> None:
        assert pep.found("subject", **{**USERS, "subject": ALICE}) == [ALICE, BOB]

    def test_4_3_1_resources(self, pep: Pep) -> None:
        assert pep.found("resource", **RECORDS) == [RECORD_1, RECORD_2]

    def test_4_3_2_a_resource_id_is_ignored(self, pep: Pep) -> None:
        assert pep.found("resource", **{**RECORDS, "resource": RECORD_1}) == [RECORD_1, RECORD_2]

    def test_4_4_1_actions(self, pep: Pep) -> None:
        assert pep.found("action", **ACTIONS) == [READ, WRITE]

    def test_4_4_2_actions_with_context(self, pep: Pep) -> None:
        assert pep.found("action", **ACTIONS, context={"ip": "::1"}) == [READ, WRITE]

    def test_4_5_1_page_limit(self, pep: Pep) -> None:
        result = pep.post("search/subject", {**USERS, "page": {"limit": 1}})
        assert result.status_code == 200
        assert result.json["results"] == [ALICE]
        assert isinstance(result.json["page"]["next_token"], str)

    def test_4_5_2_page_token(self, pep: Pep) -> None:
        first = pep.post("search/subject", {**USERS, "page": {"limit": 1}}).json
        token = first["page"]["next_token"]
        result = pep.post("search/subject", {**USERS, "page": {"token": token}})
        assert result.status_code == 200
        assert result.json["results"] == [BOB]
        assert result.json["page"]["next_token"] == ""

    def test_4_5_3_page_format(self, pep: Pep) -> None:
        page = pep.post("search/subject", USERS).json["page"]
        assert page == {"next_token": "", "count": 2}

    def test_4_6_1_unknown_identifier(self, pep: Pep) -> None:
        nobody = {"type": "user", "id": "nonexistent-user"}
        assert pep.found("action", subject=nobody, resource=RECORD_1) == []

    def test_4_6_2_unknown_type(self, pep: Pep) -> None:
        assert pep.found("subject", **{**USERS, "subject": {"type": "spaceship"}}) == []

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("subject", {"subject": {"type": "user"}, "resource": RECORD_1}),
            ("resource", {"action": READ, "resource": {"type": "record"}}),
            ("action", {"subject": ALICE}),
        ],
    )
    def test_4_7_1_missing_required_fields(self, pep: Pep, kind: str, body: Any) -> None:
        assert pep.post(f"search/{kind}", body).status_code == 400

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("subject", {**USERS, "resource": {"type": "record"}}),
            ("resource", {**RECORDS, "subject": {"type": "user"}}),
        ],
    )
    def test_4_7_2_missing_required_sub_fields(self, pep: Pep, kind: str, body: Any) -> None:
        assert pep.post(f"search/{kind}", body).status_code == 400


class TestSearchProperties:
    def test_4_2_4_subjects_by_resource_properties(self, pep: Pep) -> None:
        body = {"subject": {"type": "user"}, "action": WRITE, "resource": ARCHIVED}
        assert pep.found("subject", **body) == [BOB]

    def test_4_3_3_resources_by_subject_properties(self, pep: Pep) -> None:
        body = {"subject": ADMIN, "action": WRITE, "resource": {"type": "record"}}
        assert pep.found("resource", **body) == [RECORD_2]

    def test_4_4_3_actions_by_properties(self, pep: Pep) -> None:
        assert WRITE in pep.found("action", subject=ADMIN, resource=ARCHIVED)


class TestDiscovery:
    def test_6_5_metadata(self, pep: Pep) -> None:
        result = pep.http.simulate_get("/.well-known/authzen-configuration")
        assert (result.status_code, result.headers["Content-Type"]) == (200, "application/json")
        assert result.json["policy_decision_point"] == PUBLIC
        endpoints = {name: url for name, url in result.json.items() if name.endswith("_endpoint")}
        assert endpoints["access_evaluation_endpoint"] == f"{PUBLIC}/access/v1/evaluation"
        assert all(url.startswith("https://") for url in endpoints.values())

    def test_6_1_metadata_of_a_tenant(self, pep: Pep) -> None:
        result = pep.http.simulate_get("/.well-known/authzen-configuration/t/default")
        assert result.json["policy_decision_point"] == f"{PUBLIC}/t/default"

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("access_evaluation_endpoint", ASKED),
            ("access_evaluations_endpoint", {**ASKED, "evaluations": [{}]}),
            ("search_subject_endpoint", USERS),
            ("search_resource_endpoint", RECORDS),
            ("search_action_endpoint", ACTIONS),
        ],
    )
    @pytest.mark.parametrize("tenant", ["", "/t/default"])
    def test_6_3_every_endpoint_that_is_named_answers(
        self, pep: Pep, name: str, body: Any, tenant: str
    ) -> None:
        said = pep.http.simulate_get(f"/.well-known/authzen-configuration{tenant}").json
        path = said[name].removeprefix(PUBLIC).partition("/access/v1/")
        assert pep.post(path[2], body, prefix=path[0]).status_code == 200
