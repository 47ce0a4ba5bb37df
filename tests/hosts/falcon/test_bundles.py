"""Policy as code over HTTP."""

import msgspec
from falcon import testing
from falcon_client import Browser

from placet.testing import PlacetUnderTest

TEXT = """
bundle = "reports"
permissions = ["report.read"]

[[roles]]
id = "reporter"
permissions = ["report.*"]

[[assignments]]
to = ["user:eve"]
role = "reporter"

[[users]]
id = "eve"

[[tests]]
who = "user:eve"
can = "report.read"
expect = "allowed"
"""


def send(browser: Browser, word: str, text: str = TEXT, by: str = "root") -> testing.Result:
    headers = {"Content-Type": "application/toml"}
    return browser.call("POST", f"bundle/{word}", body=text, headers=headers, by=by)


def test_a_bundle_is_validated_shown_applied_and_then_changes_nothing(browser: Browser) -> None:
    assert send(browser, "validate").json == {"problems": []}
    assert send(browser, "diff").json["drift"] is True
    applied = send(browser, "apply").json
    assert "role" in [step["kind"] for step in applied["steps"]]
    assert send(browser, "diff").json["drift"] is False
    assert browser.post("check", {"permission": "report.read"}, by="eve").json["allowed"]


def test_what_is_shown_says_who_gains_and_who_loses(browser: Browser) -> None:
    shown = send(browser, "diff").json
    (gain,) = shown["gains"]
    assert (gain["principal"], gain["permissions"]) == ("user:eve", ["report.read"])
    assert (gain["was"], gain["now"], gain["resources"]) == ("denied", "allowed", None)
    assert gain["text"].startswith("user:eve gains report.read on every report in the account")
    assert shown["losses"] == []


def test_a_bundle_may_be_json(browser: Browser) -> None:
    body = msgspec.json.encode({"bundle": "b", "permissions": ["report.read"]})
    headers = {"Content-Type": "application/json; charset=utf-8"}
    result = browser.call("POST", "bundle/apply?prune=true", body=body, headers=headers)
    assert result.status_code == 200


def test_the_tests_of_a_bundle_run_apart_from_what_is_stored(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    browser.get("grants")
    before = placet.store.head("default")
    (result,) = send(browser, "test").json["results"]
    assert (result["passed"], result["got"]) == (True, "allowed")
    assert placet.store.head("default") == before


def test_mistakes_are_named_with_their_place(browser: Browser) -> None:
    text = TEXT.replace('role = "reporter"', 'role = "reportr"')
    (problem,) = send(browser, "validate", text).json["problems"]
    assert problem["path"].startswith("assignments[0]")
    refused = send(browser, "apply", text)
    assert refused.status_code == 400
    assert refused.json["error"]["problems"] == [problem]


def test_without_the_right_nothing_is_applied_or_compared(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    browser.get("grants", by="eve")
    before = placet.store.head("default")
    assert send(browser, "apply", by="eve").status_code == 403
    assert send(browser, "diff", by="eve").status_code == 403
    assert placet.store.head("default") == before


def test_who_may_not_edit_the_account_learns_nothing_of_it_by_validating(browser: Browser) -> None:
    text = 'bundle = "b"\n[[assignments]]\nto = ["user:eve"]\nrole = "is-there-such-a-role"\n'
    assert send(browser, "validate", text).json["problems"]
    assert send(browser, "validate", text, by="eve").json == {"problems": []}


def test_a_bundle_does_not_read_the_variables_of_the_server(browser: Browser) -> None:
    text = 'bundle = "b"\n[[credentials]]\nfor = "user:eve"\nkind = "basic"\nsecret_env = "HOME"\n'
    refused = send(browser, "apply", text)
    assert refused.status_code == 400
    assert "secret_hash" in refused.json["error"]["message"]
