"""Whatever a caller sends, no answer is a failure of the service."""

import string
from typing import Any

import pytest
from falcon_client import Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from office import office

from placet_falcon.native.nouns import NOUNS

WORDS = (
    "user:sam", "group:finance", "invoice.pay", "invoice:7", "clerk", "four-eyes", "approve", "",
    "retail", "a/b/c", "user:", ":", "@/", "prod", "\u0000", "\ud7ff", "x" * 300, "owner", "token",
    "2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "all_of",
)  # fmt: skip
NAMES = (
    "id", "type", "scope", "principal", "role", "permission", "permissions", "on", "args",
    "properties", "context", "labels", "members", "verdict", "digest", "requirement", "kind",
    "count", "source", "of", "applies_to", "decide_within", "yields", "seconds", "expires_at",
    "not_before", "starts_at", "ends_at", "delegator", "delegate", "policy", "resources", "ids",
    "attributes", "condition", "when", "includes", "on_behalf_of", "contributors", "reject_when",
    "questions", "kinds", "limit", "after", "action_properties", "quorum", "consistency",
    "resource_group", "bundle", "roles", "users", "tests", "to", "at", "revision", "since",
    "checkpoints", "account", "seq", "hash", "mac",
)  # fmt: skip
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers(-(2**70), 2**70)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.sampled_from(WORDS)
    | some.text(max_size=8)
)
VALUES = some.recursive(
    LEAVES,
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(NAMES), inner)
    ),
    max_leaves=12,
)
BODIES = some.dictionaries(some.sampled_from(NAMES), VALUES, max_size=8)
PATHS = (
    *("check-many", "who-can", "what-can", "which", "filter"),
    *("check", "decide", "explain", "permits", "approvals", "approvals/x/reviews", "bundle/apply"),
    *("bundle/validate", "bundle/diff", "bundle/test", "grants/x/take", "grants/x/revoke"),
    *("audit/checkpoints", "audit/verification"),
    *("gates/prod/requests", "gates/prod/take", "groups/finance/members"),
    *(noun.path for noun in NOUNS),
)
QUERIES = some.dictionaries(
    some.sampled_from(("scope", "search", "sort", "limit", "skip", "after", "status", "label")),
    some.sampled_from((*WORDS, "1", "-1", "9" * 30)) | some.text(max_size=8),
    max_size=4,
)

often = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def busy() -> Browser:
    """One service for all examples: what they store stays."""
    browser = Browser(office(directory="closed"))
    browser.post("gates", {"id": "prod", "policy": "four-eyes"})
    return browser


@pytest.mark.parametrize("path", PATHS)
@often
@given(body=BODIES)
def test_no_body_makes_it_fail(busy: Browser, path: str, body: dict[str, Any]) -> None:
    assert busy.post(path, body).status_code < 500


@pytest.mark.parametrize("path", [f"{noun.path}/x" for noun in NOUNS])
@often
@given(body=BODIES)
def test_no_replacement_makes_it_fail(busy: Browser, path: str, body: dict[str, Any]) -> None:
    assert busy.put(path, body).status_code < 500


@pytest.mark.parametrize("path", ["approvals", "grants", "audit/events", "roles", "users"])
@often
@given(query=QUERIES)
def test_no_query_makes_it_fail(busy: Browser, path: str, query: dict[str, str]) -> None:
    assert busy.get(path, params=query).status_code < 500


@often
@given(name=some.text(max_size=12) | some.text(string.punctuation, max_size=12))
def test_no_address_makes_it_fail(busy: Browser, name: str) -> None:
    name = name.replace("?", "").replace("#", "")
    for method in ("GET", "DELETE"):
        assert busy.call(method, f"resources/{name}").status_code < 500
        assert busy.call(method, f"groups/{name}/members/{name}").status_code < 500


@often
@given(value=some.text(some.characters(max_codepoint=255, exclude_categories=["Cc"])))
def test_no_credentials_make_it_fail(busy: Browser, value: str) -> None:
    for name in ("x-api-key", "Authorization", "X-Request-ID", "If-Match"):
        answered = busy.get("users/sam", by=None, headers={name: value})
        assert answered.status_code == 401
    for word in ("Basic", "Bearer"):
        headers = {"Authorization": f"{word} {value}"}
        assert busy.get("users/sam", by=None, headers=headers).status_code == 401
