"""Alive, ready, measured."""

from typing import Literal

import falcon
import pytest
from falcon import testing
from falcon_client import Browser
from office import office

from placet import Placet
from placet.errors import Corrupt, Unavailable
from placet.storage.memory import MemoryStore
from placet.storage.port import Head
from placet.testing import PlacetUnderTest
from placet_falcon import create_app
from placet_falcon.metrics import Metrics


class Faulty(MemoryStore):
    """Fails on demand."""

    error: Exception | None = None
    said: Literal[True] | str = True

    def head(self, account: str) -> Head:
        if self.error is not None:
            raise self.error
        return super().head(account)

    def ready(self) -> Literal[True] | str:
        return self.said


@pytest.fixture
def faulty() -> Faulty:
    return Faulty()


@pytest.fixture
def client(faulty: Faulty, monkeypatch: pytest.MonkeyPatch) -> testing.TestClient:
    placet = Placet.open("memory://")
    monkeypatch.setattr(placet._runtime, "_store", faulty)
    return testing.TestClient(create_app(placet))


@pytest.mark.parametrize("path", ["/readyz", "/healthz"])
def test_a_store_that_answers_is_ready(client: testing.TestClient, path: str) -> None:
    assert client.simulate_get(path).json == {"status": "ready"}


def test_a_store_that_is_down_is_not_ready_and_the_process_alive(
    client: testing.TestClient, faulty: Faulty
) -> None:
    faulty.error = Unavailable("the disk is full")
    result = client.simulate_get("/readyz")
    assert result.status == falcon.HTTP_503
    assert "the disk is full" in result.json["why"]
    assert client.simulate_get("/livez").status == falcon.HTTP_200


def test_a_store_says_itself_what_is_missing(client: testing.TestClient, faulty: Faulty) -> None:
    faulty.said = "the schema is old; run placet migrate"
    assert client.simulate_get("/readyz").json["why"] == faulty.said


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unavailable("secret driver words"), 503, "unavailable"),
        (Corrupt("secret driver words"), 500, "corrupt"),
        (RuntimeError("secret driver words"), 500, "internal"),
    ],
)
def test_a_failure_of_the_service_keeps_its_words_to_the_log(
    placet: PlacetUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    code: str,
) -> None:
    def fail(*args: object, **named: object) -> None:
        raise error

    browser = Browser(placet)
    browser.get("grants")
    monkeypatch.setattr(placet.store, "get", fail)
    result = browser.get("grants")
    assert (result.status_code, result.json["error"]["code"]) == (status, code)
    assert "secret driver words" not in result.text
    assert "Traceback" not in result.text
    assert "secret driver words" in caplog.text
    assert (result.headers.get("Retry-After") == "1") == (status == 503)


def test_an_runtime_that_cannot_be_opened_is_not_ready_and_refuses_with_503() -> None:
    client = testing.TestClient(create_app(Placet.open("nosuch://")))
    assert client.simulate_get("/readyz").status_code == 503
    refused = client.simulate_get("/placet/v1/accounts/default/roles", headers={"x-api-key": "x"})
    assert refused.status_code == 503
    assert client.simulate_get("/metrics").status_code == 200


def test_requests_are_counted_by_route_and_not_by_address(browser: Browser) -> None:
    browser.get("users/sam")
    browser.get("users/kim")
    browser.get("/nowhere/at/all", by=None)
    text = browser.get("/metrics", by=None).text
    route = 'route="/placet/v1/accounts/{account}/users/{id:path}"'
    assert f'placet_http_requests_total{{method="GET",{route},status="200"}} 2.0' in text
    assert f'placet_http_request_seconds_count{{method="GET",{route},status="200"}} 2.0' in text
    assert 'placet_http_requests_total{method="GET",route="(none)",status="404"} 1.0' in text


def test_a_request_counts_for_every_bound_that_it_kept() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.005, 0.3, 60.0):
        metrics.answered("GET", "/livez", 200, seconds)
    text = metrics.text().decode()
    labels = 'method="GET",route="/livez",status="200"'
    for bound, count in (("0.005", 2), ("0.25", 2), ("0.5", 3), ("10.0", 3), ("+Inf", 4)):
        line = f'placet_http_request_seconds_bucket{{le="{bound}",{labels}}} {count}.0'
        assert line in text
    assert f"placet_http_request_seconds_count{{{labels}}} 4.0" in text
    assert f"placet_http_requests_total{{{labels}}} 4.0" in text


def test_answers_are_counted_by_outcome_and_waiting_approvals_shown(browser: Browser) -> None:
    browser.post("check", {"permission": "invoice.read"}, by="sam")
    browser.post("decide", {"permission": "invoice.read"}, by="eve")
    browser.post("approvals", {"permission": "invoice.pay"}, by="sam")
    text = browser.get("/metrics", by=None).text
    assert 'placet_checks_total{outcome="allowed"} 1.0' in text
    assert 'placet_checks_total{outcome="denied"} 1.0' in text
    assert "placet_approvals_pending 1.0" in text


def test_two_applications_count_apart() -> None:
    first, second = Browser(office()), Browser(office())
    first.get("/livez", by=None)
    assert 'route="/livez"' not in second.get("/metrics", by=None).text
