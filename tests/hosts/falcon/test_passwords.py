"""argon2id, and the short memory of what was just right."""

import pytest

from placet_falcon.passwords import REMEMBERED_SECONDS, Argon2Passwords


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_password_is_kept_as_argon2id() -> None:
    assert Argon2Passwords().hash("open sesame").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_right_password_is_right_and_another_is_not() -> None:
    passwords = Argon2Passwords()
    hashed = passwords.hash("open sesame")
    assert passwords.verify(hashed, "open sesame")
    assert not passwords.verify(hashed, "open barley")


@pytest.mark.parametrize("text", ["", "no hash", "a" * 64, "$argon2id$v=19$broken"])
def test_a_hash_that_is_none_matches_nothing(text: str) -> None:
    assert not Argon2Passwords().verify(text, "open sesame")


def test_what_was_right_is_remembered_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = Seconds()
    passwords = Argon2Passwords(seconds)
    hashed = passwords.hash("open sesame")
    assert passwords.verify(hashed, "open sesame")
    monkeypatch.setattr(passwords, "_hasher", None)
    assert passwords.verify(hashed, "open sesame")
    seconds.now = REMEMBERED_SECONDS
    with pytest.raises(AttributeError):
        passwords.verify(hashed, "open sesame")
