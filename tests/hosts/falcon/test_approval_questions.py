"""Questions about approvals over HTTP: inboxes, reviewers, simulations, metrics."""

from typing import Any

import pytest
from falcon_client import Browser

from placet.testing import PlacetUnderTest

POLICY = {
    "id": "other",
    "applies_to": ["invoice.pay"],
    "requirement": {"kind": "reviews", "count": 2, "source": "group:finance"},
}


def asked(browser: Browser, invoice: int = 7) -> str:
    """The id of a request of sam's."""
    wanted = {"permission": "invoice.pay", "on": f"invoice:{invoice}"}
    id: str = browser.post("approvals", wanted, by="sam").json["id"]
    return id


def ids(browser: Browser, path: str, by: str) -> list[str]:
    """The ids on a page."""
    return [one["id"] for one in browser.get(path, by=by).json["items"]]


def test_an_inbox_is_the_callers_or_with_the_right_anothers(browser: Browser) -> None:
    id = asked(browser)
    assert ids(browser, "approvals/inbox", "dana") == [id]
    assert ids(browser, "approvals/inbox", "sam") == []
    assert ids(browser, "approvals/inbox?principal=user:dana", "root") == [id]
    refused = browser.get("approvals/inbox?principal=user:dana", by="sam")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "access_denied")


def test_an_inbox_has_pages_and_an_order(browser: Browser, placet: PlacetUnderTest) -> None:
    first = asked(browser, 1)
    placet.clock.advance("1s")
    second = asked(browser, 2)
    page = browser.get("approvals/inbox?limit=1&order=newest", by="dana").json
    assert [one["id"] for one in page["items"]] == [second]
    following = browser.get(f"approvals/inbox?limit=1&order=newest&after={page['next']}", by="dana")
    assert [one["id"] for one in following.json["items"]] == [first]


def test_requests_and_reviews_are_told_apart(browser: Browser) -> None:
    id = asked(browser)
    assert ids(browser, "approvals/requests?status=pending", "sam") == [id]
    assert ids(browser, "approvals/requests", "dana") == []
    browser.post(f"approvals/{id}/reviews", {"verdict": "approve"}, by="dana")
    assert ids(browser, "approvals/reviews?status=approved", "dana") == [id]
    assert ids(browser, "approvals/inbox", "dana") == []


def test_reviewers_are_named_to_those_who_may_know(browser: Browser) -> None:
    id = asked(browser)
    (leaf,) = browser.get(f"approvals/{id}/reviewers", by="dana").json["leaves"]
    assert leaf["reviewers"] == [
        {"principal": f"user:{who}", "seat_of": None, "why_not": ""} for who in ("dana", "finn")
    ]
    (leaf,) = browser.get(f"approvals/{id}/reviewers", by="sam").json["leaves"]
    assert (leaf["reviewers"], leaf["could"]) == ([], 2)


@pytest.mark.parametrize(
    ("supposed", "status"),
    [
        ({}, "pending"),
        ({"add": [{"reviewer": "user:dana"}]}, "approved"),
        ({"add": [{"reviewer": "user:dana", "verdict": "reject"}]}, "rejected"),
        ({"at": "2026-01-02T00:00:00Z"}, "expired"),
        ({"policy": POLICY, "add": [{"reviewer": "user:dana"}]}, "pending"),
    ],
)
def test_a_simulation_says_how_it_would_stand(
    browser: Browser, supposed: dict[str, Any], status: str
) -> None:
    id = asked(browser)
    would = browser.post(f"approvals/{id}/simulate", supposed, by="dana")
    assert (would.status_code, would.json["status"]) == (200, status)
    assert browser.get(f"approvals/{id}", by="dana").json["reviews"] == []


@pytest.mark.parametrize(
    ("supposed", "says"),
    [
        ({"add": [{"reviewer": "user:dana", "verdict": "maybe"}]}, "verdict"),
        ({"add": [{"reviewer": "dana"}]}, "not a principal"),
        ({"at": "2026-01-02T00:00:00"}, "time zone"),
        ({"policy": {**POLICY, "applies_to": []}}, "applies_to"),
        ({"remove": ["user:dana"] * 101}, "100"),
    ],
)
def test_a_simulation_that_cannot_be_right_is_refused(
    browser: Browser, supposed: dict[str, Any], says: str
) -> None:
    refused = browser.post(f"approvals/{asked(browser)}/simulate", supposed, by="dana")
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "invalid")
    assert says in refused.json["error"]["message"]


def test_a_request_is_tried_before_it_is_made(browser: Browser) -> None:
    wanted = {"permission": "invoice.pay", "on": "invoice:7", "args": {"amount": 9}}
    would = browser.post("approvals/simulate", wanted, by="sam")
    assert would.status_code == 200
    assert (would.json["outcome"], would.json["status"]) == ("approval_required", "pending")
    assert ids(browser, "approvals", "sam") == []


def test_metrics_need_the_right_to_view_approvals(browser: Browser) -> None:
    asked(browser)
    path = "approvals/metrics?since=2026-01-01T00:00:00Z"
    figures = browser.get(path).json
    assert (figures["requested"], figures["outcomes"]) == (1, {"pending": 1})
    assert browser.get(path, by="dana").status_code == 403
    assert browser.get("approvals/metrics").status_code == 400
