"""Tokens that are known by the index: as long as nothing that they rest on has changed."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from office import SYSTEM, office

from placet import User
from placet.model import Actor, Credential
from placet.services.authentication import Authentication, Caller
from placet.services.credentials import Issued
from placet.storage.memory import MemoryStore
from placet.storage.port import Doc, Key, Store
from placet.testing import PlacetUnderTest

SAM = Caller("default", Actor("user:sam"))


class Reads:
    """Counts what is got from a store; `before` is called each time."""

    def __init__(self, store: Store) -> None:
        self.count = 0
        self.moves = False
        self.authority: int | None = 7
        self._get = store.get

    def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
        self.count += 1
        if self.moves:
            assert self.authority is not None
            self.authority += 1
        return self._get(account, keys)


@pytest.fixture
def placet() -> PlacetUnderTest:
    return office(directory="closed")


@pytest.fixture
def reads(placet: PlacetUnderTest, monkeypatch: pytest.MonkeyPatch) -> Reads:
    reads = Reads(placet.store)
    assert isinstance(placet.store, MemoryStore)
    monkeypatch.setattr(placet.store, "get", reads.get)
    return reads


@pytest.fixture
def verify(placet: PlacetUnderTest, reads: Reads) -> Authentication:
    return Authentication(
        placet.store,
        clock=placet.clock,
        passwords=None,
        closed=True,
        authority=lambda account: reads.authority,
    )


@pytest.fixture
def issued(placet: PlacetUnderTest) -> Issued:
    ends = placet.clock.now() + timedelta(hours=1)
    return placet.credentials.issue("user:sam", id="k1", expires_at=ends, actor=SYSTEM)


def asked(reads: Reads, verify: Authentication, token: str, *, by_index: bool = True) -> int:
    """How often the store was asked about a token that is right."""
    before = reads.count
    assert verify.token(token, by_index=by_index) == SAM
    return reads.count - before


def test_a_token_that_was_right_is_known_without_the_store(
    reads: Reads, verify: Authentication, issued: Issued
) -> None:
    assert asked(reads, verify, issued.token) > 0
    assert asked(reads, verify, issued.token) == 0


def test_who_does_not_go_by_the_index_asks_the_store_each_time(
    reads: Reads, verify: Authentication, issued: Issued
) -> None:
    asked(reads, verify, issued.token)
    assert asked(reads, verify, issued.token, by_index=False) > 0


def test_the_store_is_asked_again_once_a_credential_or_right_has_changed(
    placet: PlacetUnderTest, reads: Reads, verify: Authentication, issued: Issued
) -> None:
    asked(reads, verify, issued.token)
    placet.credentials.delete("k1", actor=SYSTEM)
    reads.authority = 8
    assert verify.token(issued.token, by_index=True) is None
    reads.authority = 7  # not even if it came back
    assert verify.token(issued.token, by_index=True) is None


def test_a_change_while_the_store_is_asked_is_a_change_afterwards(
    reads: Reads, verify: Authentication, issued: Issued
) -> None:
    reads.moves = True
    asked(reads, verify, issued.token)
    reads.moves = False
    assert asked(reads, verify, issued.token) > 0


@pytest.mark.parametrize("before", [None, 7])
def test_where_no_index_follows_the_store_is_asked_each_time(
    reads: Reads, verify: Authentication, issued: Issued, before: int | None
) -> None:
    reads.authority = before
    asked(reads, verify, issued.token)
    reads.authority = None
    assert asked(reads, verify, issued.token) > 0
    assert asked(reads, verify, issued.token) > 0


def test_a_token_ends_when_it_ends_with_nothing_else_changed(
    placet: PlacetUnderTest, verify: Authentication, issued: Issued
) -> None:
    assert verify.token(issued.token, by_index=True) == SAM
    placet.clock.advance("1h")
    assert verify.token(issued.token, by_index=True) is None


@pytest.mark.parametrize(
    "wrong", ["", ".", "x", "pat.default.k1", "pat.default.k1.", "sat.default.k1.x", "\ud800.a.b.c"]
)
def test_what_is_no_token_is_nobodys(verify: Authentication, wrong: str) -> None:
    assert verify.token(wrong, by_index=True) is None


def test_another_secret_is_nobodys_also_while_the_right_one_is_known(
    verify: Authentication, issued: Issued
) -> None:
    assert verify.token(issued.token, by_index=True) == SAM
    for wrong in (issued.token[:-1], issued.token + "x", issued.token.replace("pat.", "sat.")):
        assert verify.token(wrong, by_index=True) is None


def test_no_token_is_kept_itself(verify: Authentication, issued: Issued) -> None:
    assert verify.token(issued.token, by_index=True) == SAM
    secret = issued.token.rpartition(".")[2]
    assert secret not in repr(vars(verify))


def test_the_memory_of_tokens_has_an_end(
    placet: PlacetUnderTest, verify: Authentication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("placet.services.authentication._REMEMBERED", 3)
    for _ in range(10):
        token = placet.credentials.issue("user:sam", actor=SYSTEM).token
        assert verify.token(token, by_index=True) == SAM
        assert len(verify._right) <= 3


@pytest.mark.parametrize("how", ["credential", "user", "gone"])
def test_each_change_that_ends_a_token_is_one_that_the_index_tells_of(
    placet: PlacetUnderTest, issued: Issued, how: str
) -> None:
    index = placet.users.view.tenant.index
    before = index.current().authority
    if how == "credential":
        disabled = Credential(
            id="k1", principal="user:sam", kind="token", secret_hash="", disabled=True
        )
        placet.credentials.update(disabled, actor=SYSTEM)
    elif how == "user":
        placet.users.update(User(id="sam", disabled=True), actor=SYSTEM)
    else:
        placet.users.delete("sam", cascade=True, actor=SYSTEM)
    assert index.current().authority != before
