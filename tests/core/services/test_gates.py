"""Gates: a named protection that opens once, for exactly what was shown."""

from typing import Literal

import pytest
from office import SYSTEM

from placet import (
    AccessDenied,
    Assignment,
    Gate,
    Invalid,
    InvalidState,
    NotFound,
    Role,
    ServiceAccount,
)
from placet.testing import PlacetUnderTest

SHA = "sha256:0a1b"


@pytest.fixture
def gated(placet: PlacetUnderTest) -> PlacetUnderTest:
    """A gate `prod` that one of finance opens."""
    with placet.acting(SYSTEM):
        placet.gates.create(Gate(id="prod", policy="four-eyes", labels={"stage": "prod"}))
    return placet


def test_a_gate_goes_from_closed_to_passed(gated: PlacetUnderTest) -> None:
    def status() -> str:
        return gated.gates.status("prod", SHA, actor=SYSTEM).status

    said = [status()]
    approval = gated.gates.request("prod", SHA, actor="user:root")
    said.append(status())
    gated.approve(approval, by="user:dana")
    said.append(status())
    gated.gates.take("prod", SHA, actor="user:root")
    said.append(status())
    assert said == ["closed", "waiting", "open", "passed"]


def test_a_gate_is_open_for_one_digest_only(gated: PlacetUnderTest) -> None:
    """T20."""
    gated.approve(gated.gates.request("prod", SHA, actor="user:root"), by="user:dana")
    assert gated.gates.status("prod", "sha256:other", actor=SYSTEM).status == "closed"
    with pytest.raises(InvalidState, match="is closed for sha256:other"):
        gated.gates.take("prod", "sha256:other", actor="user:root")


def test_a_gate_is_passed_once(gated: PlacetUnderTest) -> None:
    gated.approve(gated.gates.request("prod", SHA, actor="user:root"), by="user:dana")
    gated.gates.take("prod", SHA, actor="user:root")
    with pytest.raises(InvalidState, match="is passed"):
        gated.gates.take("prod", SHA, actor="user:root")


def test_the_same_request_is_the_same_approval(gated: PlacetUnderTest) -> None:
    first = gated.gates.request("prod", SHA, actor="user:root")
    assert gated.gates.request("prod", SHA, actor="user:root").id == first.id


def test_a_rejected_gate_says_so_and_may_be_asked_again(gated: PlacetUnderTest) -> None:
    first = gated.gates.request("prod", SHA, actor="user:root")
    gated.reject(first, by="user:dana")
    assert gated.gates.status("prod", SHA, actor=SYSTEM).status == "rejected"
    assert gated.gates.request("prod", SHA, actor="user:root").id != first.id


def test_an_expired_request_closes_without_a_sweeper(gated: PlacetUnderTest) -> None:
    gated.gates.request("prod", SHA, actor="user:root")
    gated.clock.advance("8h")
    assert gated.gates.status("prod", SHA, actor=SYSTEM).status == "expired"


def test_an_open_gate_closes_when_its_pass_is_over(gated: PlacetUnderTest) -> None:
    gated.approve(gated.gates.request("prod", SHA, actor="user:root"), by="user:dana")
    gated.clock.advance("2h")
    assert gated.gates.status("prod", SHA, actor=SYSTEM).status == "closed"


def test_revoking_the_pass_closes_the_gate(gated: PlacetUnderTest) -> None:
    done = gated.approve(gated.gates.request("prod", SHA, actor="user:root"), by="user:dana")
    assert done.grant is not None
    gated.grants.revoke(done.grant, actor="user:root")
    assert gated.gates.status("prod", SHA, actor=SYSTEM).status == "closed"


def test_the_pass_of_a_gate_is_taken_at_the_gate(gated: PlacetUnderTest) -> None:
    done = gated.approve(gated.gates.request("prod", SHA, actor="user:root"), by="user:dana")
    assert done.grant is not None
    with pytest.raises(Invalid, match="take the gate"):
        gated.grants.take(done.grant, done.digest, actor="user:root")


def test_labels_stand_in_for_a_digest(gated: PlacetUnderTest) -> None:
    labels = {"environment": "21015", "release": "10013"}
    approval = gated.gates.request("prod", labels=labels, actor="user:root")
    assert approval.labels == {"stage": "prod", **labels}
    assert gated.gates.status("prod", labels=labels, actor=SYSTEM).status == "waiting"
    with pytest.raises(Invalid, match="a digest, or labels"):
        gated.gates.request("prod", actor="user:root")


def test_asking_and_passing_need_rights(gated: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied, match="core_gate_request"):
        gated.gates.request("prod", SHA, actor="user:eve")
    with pytest.raises(AccessDenied, match="core_gate_take"):
        gated.gates.take("prod", SHA, actor="user:eve")
    with pytest.raises(AccessDenied):
        gated.gates.status("prod", SHA, actor="user:eve")


def test_a_gate_that_is_not_there_is_not_found(gated: PlacetUnderTest) -> None:
    with pytest.raises(NotFound):
        gated.gates.status("other", SHA, actor=SYSTEM)


def test_the_policy_of_a_gate_cannot_be_deleted(gated: PlacetUnderTest) -> None:
    with pytest.raises(InvalidState, match="that of gate"):
        gated.policies.delete("four-eyes", actor=SYSTEM)


def test_a_pipeline_names_the_people_behind_a_change(gated: PlacetUnderTest) -> None:
    """T35: who of the reviewers contributed to it cannot open the gate to it."""
    with gated.acting(SYSTEM):
        gated.service_accounts.create(ServiceAccount(id="ci"))
        gated.roles.create(Role(id="pipeline", permissions=("core_gate_request",)))
        gated.assignments.create(
            Assignment(id="ci", principal="service_account:ci", role="pipeline")
        )
    with pytest.raises(Invalid, match="name the person"):
        gated.gates.request("prod", SHA, actor="service_account:ci")
    asked = gated.gates.request("prod", SHA, contributors=["user:dana"], actor="service_account:ci")
    with pytest.raises(AccessDenied, match="contributed"):
        gated.approve(asked, by="user:dana")
    assert gated.approve(asked, by="user:finn").status == "approved"


def test_the_latest_that_waits_with_these_labels_is_reviewed(gated: PlacetUnderTest) -> None:
    ids = []
    for snapshot in ("1", "2"):
        gated.clock.advance("1m")
        labels = {"release": "7", "snapshot": snapshot}
        ids.append(gated.gates.request("prod", labels=labels, actor="user:root").id)
    said = [
        gated.gates.review("prod", "approve", labels={"release": "7"}, actor="user:dana").id
        for _ in ids
    ]
    assert said == ids[::-1]
    with pytest.raises(InvalidState, match="nothing with these labels waits"):
        gated.gates.review("prod", "approve", labels={"release": "7"}, actor="user:dana")


def test_who_the_policy_does_not_name_cannot_review_at_the_gate(gated: PlacetUnderTest) -> None:
    gated.gates.request("prod", labels={"release": "7"}, actor="user:root")
    with pytest.raises(AccessDenied):
        gated.gates.review("prod", "approve", labels={"release": "7"}, actor="user:eve")


@pytest.mark.parametrize(("verdict", "status"), [("approve", "open"), ("reject", "rejected")])
def test_who_may_override_gates_decides_in_the_reviewers_stead(
    gated: PlacetUnderTest, verdict: Literal["approve", "reject"], status: str
) -> None:
    gated.assignments.create(
        Assignment(id="eve", principal="user:eve", role="_account_admin"), actor=SYSTEM
    )
    labels = {"release": "7"}
    gated.gates.request("prod", labels=labels, actor="user:root")
    done = gated.gates.review("prod", verdict, labels=labels, comment="now", actor="user:eve")
    assert done.resolution is not None
    assert (done.resolution.kind, done.resolution.by) == ("override", "user:eve")
    assert gated.gates.status("prod", labels=labels, actor=SYSTEM).status == status
    events = gated.audit.list(approval=done.id, actor=SYSTEM).items
    assert [event.kind for event in events][1] == "approval.overridden"
    assert events[1].data["verdict"] == verdict


def test_who_asked_does_not_override(gated: PlacetUnderTest) -> None:
    """T35."""
    gated.gates.request("prod", labels={"release": "7"}, actor="user:root")
    with pytest.raises(AccessDenied, match="stands behind"):
        gated.gates.review("prod", "approve", labels={"release": "7"}, actor="user:root")
