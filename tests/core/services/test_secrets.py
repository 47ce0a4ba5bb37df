"""A secret is compared with what is stored, and never looked up by."""

from collections.abc import Sequence

import pytest
from office import SYSTEM

from placet.services.authentication import Authentication, Caller
from placet.services.credentials import hash_secret
from placet.storage.memory import MemoryStore
from placet.storage.port import Doc, Key
from placet.testing import PlacetUnderTest


@pytest.fixture
def asked() -> list[Key]:
    """The keys that were read."""
    return []


@pytest.fixture
def authentication(placet: PlacetUnderTest, asked: list[Key]) -> Authentication:
    store = placet.store
    assert isinstance(store, MemoryStore)

    class Reads(MemoryStore):
        def get(self, account: str, keys: Sequence[Key]) -> tuple[Doc | None, ...]:
            asked.extend(keys)
            return super().get(account, keys)

    store.__class__ = Reads
    return Authentication(store, clock=placet.clock, passwords=None, closed=False)


def test_what_is_read_depends_on_no_part_of_a_secret(
    placet: PlacetUnderTest, authentication: Authentication, asked: list[Key]
) -> None:
    """Failure mode 45: how long a look-up takes tells nothing of how near a guess was."""
    token = placet.credentials.issue("user:sam", actor=SYSTEM).token
    words, _, secret = token.rpartition(".")
    asked.clear()
    assert authentication.token(token) is not None
    read = [key for key in asked if key.kind == "credential"]
    for guess in (secret[:-1], secret[:-1] + "?", "x" * len(secret), "x"):
        asked.clear()
        assert authentication.token(f"{words}.{guess}") is None
        assert asked == read
    assert len(read) == 1
    assert secret not in str(read)
    assert hash_secret(secret) not in str(read)


def test_a_token_is_good_in_its_own_account_only(
    placet: PlacetUnderTest, authentication: Authentication
) -> None:
    """Failure mode 42: the account is a part of the token, and of every token."""
    token = placet.credentials.issue("user:sam", id="one", actor=SYSTEM).token
    kind, account, id, secret = token.split(".")
    other = placet.tenant("other")
    other.credentials.issue("user:sam", id="one", actor=SYSTEM)
    found = authentication.token(token)
    assert isinstance(found, Caller)
    assert found.account == account
    for wrong in ("other", "", "*", account.upper()):
        assert authentication.token(f"{kind}.{wrong}.{id}.{secret}") is None
    assert authentication.token(f"{kind}.{id}.{secret}") is None


def test_without_a_hasher_no_password_is_right(placet: PlacetUnderTest) -> None:
    """Failure mode 42: what is not set up refuses, and is not passed over."""
    bare = Authentication(placet.store, clock=placet.clock, passwords=None, closed=False)
    assert bare.password("default", "sam", "") is None
