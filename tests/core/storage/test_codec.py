"""Every noun has one stored form, which every store takes and which reads back the same."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from approval_worlds import asked

from placet.errors import Corrupt
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Authority,
    Claim,
    Credential,
    DeadLetter,
    Delegation,
    DeliveryCursor,
    Gate,
    Grant,
    Group,
    IdempotencyKey,
    Lease,
    Membership,
    Noun,
    Permission,
    PolicyVersion,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    Session,
    Subscription,
    User,
    parse_reviews,
)
from placet.storage.codec import FORMAT, canonical, data_of, decode, encode_change, encode_noun
from placet.storage.kinds import KINDS, check_changes
from placet.storage.nouns import AUTHORITY_KINDS, key_of, kind_of, noun_type
from placet.storage.port import Doc, Put

NOW = datetime(2026, 1, 1, 9, 0, 0, 123_000, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

GRANT = Grant(
    id="g",
    kind="pass",
    approval="a",
    principal="user:sam",
    permission="a.b",
    resource="a:1",
    digest="d",
    created_at=NOW,
    starts_at=NOW,
)
POLICY = ApprovalPolicy(id="p", applies_to=("a.b",), requirement=parse_reviews("1 from group:qa"))
NOUNS: tuple[Noun, ...] = (
    Authority(updated_at=NOW),
    User(id="sam", attributes={"team": ["a", 1, None, {"b": 2.5}]}, created_at=NOW),
    Group(id="ops", scope="retail"),
    Membership(group="group:ops@/", member="user:sam"),
    ServiceAccount(id="ci", scope="retail/shop"),
    Permission.dotted("invoice.pay"),
    Role(id="clerk", permissions=("invoice.*",), tags={"a": "b"}),
    Resource(type="invoice", id="7", scope="retail"),
    Resource(type="invoice", id="8"),
    ResourceGroup(id="rg", all=True),
    Assignment(id="a", principal="user:sam", role="clerk@/", expires_at=LATER),
    Assignment(id="b", principal="user:sam", role="clerk@/", resource_group="rg@/", approval="x"),
    POLICY,
    PolicyVersion(policy=POLICY, published_at=NOW, published_by="user:root", approval="a"),
    Gate(id="g", policy="p@/"),
    Delegation(id="d", delegator="user:a", delegate="user:b", starts_at=NOW, ends_at=LATER),
    asked("1 from group:qa", decide_within=60),
    GRANT,
    Credential(id="k", principal="user:sam", kind="token", secret_hash="h"),
    Session(id="s", principal="user:sam", created_at=NOW, expires_at=LATER),
    Claim(purpose="ask", key="k", holder="h"),
    IdempotencyKey(principal="user:sam", key="k", fingerprint="f", answer={}, expires_at=LATER),
    Subscription(id="s", target="https://example.com"),
    DeliveryCursor(listener="l", seq=3),
    DeadLetter(listener="l", seq=3, at=NOW),
    Lease(name="sweeper", holder="h", expires_at=LATER),
)  # fmt: skip


def test_every_declared_kind_is_stored_by_one_noun() -> None:
    assert {kind_of(type(noun)) for noun in NOUNS} == set(KINDS)
    assert all(kind_of(noun_type(kind)) == kind for kind in KINDS)
    assert set(KINDS) > AUTHORITY_KINDS


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_a_noun_is_valid_and_reads_back_the_same(noun: Noun) -> None:
    noun.validate()
    body, index = encode_noun(noun)
    check_changes([Put(key_of(noun), body, index)])
    assert decode(type(noun), Doc(key_of(noun), 0, body, index)) == noun


def test_a_body_carries_its_format() -> None:
    body, _ = encode_noun(User(id="sam"))
    assert msgspec.json.decode(body) == {"format": FORMAT, "data": {"id": "sam"}}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"format":1}', b'{"format":99,"data":{"id":"sam"}}', b"\xff"]
)
def test_a_body_that_is_not_ours_is_corrupt(body: bytes) -> None:
    with pytest.raises(Corrupt, match="user 'sam'"):
        decode(User, Doc(key_of(User(id="sam")), 1, body, {}))


def test_a_field_of_a_later_release_is_ignored() -> None:
    body = b'{"format":1,"data":{"id":"sam","from_the_future":1}}'
    assert decode(User, Doc(key_of(User(id="sam")), 0, body, {})) == User(id="sam")


def test_the_log_never_shows_a_secret() -> None:
    credential = Credential(id="k", principal="user:sam", kind="token", secret_hash="5ecret")
    assert b"5ecret" not in data_of(credential)
    assert b"5ecret" in encode_noun(credential)[0]


def test_what_stands_in_an_index_without_a_moment_is_later_than_any() -> None:
    far = Claim(purpose="ask", key="k", holder="h", expires_at=datetime(9999, 12, 31, tzinfo=UTC))
    open_ended = Claim(purpose="ask", key="k", holder="h")
    last, later = (int(str(encode_noun(one)[1]["expires"])) for one in (far, open_ended))
    assert later > last


def test_what_is_of_no_bundle_stands_in_no_index_of_bundles() -> None:
    assert encode_noun(User(id="sam"))[1] == {}
    assert encode_noun(User(id="sam", bundle="app"))[1] == {"bundle": "app"}


def test_a_deadline_stands_in_the_index_only_while_it_counts() -> None:
    pending = asked("2 from group:ops")
    ended = msgspec.structs.replace(pending, status="cancelled")
    assert "decide_by" in encode_noun(pending)[1]
    assert "decide_by" not in encode_noun(ended)[1]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: type(noun).__name__)
def test_body_and_log_share_one_encoding(noun: Noun) -> None:
    body, index, shown = encode_change(noun)

    assert body == b'{"format":%d,"data":%b}' % (FORMAT, canonical(noun))
    assert (body, index) == encode_noun(noun)
    assert shown == data_of(noun)
