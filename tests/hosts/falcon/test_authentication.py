"""Who sent a request: the words that carry a token or a password, and the one refusal."""

import base64
from datetime import timedelta

import falcon
import pytest
from falcon_client import BASE, Browser, token_of
from office import SYSTEM, office

from placet import Actor, ServiceAccount, User
from placet.model import Credential
from placet.services.authentication import Caller
from placet.testing import PlacetUnderTest
from placet_falcon import hookimpl

WHO = f"{BASE}/grants"


class SlowHasher:
    """Counts what it verifies."""

    def __init__(self) -> None:
        self.verified: list[str] = []

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, hash: str, password: str) -> bool:
        self.verified.append(hash)
        return hash == f"hash of {password}"


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.fixture
def hasher() -> SlowHasher:
    return SlowHasher()


@pytest.fixture
def placet(hasher: SlowHasher) -> PlacetUnderTest:
    placet = office(directory="closed", passwords=hasher)
    placet.credentials.create(
        Credential(id="sam", principal="user:sam", kind="basic", secret_hash="hash of open sesame"),
        actor=SYSTEM,
    )
    return placet


def status(browser: Browser, headers: dict[str, str]) -> int:
    return browser.get(WHO, by=None, headers=headers).status_code


def refusal(browser: Browser, headers: dict[str, str], path: str = WHO) -> dict[str, str]:
    """What the caller can see of a refusal, but for the id of the request."""
    result = browser.get(path, by=None, headers={"X-Request-ID": "r", **headers})
    assert result.status_code == 401
    assert isinstance(result.json, dict)
    return {"body": result.text, **dict(result.headers.items())}


@pytest.mark.parametrize("word", ["Bearer", "bearer", "TOKEN", "WorkloadToken"])
def test_a_token_is_taken_after_each_word_that_clients_send(
    browser: Browser, placet: PlacetUnderTest, word: str
) -> None:
    assert status(browser, {"Authorization": f"{word} {token_of(placet, 'sam')}"}) == 200


def test_a_token_is_taken_from_x_api_key(browser: Browser, placet: PlacetUnderTest) -> None:
    assert status(browser, {"x-api-key": token_of(placet, "sam")}) == 200


def test_a_service_account_sends_a_sat_token(browser: Browser, placet: PlacetUnderTest) -> None:
    placet.service_accounts.create(ServiceAccount(id="ci"), actor=SYSTEM)
    token = placet.credentials.issue("service_account:ci", actor=SYSTEM).token
    assert token.startswith("sat.")
    assert status(browser, {"x-api-key": token}) == 200


def test_the_right_secret_behind_the_wrong_word_is_no_token(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    token = token_of(placet, "sam")
    assert status(browser, {"x-api-key": token.replace("pat.", "sat.", 1)}) == 401


@pytest.mark.parametrize("name", ["default/sam", "sam"])
def test_a_password_comes_with_account_and_user_or_with_the_account_of_the_path(
    browser: Browser, name: str
) -> None:
    assert status(browser, basic(f"{name}:open sesame")) == 200


def test_a_password_may_hold_a_colon(browser: Browser, placet: PlacetUnderTest) -> None:
    placet.credentials.create(
        Credential(id="kim", principal="user:kim", kind="basic", secret_hash="hash of a:b"),
        actor=SYSTEM,
    )
    assert status(browser, basic("kim:a:b")) == 200


def test_every_wrong_token_is_refused_in_the_same_words(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    token = token_of(placet, "sam")
    _, account, id, secret = token.split(".")
    placet.credentials.issue("user:sam", id="old", actor=SYSTEM)
    expired = placet.credentials.issue(
        "user:sam", expires_at=placet.clock.now() + timedelta(hours=1), actor=SYSTEM
    ).token
    placet.clock.advance("1h")
    said = [
        refusal(browser, headers)
        for headers in (
            {},
            {"x-api-key": f"pat.{account}.{id}.wrong{secret}"},
            {"x-api-key": f"pat.{account}.unknown.{secret}"},
            {"x-api-key": f"pat.nowhere.{id}.{secret}"},
            {"x-api-key": f"pat.{account}.{id}"},
            {"x-api-key": "pat.a b.c d.e"},
            {"x-api-key": ""},
            {"x-api-key": expired},
            {"Authorization": "Digest x"},
            {"Authorization": "Bearer"},
            {"Authorization": "Basic !!!"},
            basic("nobody:open sesame"),
            basic("sam:wrong"),
            basic("nowhere/sam:open sesame"),
            basic("sam"),
        )
    ]
    assert all(one == said[0] for one in said)


def test_a_disabled_credential_is_unknown(browser: Browser, placet: PlacetUnderTest) -> None:
    issued = placet.credentials.issue("user:sam", id="one", actor=SYSTEM)
    disabled = Credential(
        id="one", principal="user:sam", kind="token", secret_hash="", disabled=True
    )
    assert status(browser, {"x-api-key": issued.token}) == 200
    placet.credentials.update(disabled, actor=SYSTEM)
    assert status(browser, {"x-api-key": issued.token}) == 401


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_who_is_disabled_or_gone_is_unknown(
    browser: Browser, placet: PlacetUnderTest, how: str
) -> None:
    token = token_of(placet, "kim")
    if how == "disabled":
        placet.users.update(User(id="kim", disabled=True), actor=SYSTEM)
    else:
        placet.users.delete("kim", cascade=True, actor=SYSTEM)
    assert status(browser, {"x-api-key": token}) == 401


def test_an_unknown_user_costs_one_verification_like_a_known_one(
    browser: Browser, hasher: SlowHasher
) -> None:
    """Failure mode 45."""
    counts = []
    for name in ("sam", "nobody", "nowhere/sam"):
        hasher.verified.clear()
        assert status(browser, basic(f"{name}:wrong")) == 401
        counts.append(len(hasher.verified))
    assert counts == [1, 1, 1]


def test_without_a_hasher_no_password_is_right() -> None:
    browser = Browser(office(directory="closed"))
    assert status(browser, basic("sam:open sesame")) == 401


def test_credentials_of_one_account_do_not_reach_another_known_or_not(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    placet.tenant("acme").users.create(User(id="sam"), actor=SYSTEM)
    known = browser.get("/placet/v1/accounts/acme/grants", by="root")
    unknown = browser.get("/placet/v1/accounts/ghost/grants", by="root")
    assert known.status_code == unknown.status_code == 403
    assert known.json["error"]["code"] == unknown.json["error"]["code"] == "access_denied"
    assert (
        known.json["error"]["message"].replace("acme", "ghost")
        == (unknown.json["error"]["message"])
    )


def test_an_account_that_was_made_up_leaves_nothing_in_the_store(
    browser: Browser, placet: PlacetUnderTest
) -> None:
    refusal(browser, basic("made-up/sam:x"), "/placet/v1/accounts/made-up/grants")
    refusal(browser, {"x-api-key": "pat.made-up.k.s"}, "/placet/v1/accounts/made-up/grants")
    assert placet.store.accounts() == ("default",)


def test_a_plugin_may_say_who_it_is(placet: PlacetUnderTest) -> None:
    class Proxy:
        @hookimpl
        def placet_authenticate(self, request: falcon.Request) -> Caller | None:
            user = request.get_header("X-Proxy-User")
            return Caller("default", Actor(f"user:{user}")) if user else None

    browser = Browser(placet, plugins=[Proxy()])
    assert status(browser, {"X-Proxy-User": "root"}) == 200
    assert status(browser, {}) == 401


def test_nobody_is_asked_who_they_are_by_the_probes(browser: Browser) -> None:
    for path in ("/livez", "/readyz", "/healthz", "/metrics"):
        assert browser.get(path, by=None).status_code == 200
