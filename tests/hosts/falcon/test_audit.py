"""The log over HTTP: read, exported, signed, verified, and asked about the past."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from falcon_client import Browser
from office import SYSTEM, office

from placet.services.verification import verify_export
from placet.storage.sealing import new_event

KEYS = ["k" * 32]
KIM = {"principal": "user:kim", "permission": "invoice.read", "on": "invoice:7"}


@pytest.fixture
def keyed() -> Iterator[Browser]:
    """A service whose engine has secret keys."""
    with office(directory="closed", secret_keys=KEYS) as placet:
        yield Browser(placet)


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


# -- exported ----------------------------------------------------------------------------------


def test_the_export_is_lines_of_json_that_can_be_verified(browser: Browser) -> None:
    answer = browser.get("audit/export")
    assert answer.headers["Content-Type"] == "application/jsonl"
    found = verify_export(answer.content.splitlines())
    assert found.ok
    assert found.events == browser.get("audit/verification").json["events"]


def test_the_export_is_filtered(browser: Browser) -> None:
    browser.post("users", {"id": "zoe"})
    lines = browser.get("audit/export?kind=user.created&principal=user:root&after=3").content
    (event,) = map(msgspec.json.decode, lines.splitlines())
    assert event["data"] == {"id": "zoe"}


def test_an_empty_export_is_empty(browser: Browser) -> None:
    answer = browser.get("audit/export?after=9000")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("query", ["after=-1", "limit=3", "after=x"])
def test_a_query_of_the_export_that_is_not_right_is_refused(browser: Browser, query: str) -> None:
    assert browser.get(f"audit/export?{query}").status_code == 400


def test_an_export_that_cannot_go_on_says_so_in_its_last_line(browser: Browser) -> None:
    """The status has been sent by then, and a server ends the answer as if it were whole."""
    body = b' {"format":1,"account":"default","kind":"x","actor":"x"}'
    browser.placet.store.commit("default", [], [new_event(0, body)])
    answer = browser.get("audit/export")
    last = answer.content.splitlines()[-1]
    assert (answer.status_code, msgspec.json.decode(last)["error"]["code"]) == (200, "corrupt")
    assert "line" in (verify_export(answer.content.splitlines()).fault or "")


def test_a_broken_log_is_not_signed(keyed: Browser) -> None:
    made = keyed.post("audit/checkpoints").json
    refused = keyed.post("audit/checkpoints", {"since": {**made, "seq": 1}})
    assert refused.status_code == 409
    assert "was edited" in refused.json["error"]["message"]


# -- signed ------------------------------------------------------------------------------------


def test_a_checkpoint_is_given_out_and_held_against_the_log(keyed: Browser) -> None:
    made = keyed.post("audit/checkpoints")
    assert made.status_code == 201
    assert made.json.keys() == {"account", "at", "hash", "mac", "seq"}
    found = keyed.post("audit/verification", {"checkpoints": [made.json]}).json
    assert (found["ok"], found["checkpoints"], found["checkpoint_faults"]) == (True, 1, [])


def test_the_next_checkpoint_goes_on_from_the_last_one(keyed: Browser) -> None:
    first = keyed.post("audit/checkpoints").json
    keyed.post("users", {"id": "zoe"})
    second = keyed.post("audit/checkpoints", {"since": first}).json
    assert second["seq"] == first["seq"] + 1


def test_a_checkpoint_that_was_edited_is_told(keyed: Browser) -> None:
    made = keyed.post("audit/checkpoints").json
    found = keyed.post("audit/verification", {"checkpoints": [{**made, "seq": 99}]}).json
    assert found["ok"] is False
    assert found["checkpoint_faults"] == [
        "checkpoint 1 was edited, or signed with none of the secret keys that hold here"
    ]


def test_without_keys_there_is_no_checkpoint(browser: Browser) -> None:
    answer = browser.post("audit/checkpoints")
    assert (answer.status_code, "secret keys" in answer.json["error"]["message"]) == (400, True)


@pytest.mark.parametrize("body", [{"checkpoints": [{}]}, {}, {"checkpoints": "x"}])
def test_what_is_no_checkpoint_is_refused(keyed: Browser, body: dict[str, object]) -> None:
    assert keyed.post("audit/verification", body).status_code == 400


# -- the past ----------------------------------------------------------------------------------


@pytest.fixture
def later(browser: Browser) -> tuple[Browser, str]:
    """A service an hour after kim has lost her role, and the moment before that."""
    clock = browser.placet.audit.view.tenant.clock
    then = clock.now()
    clock.advance("1h")  # type: ignore[attr-defined]  # a ManualClock
    browser.placet.assignments.delete("kim", actor=SYSTEM)
    return browser, (then + timedelta(minutes=1)).isoformat()


def test_a_question_with_a_moment_is_about_that_moment(later: tuple[Browser, str]) -> None:
    browser, then = later
    assert browser.post("check", KIM).json == {"allowed": False}
    assert browser.post("check", {**KIM, "at": then}).json["allowed"] is True
    assert browser.post("decide", {**KIM, "at": then}).json["outcome"] == "allowed"
    explained = browser.post("explain", {**KIM, "at": then}).json
    assert "user:kim has role clerk" in explained["reasons"][0]["text"]


def test_the_answer_says_of_when_it_is(later: tuple[Browser, str]) -> None:
    browser, then = later
    said = browser.post("decide", {**KIM, "at": then}).json
    assert said["as_of"] == {"at": "2026-01-01T09:01:00Z", "revision": said["revision"]}
    assert "as_of" not in browser.post("decide", KIM).json


def test_a_revision_says_which_events_count(later: tuple[Browser, str]) -> None:
    browser, then = later
    asked = {**KIM, "at": then, "revision": 3}
    assert browser.post("decide", asked).json["as_of"]["revision"] == 3
    assert browser.post("check", {**KIM, "revision": 3}).status_code == 400


def test_what_was_not_registered_then_is_denied(later: tuple[Browser, str]) -> None:
    browser, then = later
    asked = {**KIM, "permission": "invoice.void", "at": then}
    for word in ("decide", "explain"):
        (reason,) = browser.post(word, asked).json["reasons"]
        assert reason["code"] == "permission_unregistered"


@pytest.mark.parametrize(
    "at", ["2026-01-01T09:00:00", "tomorrow", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_moment_that_is_none_is_refused(browser: Browser, at: str) -> None:
    assert browser.post("check", {**KIM, "at": at}).status_code == 400


def test_the_past_takes_the_right_to_see_the_log(later: tuple[Browser, str]) -> None:
    browser, then = later
    asked = {"permission": "invoice.read", "on": "invoice:7"}
    assert browser.post("check", asked, by="sam").json == {"allowed": True}
    refused = browser.post("check", {**asked, "at": then}, by="sam")
    assert (refused.status_code, "core_audit_view" in refused.text) == (403, True)


def test_who_may_not_see_the_log_is_told_nothing(keyed: Browser) -> None:
    answers = (
        keyed.get("audit/export", by="eve"),
        keyed.post("audit/checkpoints", by="eve"),
        keyed.post("audit/verification", {"checkpoints": []}, by="eve"),
    )
    assert [answer.status_code for answer in answers] == [403, 403, 403]
