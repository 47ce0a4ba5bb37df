"""What the SDK and the command ask before anything else, and with which words they say who."""

import base64

import pytest
from britive_tenant import Tenant
from office import SYSTEM

from placet import ServiceAccount


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_health_is_asked_without_credentials(tenant: Tenant, method: str) -> None:
    result = tenant.call(method, "health", by=None)
    assert (result.status_code, bool(result.content)) == (200, method == "GET")


def test_features_are_a_list_of_names(tenant: Tenant) -> None:
    assert tenant.get("features") == [{"name": "server-access", "enabled": True}]


def test_there_is_no_banner(tenant: Tenant) -> None:
    assert tenant.call("GET", "banner").status_code == 204


def test_who_am_i(tenant: Tenant) -> None:
    result = tenant.call("POST", "auth/validate").json["authenticationResult"]
    assert result == {"userId": "sam", "username": "sam", "type": "User"}


def test_a_program_is_a_service_identity(tenant: Tenant) -> None:
    with tenant.placet.acting(SYSTEM):
        tenant.placet.service_accounts.create(ServiceAccount(id="ci"))
        token = tenant.placet.credentials.issue("service_account:ci").token
    headers = {"Authorization": f"Bearer {token}"}
    result = tenant.call("POST", "auth/validate", by=None, headers=headers)
    assert result.json["authenticationResult"]["type"] == "ServiceIdentity"


@pytest.mark.parametrize("word", ["TOKEN", "Bearer", "WorkloadToken", "bearer"])
def test_three_words_say_who_calls(tenant: Tenant, word: str) -> None:
    assert tenant.call("GET", "features", word=word).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer x",
        "Bearer pat.default.nobody.secret",
        "TOKEN pat.other.x.y",
        "Digest x",
        "Basic " + base64.b64encode(b"default/sam:x").decode(),
    ],
)
def test_nobody_is_one_and_the_same_401(tenant: Tenant, header: str | None) -> None:
    """Without a code that the SDK knows: it is how the command says that a token is wrong."""
    headers = {} if header is None else {"Authorization": header}
    for path in ("features", "v1/approvals", "auth/validate"):
        method = "POST" if path == "auth/validate" else "GET"
        result = tenant.call(method, path, by=None, headers=headers)
        assert (result.status_code, result.json["errorCode"]) == (401, "E0000")
