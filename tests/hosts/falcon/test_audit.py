"""The log over HTTP."""

from falcon_client import Browser


def test_events_go_on_behind_the_last_one(browser: Browser) -> None:
    first = browser.get("audit/events?limit=2").json
    second = browser.get(f"audit/events?limit=2&after={first['next']}").json
    assert [event["seq"] for event in first["items"] + second["items"]] == [1, 2, 3, 4]


def test_events_are_filtered(browser: Browser) -> None:
    browser.post("users", {"id": "zoe"})
    found = browser.get("audit/events?kind=user.created&principal=user:root").json
    (event,) = found["items"]
    assert event["data"] == {"id": "zoe"}
    assert event["changes"][0]["after"]["id"] == "zoe"
    assert found["next"] is None


def test_the_chain_is_verified(browser: Browser) -> None:
    found = browser.get("audit/verification").json
    assert found["ok"] is True
    assert found["fault"] is None
    assert found["events"] > 0
    assert len(found["head"]) == 64


def test_without_the_right_nothing_is_told(browser: Browser) -> None:
    assert browser.get("audit/verification", by="eve").status_code == 403
