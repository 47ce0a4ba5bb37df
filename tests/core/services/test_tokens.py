"""A consistency token says which revision of which account, and cannot be made up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet import Invalid, Placet
from placet.services.signing import Signer
from placet.services.tokens import Tokens

OLD, NEW = "o" * 32, "n" * 32
ACCOUNTS = st.text("abcXYZ019_-", min_size=1, max_size=40)
REVISIONS = st.integers(0, 2**63 - 1)


@given(account=ACCOUNTS, revision=REVISIONS)
def test_what_was_written_is_read(account: str, revision: int) -> None:
    token = Tokens([OLD]).write(account, revision)
    assert Tokens([OLD]).read(account, token) == revision
    assert re.fullmatch(r"[A-Za-z0-9._-]+", token)


def test_account_and_revision_stand_in_it_in_clear() -> None:
    assert Tokens([OLD]).write("acme", 412).startswith("acme.412.")


@given(account=ACCOUNTS, other=ACCOUNTS, revision=REVISIONS)
def test_a_token_of_another_account_is_refused(account: str, other: str, revision: int) -> None:
    tokens = Tokens([OLD])
    if account != other:
        with pytest.raises(Invalid, match=f"of account '{account}', and the question of '{other}'"):
            tokens.read(other, tokens.write(account, revision))


@given(account=ACCOUNTS, revision=REVISIONS, data=st.data())
def test_an_altered_token_is_refused(account: str, revision: int, data: st.DataObject) -> None:
    tokens = Tokens([OLD])
    token = tokens.write(account, revision)
    at = data.draw(st.integers(0, len(token) - 1))
    put = data.draw(st.text(max_size=2))
    altered = token[:at] + put + token[at + 1 :]
    if altered != token:
        with pytest.raises(Invalid, match="consistency token"):
            tokens.read(account, altered)


@given(text=st.text(st.characters(), max_size=60))
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="consistency token"):
        Tokens([OLD]).read("acme", text)


@pytest.mark.parametrize("value", [None, 7, b"acme.7.x", ["acme"], "\ud800.7.x", "...", ""])
def test_what_is_no_text_at_all_is_refused(value: object) -> None:
    with pytest.raises(Invalid, match="consistency token"):
        Tokens([OLD]).read("acme", value)  # type: ignore[arg-type]  # what is refused


def test_a_token_of_an_older_key_is_good_while_that_key_is_kept() -> None:
    token = Tokens([OLD]).write("acme", 7)
    assert Tokens([NEW, OLD]).read("acme", token) == 7
    with pytest.raises(Invalid, match="none of the secret keys"):
        Tokens([NEW]).read("acme", token)


def test_the_newest_key_is_the_one_that_signs() -> None:
    token = Tokens([NEW, OLD]).write("acme", 7)
    assert Tokens([NEW]).read("acme", token) == 7
    with pytest.raises(Invalid):
        Tokens([OLD]).read("acme", token)


def test_without_keys_only_who_gave_a_token_out_knows_it() -> None:
    tokens = Tokens()
    assert tokens.read("acme", tokens.write("acme", 7)) == 7
    with pytest.raises(Invalid, match="same secret_keys"):
        Tokens().read("acme", tokens.write("acme", 7))


def test_what_the_same_keys_signed_for_something_else_is_no_token() -> None:
    other = Signer([OLD], "page token", mac_bytes=12)
    with pytest.raises(Invalid):
        Tokens([OLD]).read("acme", f"acme.7.{other.mark(b'acme.7')}")


def test_what_was_sealed_is_opened_only_as_it_was_written() -> None:
    """The last letter of a text may hold bits that are in none of its bytes."""
    signer = Signer([OLD], "page token")
    sealed = signer.sealed(b"12")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    again = [sealed[:-1] + letter for letter in letters if letter != sealed[-1]]
    for text in (*again, f"{sealed}=", f"{sealed} "):
        with pytest.raises(Invalid, match="not one that was given out"):
            signer.opened(text, "text")


def test_a_key_that_is_too_short_is_refused_when_the_engine_is_opened() -> None:
    with pytest.raises(Invalid, match=r"secret_keys\[1\] is shorter than 32 characters"):
        Placet.open("memory://", secret_keys=[NEW, "short"])


def test_one_text_is_not_taken_for_a_list_of_keys() -> None:
    with pytest.raises(Invalid, match="write a list"):
        Placet.open("memory://", secret_keys=NEW)
