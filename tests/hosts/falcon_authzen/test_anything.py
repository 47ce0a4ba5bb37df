"""Whatever a caller sends, the answer is a decision, a list or a refusal, and never a fault."""

from typing import Any

import msgspec
import pytest
from access_requests import READ, Requester, governed, problem
from authzen_client import ALICE, Pep, certified
from hypothesis import given, settings
from hypothesis import strategies as some

from placet_falcon.authzen.discovery import ENDPOINTS

WORDS = (
    "user", "group", "service", "record", "record-1", "alice", "bob", "read", "write", "delete",
    "", ":", "a@/", "a@/b/c/d", "\u0000", "\ud7ff", "x" * 300, "execute_all", "status", "archived",
)  # fmt: skip
NAMES = (
    "subject", "action", "resource", "context", "page", "evaluations", "options", "type", "id",
    "name", "properties", "token", "limit", "evaluations_semantic", "soft", "status", "role",
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
ENTITIES = some.fixed_dictionaries(
    {"type": some.sampled_from(WORDS), "id": some.sampled_from(WORDS)},
    optional={"properties": some.dictionaries(some.sampled_from(NAMES), LEAVES)},
)
ACTIONS = some.fixed_dictionaries(
    {"name": some.sampled_from(WORDS)},
    optional={"properties": some.dictionaries(some.sampled_from(NAMES), LEAVES)},
)
ASKED = some.fixed_dictionaries(
    {"subject": ENTITIES, "action": ACTIONS, "resource": ENTITIES},
    optional={
        "context": some.dictionaries(some.sampled_from(NAMES), VALUES),
        "page": some.fixed_dictionaries({}, optional={"limit": some.integers(-3, 10**7)}) | VALUES,
        "evaluations": some.lists(VALUES, max_size=3),
    },
)
BODIES = ASKED | VALUES
often = settings(max_examples=40, deadline=None)


@pytest.fixture(scope="module")
def busy() -> Pep:
    """One service for all examples: nothing is stored."""
    return Pep(certified())


def said_of(path: str, answer: Any) -> bool:
    """Whether an answer has the shape of its API."""
    if "search" in path:
        page = answer["page"]
        return isinstance(page["next_token"], str) and page["count"] == len(answer["results"])
    rows = answer.get("evaluations", [answer])
    return all(isinstance(row["decision"], bool) for row in rows)


@pytest.mark.parametrize("path", [path.removeprefix("/access/v1/") for path in ENDPOINTS.values()])
@often
@given(body=BODIES)
def test_any_body_is_answered(busy: Pep, path: str, body: Any) -> None:
    try:
        raw = msgspec.json.encode(body)
    except (OverflowError, TypeError):
        raw = str(body).encode("utf-8", "surrogatepass")
    result = busy.post(path, raw=raw)
    assert result.status_code in (200, 400)
    if result.status_code == 200:
        assert said_of(path, result.json)
    else:
        assert result.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", [path.removeprefix("/access/v1/") for path in ENDPOINTS.values()])
@often
@given(raw=some.binary(max_size=40) | some.text(max_size=40).map(lambda text: text.encode()))
def test_any_bytes_are_answered(busy: Pep, path: str, raw: bytes) -> None:
    assert busy.post(path, raw=raw).status_code == 400


# -- the access request and approval profile -------------------------------------------------------

SUBMITTED = some.fixed_dictionaries(
    {"subject": ENTITIES},
    optional={
        "resource": ENTITIES,
        "action": ACTIONS,
        "items": some.lists(
            some.fixed_dictionaries({"resource": ENTITIES, "action": ACTIONS}), max_size=3
        )
        | VALUES,
        "context": some.dictionaries(some.sampled_from(NAMES), VALUES),
        "denial": some.fixed_dictionaries(
            {"binding_token": some.sampled_from((*WORDS, "")) | LEAVES}
        ),
        "requested_access": some.dictionaries(some.sampled_from(NAMES), VALUES),
        "client": VALUES,
        "callback": VALUES,
    },
)


@pytest.fixture(scope="module")
def requesting() -> Requester:
    """One service with the profile for all examples."""
    return Requester(governed())


@often
@given(body=SUBMITTED | VALUES)
def test_any_submission_without_a_denial_is_refused(requesting: Requester, body: Any) -> None:
    try:
        raw = msgspec.json.encode(body)
    except (OverflowError, TypeError):
        raw = str(body).encode("utf-8", "surrogatepass")
    result = requesting.post("requests", raw=raw)
    assert result.status_code == 400
    if result.headers["Content-Type"] == "application/problem+json":
        assert problem(result)[1] in ("invalid_denial_binding", "not_requestable")


@often
@given(context=some.dictionaries(some.sampled_from((*NAMES, "approval")), VALUES), entity=ENTITIES)
def test_any_approval_that_is_brought_along_is_answered(
    requesting: Requester, context: dict[str, Any], entity: Any
) -> None:
    body = {"subject": ALICE, "action": READ, "resource": entity, "context": context}
    try:
        raw = msgspec.json.encode(body)
    except (OverflowError, TypeError):
        raw = str(body).encode("utf-8", "surrogatepass")
    result = requesting.post("evaluation", raw=raw)
    assert result.status_code in (200, 400)
    assert result.status_code == 400 or result.json["decision"] is False
