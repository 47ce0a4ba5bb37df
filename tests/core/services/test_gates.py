"""Gates: a named protection that opens once, for exactly what was shown."""

import pytest
from office import SYSTEM

from placet import AccessDenied, Gate, Invalid, InvalidState, NotFound, ServiceAccount
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
    """T35."""
    with gated.acting(SYSTEM):
        gated.service_accounts.create(ServiceAccount(id="ci"))
    with pytest.raises(AccessDenied):
        gated.gates.request("prod", SHA, actor="service_account:ci")
