"""How much a request may carry, and how its end is told."""

import io

import pytest
from falcon import testing
from falcon_client import BASE, Browser

from placet.testing import PlacetUnderTest
from placet_falcon import HostSettings
from placet_falcon.decoding import MAX_DEPTH

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def browser(placet: PlacetUnderTest) -> Browser:
    return Browser(placet, settings=HostSettings(max_body_bytes=1000))


def test_a_body_of_the_greatest_length_is_read(browser: Browser) -> None:
    body = b'{"id": "zoe", "name": "Zoe"}'.ljust(1000)
    assert browser.call("POST", "users", body=body, headers=JSON).status_code == 201


@pytest.mark.parametrize("path", ["users", "bundle/apply"])
def test_a_longer_one_is_refused(browser: Browser, path: str) -> None:
    result = browser.call("POST", path, body=b" " * 1001, headers=JSON)
    assert (result.status_code, result.json["error"]["code"]) == (413, "too_large")


def test_a_longer_one_is_refused_before_anybody_is_known(browser: Browser) -> None:
    result = browser.call("POST", "users", by=None, body=b" " * 1001, headers=JSON)
    assert result.status_code == 413


@pytest.mark.parametrize(("size", "status"), [(1000, 201), (1001, 413)])
def test_a_body_without_a_length_is_read_up_to_the_limit(
    browser: Browser, size: int, status: int
) -> None:
    body = b'{"id": "zoe"}'.ljust(size)
    result = browser.call("POST", "users", headers=JSON, extras=chunked(body))
    assert result.status_code == status


def chunked(body: bytes) -> dict[str, object]:
    """What a server hands over that has decoded the chunks itself."""
    return {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}


def test_a_body_whose_end_cannot_be_told_is_refused(browser: Browser) -> None:
    result = browser.call("POST", "users", headers={**JSON, "Transfer-Encoding": "chunked"})
    assert (result.status_code, result.json["error"]["code"]) == (411, "invalid")


def test_a_length_that_is_no_number_is_refused(browser: Browser) -> None:
    environ = testing.create_environ(f"{BASE}/users", method="POST")
    environ["CONTENT_LENGTH"] = "many"
    answered = testing.StartResponseMock()
    list(browser.http.app(environ, answered))
    assert answered.status == "400 Bad Request"


@pytest.mark.parametrize(("levels", "status"), [(MAX_DEPTH, 201), (MAX_DEPTH + 1, 400)])
def test_nesting_has_a_limit(browser: Browser, levels: int, status: int) -> None:
    attributes = b'{"a":' * (levels - 1) + b"1" + b"}" * (levels - 1)
    body = b'{"id": "zoe", "attributes": ' + attributes + b"}"
    result = browser.call("POST", "users", body=body, headers=JSON)
    assert result.status_code == status
