"""Members of groups, and tokens that are shown once."""

from falcon_client import Browser

from placet.testing import PlacetUnderTest


def test_members_are_added_listed_and_removed(browser: Browser) -> None:
    added = browser.post("groups/finance/members", {"members": ["user:eve", "user:dana"]})
    assert added.json == {"added": ["user:eve"]}
    page = browser.get("groups/finance/members?skip=1&limit=1").json
    assert page == {"items": ["user:eve"], "total": 3}
    assert browser.delete("groups/finance/members/user:eve").json == {"removed": ["user:eve"]}
    assert browser.delete("groups/finance/members/user:eve").json == {"removed": []}


def test_a_group_within_a_group_is_removed_by_its_exact_name(browser: Browser) -> None:
    browser.post("groups", {"id": "qa"})
    browser.post("groups/finance/members", {"members": ["group:qa"]})
    removed = browser.delete("groups/finance/members/group:qa@/")
    assert removed.json == {"removed": ["group:qa@/"]}


def test_a_token_is_shown_once_and_its_hash_never(browser: Browser) -> None:
    issued = browser.post("credentials", {"principal": "user:eve", "id": "laptop", "name": "L"})
    assert issued.status_code == 201
    token = issued.json["token"]
    assert token.startswith("pat.default.laptop.")
    assert browser.get("grants", by=None, headers={"x-api-key": token}).status_code == 200
    for seen in (issued.json["credential"], browser.get("credentials/laptop").json):
        assert "secret_hash" not in seen
    everything = browser.get("credentials").text + browser.get("audit/events?limit=1000").text
    assert token.rpartition(".")[2] not in everything
    assert '"secret_hash":"' not in everything.replace('"secret_hash":""', "")


def test_a_token_is_disabled_without_being_made_anew(browser: Browser) -> None:
    token = browser.post("credentials", {"principal": "user:eve", "id": "laptop"}).json["token"]
    shown = browser.get("credentials/laptop").json
    assert browser.put("credentials/laptop", {**shown, "disabled": True}).status_code == 200
    headers = {"x-api-key": token}
    assert browser.get("grants", by=None, headers=headers).status_code == 401
    assert browser.put("credentials/laptop", {**shown, "disabled": False}).status_code == 200
    assert browser.get("grants", by=None, headers=headers).status_code == 200


def test_a_password_is_not_issued(browser: Browser) -> None:
    refused = browser.post("credentials", {"principal": "user:eve", "kind": "basic"})
    assert refused.status_code == 400


def test_a_deleted_token_is_shown_without_its_hash_and_ends(browser: Browser) -> None:
    token = browser.post("credentials", {"principal": "user:eve", "id": "laptop"}).json["token"]
    removed = browser.delete("credentials/laptop")
    assert (removed.status_code, "secret_hash" in removed.json) == (200, False)
    assert browser.get("grants", by=None, headers={"x-api-key": token}).status_code == 401


def test_who_may_not_edit_credentials_issues_none(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    browser.get("grants", by="eve")
    before = placet.store.head("default")
    assert browser.post("credentials", {"principal": "user:root"}, by="eve").status_code == 403
    assert placet.store.head("default") == before
