"""The approval gate: with and without a snapshot, by members of its role and by administrators."""

import msgspec
import pytest
from flexdeploy_client import GATE, Operator

from placet import SYSTEM, Assignment, Gate
from placet.testing import PlacetUnderTest

NOTES = "approved by flexdeploy admin"


def test_the_last_snapshot_that_waits_is_approved(operator: Operator) -> None:
    older, latest = operator.arrives(62013), operator.arrives(62014)
    result = operator.says("APPROVED", notes=NOTES)
    assert (result.status_code, result.json) == (
        201,
        {
            "environmentId": "21015",
            "gateName": GATE,
            "status": "APPROVED",
            "notes": NOTES,
            "releaseId": 10013,
            "snapshotId": 62014,
        },
    )
    assert (operator.status(older), operator.status(latest)) == ("pending", "approved")


def test_once_the_last_is_decided_the_one_before_it_is_the_last_that_waits(
    operator: Operator,
) -> None:
    older = operator.arrives(62013)
    operator.arrives(62014)
    assert [operator.says("APPROVED").json["snapshotId"] for _ in range(2)] == [62014, 62013]
    assert operator.status(older) == "approved"


def test_a_snapshot_that_is_named_is_the_one_that_is_meant(operator: Operator) -> None:
    older, latest = operator.arrives(11125), operator.arrives(62014)
    result = operator.says("REJECTED", "?snapshotId=11125", notes="broken")
    assert (result.status_code, result.json["snapshotId"], result.json["status"]) == (
        201,
        11125,
        "REJECTED",
    )
    assert (operator.status(older), operator.status(latest)) == ("rejected", "pending")


def test_notes_are_kept_as_the_comment_and_are_null_when_there_are_none(
    operator: Operator, placet: PlacetUnderTest
) -> None:
    first, second = operator.arrives(1), operator.arrives(2)
    assert operator.says("APPROVED", "?snapshotId=1", notes="fine").json["notes"] == "fine"
    assert operator.says("APPROVED", "?snapshotId=2").json["notes"] is None
    comments = [placet.approvals.get(id, actor=SYSTEM).reviews[0].comment for id in (first, second)]
    assert comments == ["fine", ""]


def test_a_release_in_the_body_has_to_be_that_of_the_address(operator: Operator) -> None:
    operator.arrives(1)
    assert operator.says("APPROVED", releaseId=10014).status_code == 400
    assert operator.says("APPROVED", releaseId=10013).status_code == 201


def test_the_environment_may_be_a_number_and_is_answered_as_text(operator: Operator) -> None:
    operator.arrives(1)
    assert operator.says("APPROVED", environmentId=21015).json["environmentId"] == "21015"


def test_what_is_approved_here_opens_the_gate(operator: Operator, placet: PlacetUnderTest) -> None:
    operator.arrives(1)
    operator.says("APPROVED")
    labels = {"environment": "21015", "release": "10013", "snapshot": "1"}
    assert placet.gates.status(GATE, labels=labels, actor=SYSTEM).status == "open"


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED"])
def test_what_is_decided_is_not_at_its_gate_any_more(operator: Operator, status: str) -> None:
    operator.arrives(1)
    assert operator.says(status).status_code == 201
    again = operator.says(status)
    assert (again.status_code, again.json["code"]) == (400, "400")


@pytest.mark.parametrize(
    "other",
    [{"gateName": "QA"}, {"environmentId": "9"}, {"gateName": "manager approval"}],
)
def test_another_gate_or_environment_is_not_at_its_gate(
    operator: Operator, other: dict[str, str]
) -> None:
    operator.arrives(1)
    assert operator.says("APPROVED", **other).status_code == 400


def test_another_release_or_snapshot_is_not_at_its_gate(operator: Operator) -> None:
    operator.arrives(1)
    assert operator.says("APPROVED", "?snapshotId=2").status_code == 400
    path = "/flexdeploy/rest/v1/releases/10014/gate/approval"
    body = {"environmentId": "21015", "gateName": GATE, "status": "APPROVED"}
    assert operator(path, json=body).status_code == 400


def test_a_gate_goes_by_its_name_where_it_has_one(
    operator: Operator, placet: PlacetUnderTest
) -> None:
    known = placet.gates.get("QA", actor=SYSTEM).policy
    own = placet.policies.get(known, actor=SYSTEM)
    shared = msgspec.structs.replace(own, id="shared", when=None, etag=0, bundle="")
    placet.policies.create(shared, actor=SYSTEM)
    placet.gates.create(Gate(id="g7", name="Go Live", policy=shared.ref), actor=SYSTEM)
    operator.arrives(1, gate="g7")
    assert operator.says("APPROVED", gateName="g7").status_code == 400
    assert operator.says("APPROVED", gateName="Go Live").status_code == 201


@pytest.mark.parametrize("status", ["APPROVED", "REJECTED"])
def test_who_is_not_in_the_role_of_the_gate_is_forbidden(
    operator: Operator, placet: PlacetUnderTest, status: str
) -> None:
    id = operator.arrives(1)
    before = placet.store.head("default")
    refused = operator.says(status, by="kim")
    assert (refused.status_code, refused.json["code"]) == (403, "403")
    assert placet.store.head("default") == before
    assert operator.status(id) == "pending"


def test_the_role_is_that_of_the_gates_scope(operator: Operator, placet: PlacetUnderTest) -> None:
    placet.assignments.create(
        Assignment(id="kim", principal="user:kim", role="release-manager", scope="elsewhere"),
        actor=SYSTEM,
    )
    operator.arrives(1)
    assert operator.says("APPROVED", by="kim").status_code == 403


@pytest.mark.parametrize(("status", "ends"), [("APPROVED", "approved"), ("REJECTED", "rejected")])
def test_an_administrator_may_act_on_every_task(
    operator: Operator, placet: PlacetUnderTest, status: str, ends: str
) -> None:
    id = operator.arrives(1)
    assert operator.says(status, by="root", notes="now").status_code == 201
    done = placet.approvals.get(id, actor=SYSTEM)
    assert done.resolution is not None
    assert (done.status, done.resolution.kind, done.resolution.by) == (
        ends,
        "override",
        "user:root",
    )


def test_who_brought_it_there_does_not_open_the_gate(
    operator: Operator, placet: PlacetUnderTest
) -> None:
    placet.assignments.create(
        Assignment(id="ina2", principal="user:ina", role="release-manager"), actor=SYSTEM
    )
    operator.arrives(1, by="user:ina")
    assert operator.says("APPROVED", by="ina").status_code == 403
    assert operator.says("APPROVED").status_code == 201
