"""Revisions, overrides, keys and many reviews at once, over HTTP."""

import msgspec
from falcon_client import Browser

from placet import SYSTEM
from placet.testing import PlacetUnderTest

PAY = {"permission": "invoice.pay", "on": "invoice:7", "args": {"amount": 900}}


def _asked(browser: Browser, number: int = 7) -> str:
    asked = browser.post("approvals", {**PAY, "on": f"invoice:{number}"}, by="sam")
    id: str = asked.json["id"]
    return id


def test_a_revision_has_a_digest_of_its_own(browser: Browser) -> None:
    id = _asked(browser)
    before = browser.get(f"approvals/{id}").json["digest"]
    revised = browser.post(f"approvals/{id}/revisions", {"args": {"amount": 901}}, by="sam")
    assert (revised.status_code, revised.json["revision"]) == (200, 2)
    assert revised.json["digest"] != before


def test_a_review_of_the_revision_before_is_refused(browser: Browser) -> None:
    """T20, T25."""
    id = _asked(browser)
    shown = browser.get(f"approvals/{id}").json["digest"]
    browser.post(f"approvals/{id}/revisions", {"args": {"amount": 901}}, by="sam")
    said = {"verdict": "approve", "digest": shown}
    refused = browser.post(f"approvals/{id}/reviews", said, by="dana")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "invalid_state")


def test_an_override_needs_the_right_and_a_policy_that_names_who(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    id = _asked(browser)
    said = {"comment": "the bank closes"}
    assert browser.post(f"approvals/{id}/override", said, by="root").status_code == 403
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.update(
        msgspec.structs.replace(policy, override_by=("user:root",)), actor=SYSTEM
    )
    id = _asked(browser, 8)
    done = browser.post(f"approvals/{id}/override", said, by="root")
    assert (done.status_code, done.json["resolution"]["kind"]) == (200, "override")


def test_an_override_without_a_reason_is_refused(browser: Browser) -> None:
    id = _asked(browser)
    assert browser.post(f"approvals/{id}/override", {}, by="root").status_code == 400


def test_many_reviews_have_a_result_each(browser: Browser) -> None:
    reviews = [{"approval": id, "verdict": "approve"} for id in (_asked(browser), "nothing")]
    done = browser.post("reviews", {"reviews": reviews}, by="dana")
    first, second = done.json["results"]
    assert first["approval"]["status"] == "approved"
    assert second["error"]["code"] == "not_found"


def test_the_same_key_is_the_same_approval(browser: Browser) -> None:
    """T48."""
    key = {"Idempotency-Key": "k1"}
    first = browser.post("approvals", PAY, by="sam", headers=key)
    browser.post(f"approvals/{first.json['id']}/reviews", {"verdict": "reject"}, by="dana")
    again = browser.post("approvals", PAY, by="sam", headers=key)
    assert (again.status_code, again.json["id"]) == (201, first.json["id"])


def test_a_key_for_something_else_is_a_conflict(browser: Browser) -> None:
    key = {"Idempotency-Key": "k1"}
    browser.post("approvals", PAY, by="sam", headers=key)
    other = browser.post("approvals", {**PAY, "on": "invoice:8"}, by="sam", headers=key)
    assert (other.status_code, other.json["error"]["code"]) == (409, "already_exists")
