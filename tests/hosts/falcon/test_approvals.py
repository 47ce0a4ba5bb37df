"""The whole line over HTTP: denied, asked, reviewed, passed once, written down."""

from typing import Any

from falcon_client import BASE, Browser

from placet.testing import PlacetUnderTest

PAY = {"permission": "invoice.pay", "on": "invoice:7", "args": {"amount": 900}}


def asked(browser: Browser, by: str = "sam", **more: Any) -> Any:
    return browser.post("approvals", {**PAY, **more}, by=by).json


def test_a_permit_wants_approval_first_and_passes_once_it_is_given(browser: Browser) -> None:
    wanted = browser.post("permits", PAY, by="sam")
    error = wanted.json["error"]
    assert (wanted.status_code, error["code"]) == (403, "approval_required")
    assert error["approval"]["status"] == "pending"
    assert "group:finance" in error["approval"]["why"]

    id = error["approval"]["approval"]
    assert browser.post("permits", PAY, by="sam").json["error"]["approval"]["approval"] == id
    reviewed = browser.post(f"approvals/{id}/reviews", {"verdict": "approve"}, by="dana")
    assert (reviewed.status_code, reviewed.json["status"]) == (200, "approved")

    permit = browser.post("permits", PAY, by="sam")
    assert permit.status_code == 200
    assert (permit.json["principal"], permit.json["approval"]) == ("user:sam", id)
    assert browser.get(f"grants/{permit.json['grant']}", by="sam").json["status"] == "consumed"
    again = browser.post("permits", PAY, by="sam").json["error"]
    assert again["approval"]["approval"] != id

    kinds = [event["kind"] for event in browser.get(f"audit/events?approval={id}").json["items"]]
    assert kinds[0] == "approval.requested"
    assert kinds[-1] == "grant.consumed"


def test_asking_on_purpose_answers_201_and_where_it_is(browser: Browser) -> None:
    result = browser.post(
        "approvals", {**PAY, "justification": "rent", "labels": {"month": "may"}}, by="sam"
    )
    assert result.status_code == 201
    assert result.headers["Location"] == f"{BASE}/approvals/{result.json['id']}"
    assert (result.json["origin"], result.json["labels"]) == ("native", {"month": "may"})


def test_asking_again_is_the_same_approval(browser: Browser) -> None:
    assert asked(browser)["id"] == asked(browser)["id"]


def test_who_asks_on_behalf_of_somebody_is_named_beside_them(browser: Browser) -> None:
    approval = asked(browser, by="root", on_behalf_of="user:sam")
    assert (approval["requester"], approval["on_behalf_of"]) == ("user:root", "user:sam")


def test_asking_for_somebody_else_needs_the_right_to(browser: Browser) -> None:
    asked(browser, by="sam")
    wanted = {"permission": "invoice.pay", "on": "invoice:7", "on_behalf_of": "user:sam"}
    refused = browser.post("approvals", wanted, by="kim")
    assert refused.status_code == 403
    assert "core_approval_requestfor" in refused.json["error"]["message"]


def test_nobody_reviews_what_they_asked_for(browser: Browser) -> None:
    id = asked(browser)["id"]
    refused = browser.post(f"approvals/{id}/reviews", {"verdict": "approve"}, by="sam")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "access_denied")


def test_a_review_of_something_else_than_was_shown_is_refused(browser: Browser) -> None:
    id = asked(browser)["id"]
    said = {"verdict": "approve", "digest": "sha256:other"}
    refused = browser.post(f"approvals/{id}/reviews", said, by="dana")
    assert refused.status_code in (403, 409)
    assert browser.get(f"approvals/{id}").json["status"] == "pending"


def test_a_rejection_is_told_with_its_comment(browser: Browser) -> None:
    id = asked(browser)["id"]
    said = {"verdict": "reject", "comment": "too dear"}
    assert browser.post(f"approvals/{id}/reviews", said, by="dana").json["status"] == "rejected"
    refused = browser.post("permits", PAY, by="sam")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "access_denied")
    assert "too dear" in refused.json["error"]["message"]


def test_an_explanation_names_reviewers_to_reviewers_only(browser: Browser) -> None:
    id = asked(browser)["id"]
    told = browser.get(f"approvals/{id}/explanation", by="dana").json
    assert told["status"] == "pending"
    assert "group:finance" in told["why"]
    assert browser.get(f"approvals/{id}/explanation", by="sam").json["tree"]["reviewers"] == []


def test_who_may_not_know_of_an_approval_does_not_find_it(browser: Browser) -> None:
    id = asked(browser)["id"]
    assert browser.get(f"approvals/{id}", by="eve").status_code == 404


def test_the_requester_withdraws_with_or_without_a_body(browser: Browser) -> None:
    id = asked(browser)["id"]
    result = browser.call("POST", f"approvals/{id}/withdraw", by="sam")
    assert (result.status_code, result.json["status"]) == (200, "cancelled")


def test_an_administrator_cancels_with_a_reason(browser: Browser) -> None:
    id = asked(browser)["id"]
    result = browser.post(f"approvals/{id}/cancel", {"reason": "duplicate"})
    assert result.json["resolution"]["reason"] == "duplicate"


def test_past_its_deadline_an_approval_has_expired_and_settles_so(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    id = asked(browser)["id"]
    placet.clock.advance("8h")
    assert browser.get(f"approvals/{id}").json["status"] == "expired"
    assert browser.post(f"approvals/{id}/settle").json["status"] == "expired"


def test_approvals_are_listed_in_pages_newest_first(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    ids = []
    for number in range(3):
        ids.append(asked(browser, on=f"invoice:{number}")["id"])
        placet.clock.advance("1s")
    first = browser.get("approvals?limit=2").json
    second = browser.get(f"approvals?limit=2&after={first['next']}").json
    assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None


def test_approvals_are_filtered(browser: Browser) -> None:
    id = asked(browser, labels={"release": "7:2"})["id"]
    asked(browser, on="invoice:8")

    def found(query: str) -> list[str]:
        return [one["id"] for one in browser.get(f"approvals?{query}").json["items"]]

    assert found("label=release:7:2") == [id]
    assert found("resource=invoice:7&status=pending&requester=user:sam") == [id]
    assert found("status=approved") == []


def test_a_grant_is_listed_for_its_principal_taken_once_and_not_by_others(
    browser: Browser,
) -> None:
    approval = asked(browser)
    browser.post(f"approvals/{approval['id']}/reviews", {"verdict": "approve"}, by="dana")
    (grant,) = browser.get("grants", by="sam").json["items"]
    assert browser.get("grants", by="kim").json["items"] == []
    take = f"grants/{grant['id']}/take"
    assert browser.post(take, {"digest": grant["digest"]}, by="kim").status_code == 404
    assert browser.post(take, {"digest": "other"}, by="sam").status_code == 403
    taken = browser.post(take, {"digest": grant["digest"]}, by="sam")
    assert taken.json["status"] == "consumed"
    assert browser.post(take, {"digest": grant["digest"]}, by="sam").status_code == 409


def test_a_grant_is_revoked(browser: Browser) -> None:
    approval = asked(browser)
    browser.post(f"approvals/{approval['id']}/reviews", {"verdict": "approve"}, by="dana")
    (grant,) = browser.get(f"grants?approval={approval['id']}").json["items"]
    revoked = browser.post(f"grants/{grant['id']}/revoke", {"reason": "mistake"})
    assert (revoked.json["status"], revoked.json["reason"]) == ("revoked", "mistake")
