"""What a caller can send by mistake or on purpose: a clear refusal, and nothing stored."""

from typing import Any, NamedTuple

import pytest
from authzen_client import ALICE, RECORD_1, Pep

from placet import Corrupt, Unavailable
from placet.testing import PlacetUnderTest

ASKED = {"subject": ALICE, "action": {"name": "read"}, "resource": RECORD_1}
DEEP = b'{"context": ' + b'{"a":' * 100 + b"1" + b"}" * 101
VERY_DEEP = b"[" * 100_000 + b"]" * 100_000


def body(context: bytes) -> bytes:
    """A right request but for a member of its context."""
    return (
        b'{"subject": {"type": "user", "id": "alice"}, "action": {"name": "read"},'
        b'"resource": {"type": "record", "id": "record-1"}, "context": {' + context + b"}}"
    )


class Bad(NamedTuple):
    """A request, the status of its refusal, and a word that the message has to hold."""

    path: str
    status: int
    says: str
    json: Any = None
    raw: bytes | None = None
    content_type: str = "application/json"
    method: str = "POST"
    by: str | None = "service_account:pep"
    prefix: str = ""


CASES = (
    Bad("evaluation", 400, "subject", {**ASKED, "subject": None}),
    Bad("evaluation", 400, "subject", {**ASKED, "subject": [ALICE]}),
    Bad("evaluation", 400, "subject.id", {**ASKED, "subject": {"type": "user", "id": 7}}),
    Bad("evaluation", 400, "subject.properties", {**ASKED, "subject": {**ALICE, "properties": 7}}),
    Bad("evaluation", 400, "action.properties",
        {**ASKED, "action": {"name": "read", "properties": None}}),
    Bad("evaluation", 400, "context", {**ASKED, "context": "now"}),
    Bad("evaluation", 400, "not an object", [ASKED]),
    Bad("evaluation", 400, "not an object", raw=b"7"),
    Bad("evaluation", 400, "not JSON", raw=b"{'subject': 1}"),
    Bad("evaluation", 400, "not JSON", raw=b"{} {}"),
    Bad("evaluation", 400, "UTF-8", raw=body(b'"a": "\xff"')),
    Bad("evaluation", 400, "not JSON", raw=b"\xef\xbb\xbf{}"),
    Bad("evaluation", 400, "two members 'a'", raw=body(b'"a": 1, "a": 1')),
    Bad("evaluation", 400, "two members 'a'", raw=body(
        b",".join(b'"%d": 1' % n for n in range(60_000)) + b', "a": 1, "a": 1')),
    Bad("evaluation", 400, "two members 'subject'", raw=b'{"subject": 1, "subject": 2}'),
    Bad("evaluation", 400, "surrogate", raw=body(rb'"a": "\ud800"')),
    Bad("evaluation", 400, "surrogate", raw=body(rb'"\udc00": 1')),
    Bad("evaluation", 400, "double", raw=body(b'"a": 1e400')),
    Bad("evaluation", 400, "double", raw=body(b'"a": 9007199254740993')),
    Bad("evaluation", 400, "double", raw=body(b'"a": -' + b"9" * 5000)),
    Bad("evaluation", 400, "no number", raw=body(b'"a": NaN')),
    Bad("evaluation", 400, "no number", raw=body(b'"a": -Infinity')),
    Bad("evaluation", 400, "nested deeper", raw=DEEP),
    Bad("evaluation", 400, "nested deeper", raw=VERY_DEEP),
    Bad("evaluation", 400, "empty", raw=b"  \n"),
    Bad("evaluation", 400, "application/json", ASKED, content_type="application/json-seq"),
    Bad("evaluation", 400, "no stated type", ASKED, content_type=""),
    Bad("evaluation", 413, "too large", raw=b" " * 1_100_000),
    Bad("evaluation", 401, "nobody is known", ASKED, by=None),
    Bad("evaluation", 403, "account", ASKED, prefix="/t/other"),
    Bad("evaluation", 401, "nobody is known", ASKED, by=None, prefix="/t/other"),
    Bad("evaluation", 403, "account", ASKED, prefix="/t/a%00b"),
    Bad("evaluation", 405, "POST", method="GET"),
    Bad("evaluation", 405, "POST", ASKED, method="PUT"),
    Bad("evaluation/7", 404, "nothing at this address", ASKED),
    Bad("evaluations", 400, "evaluations", {**ASKED, "evaluations": 7}),
    Bad("evaluations", 400, "evaluations", {**ASKED, "evaluations": None}),
    Bad("evaluations", 400, "subject", {"subject": "alice", "evaluations": [ASKED]}),
    Bad("evaluations", 400, "options", {**ASKED, "options": 7}),
    Bad("evaluations", 400, "evaluations_semantic",
        {"evaluations": [ASKED], "options": {"evaluations_semantic": "some"}}),
    Bad("evaluations", 400, "10000 is the most", {"evaluations": [{}] * 10_001}),
    Bad("evaluations", 400, "`action`", {"evaluations": [], "subject": ALICE}),
    Bad("search/subject", 400, "action", {"subject": {"type": "user"}, "resource": RECORD_1}),
    Bad("search/subject", 400, "page", {**ASKED, "page": 7}),
    Bad("search/subject", 400, "page.limit", {**ASKED, "page": {"limit": -1}}),
    Bad("search/subject", 400, "page.limit", {**ASKED, "page": {"limit": "1"}}),
    Bad("search/subject", 400, "page.token", {**ASKED, "page": {"token": "x"}}),
    Bad("search/subject", 400, "page.token", {**ASKED, "page": {"token": "x" * 10_000}}),
    Bad("search/subject", 400, "token", {**ASKED, "page": {"token": 7}}),
    Bad("search/resource", 400, "page.token", {**ASKED, "page": {"token": "é"}}),
    Bad("search/action", 400, "page.token", {**ASKED, "page": {"token": "AAAA"}}),
    Bad("search/action", 400, "resource", {"subject": ALICE}),
    Bad("search/action", 403, "core_access_view", {**ASKED, "subject": {"type": "x", "id": "y"}},
        by="user:alice"),
    Bad("search/else", 404, "nothing at this address", ASKED),
)  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: f"{bad.path} {bad.status} {bad.says}"[:60])
def test_what_is_wrong_is_refused_and_nothing_is_stored(
    pep: Pep, placet: PlacetUnderTest, bad: Bad
) -> None:
    pep.post("evaluation", ASKED, by=bad.by or "service_account:pep")  # who asks has a token by now
    before = placet.store.head("default")
    result = pep.post(
        bad.path,
        bad.json,
        raw=bad.raw,
        by=bad.by,
        prefix=bad.prefix,
        method=bad.method,
        headers={"Content-Type": bad.content_type, "X-Request-ID": "a 1"},
    )
    assert (result.status_code, bad.says in result.text) == (bad.status, True), result.text
    assert result.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert result.headers["X-Request-ID"] == "a 1"
    assert len(result.text) < 2100
    assert placet.store.head("default") == before


def test_no_question_is_ever_stored(pep: Pep, placet: PlacetUnderTest) -> None:
    pep.post("evaluation", ASKED)
    before = placet.store.head("default")
    for path in ("evaluation", "evaluations", "search/subject", "search/resource", "search/action"):
        assert pep.post(path, ASKED).status_code == 200
    assert placet.store.head("default") == before


def test_numbers_that_a_double_holds_are_taken(pep: Pep) -> None:
    fine = body(b'"a": 9007199254740991, "b": -0.1, "c": 1e300, "d": [], "e": "\xf0\x9f\x8d\x8b"')
    assert pep.post("evaluation", raw=fine).json == {"decision": True}


def test_a_content_type_may_have_parameters(pep: Pep) -> None:
    said = {"Content-Type": "application/json; charset=utf-8"}
    assert pep.post("evaluation", ASKED, headers=said).json == {"decision": True}


@pytest.mark.parametrize("error", [Unavailable("the disk is full"), Corrupt("what is this")])
def test_a_store_that_fails_is_a_fault_of_the_service(
    pep: Pep, placet: PlacetUnderTest, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    pep.post("evaluation", ASKED)

    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(placet.store, "head", fail)
    monkeypatch.setattr(placet.store, "get", fail)
    result = pep.post("evaluation", ASKED)
    assert result.status_code in (500, 503)
    assert "disk" not in result.text
    assert "what is this" not in result.text
