"""What every request and answer carries: an id, headers, and one line in the log."""

import json
import logging

import pytest
from falcon_client import Browser, token_of

from placet.testing import PlacetUnderTest
from placet_falcon.logs import JsonFormatter

PATHS = ["/livez", "/nowhere", "users/sam", "users/ghost"]


@pytest.mark.parametrize("path", PATHS)
def test_the_id_of_a_request_comes_back(browser: Browser, path: str) -> None:
    result = browser.get(path, headers={"X-Request-ID": "trace-7/b"})
    assert result.headers["X-Request-ID"] == "trace-7/b"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "caf\xe9"])
def test_an_id_that_is_not_printable_ascii_is_replaced(browser: Browser, sent: str) -> None:
    result = browser.get("/livez", headers={"X-Request-ID": sent})
    assert result.headers["X-Request-ID"] not in ("", sent)


def test_without_an_id_each_request_gets_its_own(browser: Browser) -> None:
    ids = {browser.get("/livez").headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_is_stored_or_guessed_at_and_none_names_the_server(
    browser: Browser, path: str
) -> None:
    headers = browser.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers


def line_of(caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    (record,) = [one for one in caplog.records if one.name == "placet_falcon.access"]
    line: dict[str, object] = json.loads(JsonFormatter().format(record))
    return line


def test_a_request_is_one_line_of_json(
    browser: Browser, placet: PlacetUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser.get("users/sam", headers={"X-Request-ID": "r1"})
    line = line_of(caplog)
    assert isinstance(line.pop("ms"), float)
    assert str(line.pop("time")).endswith("Z")
    assert line == {
        "level": "info",
        "logger": "placet_falcon.access",
        "message": "request",
        "method": "GET",
        "path": "/placet/v1/accounts/{account}/users/{id:path}",
        "status": 200,
        "request_id": "r1",
        "account": "default",
        "principal": "user:root",
    }


def test_who_is_not_known_is_not_in_the_log(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    browser.get("users/sam", by=None)
    assert line_of(caplog).keys().isdisjoint({"account", "principal"})


def test_no_token_is_ever_in_the_log(
    browser: Browser, placet: PlacetUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = token_of(placet, "sam")
    secret = token.rpartition(".")[2]
    for headers in (
        {"x-api-key": token},
        {"Authorization": f"Bearer {token}"},
        {"x-api-key": f"{token}x"},
        {"X-Request-ID": "ok"},
    ):
        browser.get("grants", by=None, headers=headers)
        browser.get(f"users/{token}", by=None, headers=headers)
        browser.get(f"/{token}", by=None, headers=headers)
        browser.get(f"roles?{token}", by=None, headers=headers)
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert len(caplog.records) >= 16
    assert secret not in written


def test_an_unexpected_failure_is_written_with_the_id_of_its_request(
    browser: Browser,
    placet: PlacetUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(placet.store, "get", fail)
    result = browser.call("GET", "grants", headers={"X-Request-ID": "r9", "x-api-key": "pat.a.b.c"},
                          by=None)  # fmt: skip
    assert result.json["error"]["request_id"] == "r9"
    (record,) = [one for one in caplog.records if one.name == "placet_falcon.errors"]
    line = json.loads(JsonFormatter().format(record))
    assert line["request_id"] == "r9"
    assert "boom" in line["error"]
