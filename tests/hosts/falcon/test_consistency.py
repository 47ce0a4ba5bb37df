"""The header `Placet-Consistency-Token`: out with what was written, in with what is asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from falcon_client import Browser
from office import office

from placet import SYSTEM, Placet, User
from placet.testing import PlacetUnderTest
from placet_falcon import HostSettings

HEADER = "Placet-Consistency-Token"
KEYS = ("k" * 32,)
READ = {"permission": "invoice.read", "on": "invoice:7"}
CLERK = {"id": "eve", "principal": "user:eve", "role": "clerk"}

QUESTIONS = {
    "check": {**READ},
    "decide": {**READ},
    "explain": {**READ},
    "check-many": {"questions": [READ]},
    "what-can": {"on": "invoice:7"},
    "which": {"permission": "invoice.read"},
    "filter": {"permission": "invoice.read"},
    "who-can": {**READ},
}


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[Browser, Browser]]:
    """Two hosts on one store; the second sees what the first writes only when it has to."""
    url = f"sqlite:///{tmp_path / 'app.db'}"
    with (
        office(url, directory="closed", secret_keys=KEYS) as first,
        Placet.open(url, directory="closed", secret_keys=KEYS, follow=False) as second,
    ):
        writing, asking = Browser(first), Browser(second)
        for name in ("root", "eve"):
            asking.get("users", by=name)
        assert not second.check("user:eve", "invoice.read", "invoice:7")
        yield writing, asking


def test_the_answer_to_a_write_carries_the_token_of_it(hosts: tuple[Browser, Browser]) -> None:
    writing, _ = hosts
    made = writing.post("assignments", CLERK)
    assert made.headers[HEADER] == writing.placet.token()
    changed = writing.call("PUT", "assignments/eve", json={**CLERK, "disabled": True})
    removed = writing.call("DELETE", "assignments/eve")
    tokens = [answer.headers[HEADER] for answer in (made, changed, removed)]
    assert len({*tokens}) == 3
    assert tokens[-1] == writing.placet.token()


def test_neither_a_read_nor_a_refusal_carries_one(browser: Browser) -> None:
    assert HEADER not in browser.get("assignments").headers
    assert HEADER not in browser.post("assignments", CLERK, by="eve").headers
    assert HEADER not in browser.post("check", READ, by=None).headers


@pytest.mark.parametrize("word", QUESTIONS)
def test_a_question_that_brings_it_is_answered_from_no_less(
    hosts: tuple[Browser, Browser], word: str
) -> None:
    writing, asking = hosts
    by = "root" if word == "who-can" else "eve"
    expected = writing.post(word, QUESTIONS[word], by=by).json
    token = writing.post("assignments", CLERK).headers[HEADER]
    stale = asking.post(word, QUESTIONS[word], by=by)
    fresh = asking.post(word, QUESTIONS[word], by=by, headers={HEADER: token})
    assert _bare(stale.json) == _bare(expected)
    assert _bare(fresh.json) == _bare(writing.post(word, QUESTIONS[word], by=by).json)
    assert _bare(fresh.json) != _bare(stale.json)
    assert fresh.headers[HEADER] == token


def _bare(told: dict[str, object]) -> dict[str, object]:
    """An answer without the revision and the moment that it is of."""
    return {name: value for name, value in told.items() if name not in ("revision", "at")}


def test_a_token_that_is_none_is_the_callers_mistake(browser: Browser) -> None:
    told = browser.post("check", READ, headers={HEADER: "default.9.AAAAAAAAAAAAAAAA"})
    assert told.status_code == 400
    assert "consistency token" in told.json["error"]["message"]


def test_whoever_is_not_known_is_not_told_about_tokens(browser: Browser) -> None:
    told = browser.post("check", READ, by=None, headers={HEADER: "nonsense"})
    assert told.status_code == 401


def test_a_store_that_does_not_get_there_is_unavailable_for_now(tmp_path: Path) -> None:
    """The token of a transaction that was rolled back: nobody ever gets there."""
    file = tmp_path / "app.db"
    placet = office(f"sqlite:///{file}", directory="closed", secret_keys=KEYS)
    with placet, closing(sqlite3.connect(file)) as connection:
        browser = Browser(placet, settings=HostSettings(catch_up_s=0))
        browser.get("users")
        with placet.joined(connection) as inside:
            inside.users.create(User(id="gone"), actor=SYSTEM)
            token = inside.token()
        connection.rollback()
        told = browser.post("check", READ, headers={HEADER: token})
        assert told.status_code == 503
        assert told.headers["Retry-After"] == "1"


@pytest.mark.parametrize("word", ["decide", "explain"])
def test_the_latest_knows_a_permission_that_was_registered_elsewhere(
    hosts: tuple[Browser, Browser], word: str
) -> None:
    writing, asking = hosts
    writing.post(
        "permissions", {"id": "invoice.void", "resource_type": "invoice", "action": "void"}
    )
    unknown = asking.post(word, {"permission": "invoice.void"}, by="eve").json
    latest = {"permission": "invoice.void", "consistency": "latest"}
    known = asking.post(word, latest, by="eve").json
    assert unknown["reasons"][0]["code"] == "permission_unregistered"
    assert known["reasons"][0]["code"] != "permission_unregistered"


def test_it_comes_back_through_every_surface(placet: PlacetUnderTest, browser: Browser) -> None:
    body = {"subject": {"type": "user", "id": "sam"}, "action": {"name": "read"},
            "resource": {"type": "invoice", "id": "7"}}  # fmt: skip
    asked = browser.post("/access/v1/evaluation", body, by="sam")
    assert asked.headers[HEADER] == placet.token()
    refused = browser.post("/access/v1/evaluation", body, by="sam", headers={HEADER: "nonsense"})
    assert refused.status_code == 400
