"""A gate over HTTP: asked, waiting, open, passed once, for exactly one digest."""

import pytest
from falcon_client import Browser


@pytest.fixture
def gated(browser: Browser) -> Browser:
    made = browser.post("gates", {"id": "prod", "policy": "four-eyes", "labels": {"env": "prod"}})
    assert made.status_code == 201
    return browser


def status(browser: Browser, query: str = "digest=sha256:1") -> str:
    found: str = browser.get(f"gates/prod/status?{query}").json["status"]
    return found


def test_a_gate_opens_for_one_digest_and_lets_it_pass_once(gated: Browser) -> None:
    assert status(gated) == "closed"
    asked = gated.post("gates/prod/requests", {"digest": "sha256:1", "justification": "fix"})
    assert asked.status_code == 201
    assert asked.json["labels"] == {"env": "prod"}
    assert status(gated) == "waiting"
    gated.post(f"approvals/{asked.json['id']}/reviews", {"verdict": "approve"}, by="dana")
    assert status(gated) == "open"
    assert status(gated, "digest=sha256:2") == "closed"
    assert gated.post("gates/prod/take", {"digest": "sha256:2"}).status_code == 409
    taken = gated.post("gates/prod/take", {"digest": "sha256:1"})
    assert (taken.status_code, taken.json["status"]) == (200, "consumed")
    again = gated.post("gates/prod/take", {"digest": "sha256:1"})
    assert again.json["error"]["details"] == {"status": "passed"}


def test_without_a_digest_the_labels_are_what_passes(gated: Browser) -> None:
    gated.post("gates/prod/requests", {"labels": {"release": "7"}})
    assert status(gated, "label=release:7") == "waiting"
    assert status(gated, "label=release:8") == "closed"


def test_without_a_digest_or_labels_nothing_is_asked(gated: Browser) -> None:
    assert gated.post("gates/prod/requests", {}).status_code == 400


def test_a_gate_is_not_worked_without_the_right(gated: Browser) -> None:
    asked = {"digest": "sha256:1"}
    assert gated.post("gates/prod/requests", asked, by="eve").status_code == 403
    assert gated.post("gates/prod/take", asked, by="eve").status_code == 403
    assert gated.get("gates/prod/status?digest=x", by="eve").status_code == 403


def test_the_same_key_is_the_same_request(gated: Browser) -> None:
    """T48."""
    key = {"Idempotency-Key": "k1"}
    first = gated.post("gates/prod/requests", {"digest": "sha256:1"}, headers=key)
    gated.post(f"approvals/{first.json['id']}/reviews", {"verdict": "reject"}, by="dana")
    again = gated.post("gates/prod/requests", {"digest": "sha256:1"}, headers=key)
    assert (again.status_code, again.json["id"]) == (201, first.json["id"])
    other = gated.post("gates/prod/requests", {"digest": "sha256:2"}, headers=key)
    assert (other.status_code, other.json["error"]["code"]) == (409, "already_exists")
