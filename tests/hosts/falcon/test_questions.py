"""May they? Asked about oneself by anybody, about others with the right to."""

from falcon_client import Browser

READ = {"permission": "invoice.read", "on": "invoice:7"}


def test_without_a_principal_the_caller_is_meant(browser: Browser) -> None:
    assert browser.post("check", READ, by="sam").json == {"allowed": True}
    assert browser.post("check", READ, by="eve").json == {"allowed": False}


def test_a_decision_has_reasons_policies_and_a_revision(browser: Browser) -> None:
    decided = browser.post("decide", {"permission": "invoice.pay"}, by="sam").json
    assert decided["outcome"] == "approval_required"
    assert decided["policies"] == ["four-eyes@/"]
    assert decided["reasons"][0]["code"] == "approval_needed"
    assert decided["revision"] > 0


def test_an_explanation_names_near_misses(browser: Browser) -> None:
    browser.post(
        "assignments", {"id": "late", "principal": "user:eve", "role": "clerk", "disabled": True}
    )
    told = browser.post("explain", READ, by="eve").json
    assert [miss["code"] for miss in told["near_misses"]] == ["disabled"]


def test_about_somebody_else_only_who_may_view_access_asks(browser: Browser) -> None:
    about_sam = {**READ, "principal": "user:sam"}
    assert browser.post("check", about_sam, by="root").json == {"allowed": True}
    assert browser.post("check", about_sam, by="eve").status_code == 403


def test_a_permission_that_nobody_registered_is_denied_and_the_nearest_one_named(
    browser: Browser,
) -> None:
    asked = {"permission": "invoice.pya"}
    assert browser.post("check", asked, by="sam").json == {"allowed": False}
    for word in ("decide", "explain"):
        told = browser.post(word, asked, by="sam").json
        assert told["outcome"] == "denied"
        assert told["reasons"][0]["code"] == "permission_unregistered"
        assert "did you mean 'invoice.pay'" in told["reasons"][0]["text"]


def test_what_was_just_changed_counts_at_once(browser: Browser) -> None:
    browser.post("assignments", {"principal": "user:eve", "role": "clerk"})
    latest = {**READ, "consistency": "latest"}
    assert browser.post("check", latest, by="eve").json == {"allowed": True}


def test_many_questions_are_answered_in_order_and_one_bad_one_spoils_none(
    browser: Browser,
) -> None:
    asked = [READ, {"permission": "invoice.pya"}, {**READ, "principal": "user:eve"}]
    first, second, third = browser.post("check-many", {"questions": asked}, by="sam").json[
        "answers"
    ]
    assert (first["allowed"], first["outcome"]) == (True, "allowed")
    assert (second["allowed"], second["error"]["code"]) == (False, "invalid")
    assert (third["allowed"], third["error"]["code"]) == (False, "access_denied")


def test_who_can_lists_principals_page_by_page(browser: Browser) -> None:
    first = browser.post("who-can", {**READ, "limit": 1}).json
    assert (first["principals"], first["unlisted"]) == (["user:kim"], False)
    rest = browser.post("who-can", {**READ, "after": first["next"]}).json
    assert (rest["principals"], rest["next"]) == (["user:sam"], None)


def test_who_can_is_for_those_who_may_view_access(browser: Browser) -> None:
    assert browser.post("who-can", READ, by="sam").status_code == 403


def test_what_can_lists_permissions(browser: Browser) -> None:
    told = browser.post("what-can", {"on": "invoice:7"}, by="sam").json
    assert told == {"permissions": ["invoice.read"]}


def test_which_lists_the_catalogue(browser: Browser) -> None:
    browser.post("resources", {"type": "invoice", "id": "7"})
    told = browser.post("which", {"permission": "invoice.read"}, by="sam").json
    assert (told["resources"], told["next"], told["unlisted"]) == (["invoice:7"], None, True)


def test_the_filter_is_a_tree(browser: Browser) -> None:
    told = browser.post("filter", {"permission": "invoice.read"}, by="sam").json
    assert told["tree"] == {"is": "type_is", "type": "invoice"}


def test_properties_of_the_action_are_passed_on(browser: Browser) -> None:
    browser.post(
        "assignments",
        {"principal": "user:eve", "role": "clerk", "condition": "action.properties.soft"},
    )
    soft = {**READ, "action_properties": {"soft": True}}
    assert browser.post("check", soft, by="eve").json == {"allowed": True}
    assert browser.post("check", READ, by="eve").json == {"allowed": False}
