"""What was published as a policy, over HTTP."""

from falcon_client import Browser

REQUIREMENT = {"kind": "reviews", "count": 1, "source": "group:finance"}


def _publish(browser: Browser, description: str) -> None:
    body = {
        "applies_to": ["invoice.pay"],
        "requirement": REQUIREMENT,
        "description": description,
    }
    assert browser.put("policies/four-eyes", body).status_code == 200


def test_versions_are_listed_newest_first_in_pages(browser: Browser) -> None:
    for description in ("second", "third"):
        _publish(browser, description)
    page = browser.get("policies/four-eyes/versions?limit=2").json
    assert [one["policy"]["version"] for one in page["items"]] == [3, 2]
    assert page["items"][0]["published_by"] == "user:root"
    rest = browser.get(f"policies/four-eyes/versions?limit=2&after={page['next']}").json
    assert [one["policy"]["version"] for one in rest["items"]] == [1]
    assert rest["next"] is None


def test_one_version_is_read_by_its_number(browser: Browser) -> None:
    _publish(browser, "second")
    found = browser.get("policies/four-eyes/versions/1")
    assert (found.status_code, found.json["policy"]["description"]) == (200, "")
    assert found.json["approval"] is None
    assert browser.get("policies/four-eyes/versions/3").status_code == 404


def test_who_may_not_read_the_policy_reads_no_version(browser: Browser) -> None:
    assert browser.get("policies/four-eyes/versions", by="eve").status_code == 403
    assert browser.get("policies/four-eyes/versions/1", by="eve").status_code == 403


def test_what_is_not_there_is_not_found(browser: Browser) -> None:
    assert browser.get("policies/other/versions").status_code == 404
    assert browser.get("policies/four-eyes/versions/first").status_code == 404


def test_a_policy_below_the_account_is_named_with_its_scope(browser: Browser) -> None:
    body = {"id": "p", "scope": "retail", "applies_to": ["invoice.read"],
            "requirement": REQUIREMENT}  # fmt: skip
    assert browser.post("policies", body).status_code == 201
    found = browser.get("policies/p/versions?scope=retail").json["items"]
    assert [one["policy"]["scope"] for one in found] == ["retail"]
    assert browser.get("policies/p/versions").status_code == 404
