"""Credentials: secrets come from the environment, and only their hashes are kept."""

import hashlib

import pytest

from placet import SYSTEM, Invalid, Placet
from placet.bundle import Bundle, Plan, loads
from placet.model import Credential

PERSON = '[[credentials]]\nfor = "user:sam"\nkind = "token"\nsecret_env = "PLACET_TEST_TOKEN"'
ROBOT = (
    '[[service_accounts]]\nid = "ci"\n'
    '[[credentials]]\nfor = "service_account:ci"\nkind = "api_key"\n'
    'secret_env = "PLACET_TEST_TOKEN"'
)
PASSWORD = '[[credentials]]\nfor = "user:sam"\nkind = "basic"\nsecret_env = "PLACET_TEST_PASSWORD"'


class Reversing:
    """A hasher whose hashes differ each time, as those of argon2id do."""

    def __init__(self) -> None:
        self.hashed = 0

    def hash(self, password: str) -> str:
        self.hashed += 1
        return f"{self.hashed}:{password[::-1]}"

    def verify(self, hash: str, password: str) -> bool:
        return hash.partition(":")[2] == password[::-1]


def stored(placet: Placet, *key: str) -> Credential:
    found = placet.roles.view.tenant.work(SYSTEM).get(Credential, *key)
    assert found is not None
    return found


def bundle(text: str) -> Bundle:
    return loads(text, "toml")


def test_a_token_is_kept_as_its_hash(acme: Placet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_TEST_TOKEN", "pat.acme.k1.s3cret")
    acme.apply(bundle(PERSON), actor=SYSTEM)

    credential = stored(acme, "token", "k1")
    assert credential.principal == "user:sam"
    assert credential.secret_hash == hashlib.sha256(b"s3cret").hexdigest()


def test_a_service_account_is_named_exactly(acme: Placet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_TEST_TOKEN", "sat.acme.k1.s3cret")
    acme.apply(bundle(ROBOT), actor=SYSTEM)

    assert stored(acme, "token", "k1").principal == "service_account:ci@/"


def test_the_same_token_again_changes_nothing(
    acme: Placet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACET_TEST_TOKEN", "pat.acme.k1.s3cret")
    acme.apply(bundle(PERSON), actor=SYSTEM)

    assert acme.apply(bundle(PERSON), actor=SYSTEM) == Plan("default")


def test_a_new_secret_is_an_update_that_shows_no_secret(
    acme: Placet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACET_TEST_TOKEN", "pat.acme.k1.s3cret")
    acme.apply(bundle(PERSON), actor=SYSTEM)
    monkeypatch.setenv("PLACET_TEST_TOKEN", "pat.acme.k1.other")
    plan = acme.apply(bundle(PERSON), actor=SYSTEM)

    assert [step.fields for step in plan.steps] == [("secret_hash",)]
    assert "other" not in str(plan)
    assert hashlib.sha256(b"other").hexdigest() not in str(plan.as_dict())


@pytest.mark.parametrize(
    ("text", "token", "path", "words"),
    [
        (PERSON, "pat.globex.k1.s3cret", "secret_env", "for account 'globex', not 'acme'"),
        (PERSON, "sat.acme.k1.s3cret", "secret_env", "has to begin with pat."),
        (ROBOT, "pat.acme.k1.s3cret", "secret_env", "has to begin with sat."),
        (PERSON, "s3cret", "secret_env", "a token reads pat.ACCOUNT.ID.SECRET"),
        (PERSON, "", "secret_env", "PLACET_TEST_TOKEN is not set"),
        (PERSON + '\nid = "k2"', "pat.acme.k1.s3cret", "id", "has id 'k1'"),
        (PERSON, "pat.acme.k 1.s3cret", "secret_env", "letters, digits"),
    ],
)
def test_a_token_that_does_not_fit_is_refused(
    acme: Placet,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    token: str,
    path: str,
    words: str,
) -> None:
    monkeypatch.setenv("PLACET_TEST_TOKEN", token)

    with pytest.raises(Invalid) as caught:
        acme.apply(bundle(text), actor=SYSTEM)

    (problem,) = caught.value.problems
    assert problem.path == f"credentials[0].{path}"
    assert words in problem.message
    assert "s3cret" not in str(caught.value)


def test_two_credentials_of_one_id_are_refused(
    acme: Placet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACET_TEST_TOKEN", "pat.acme.k1.s3cret")

    with pytest.raises(Invalid, match=r"credentials\[1\]: has the id of credentials\[0\]"):
        acme.apply(bundle(f"{PERSON}\n{PERSON}"), actor=SYSTEM)


def test_a_password_is_hashed_by_the_host_s_hasher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_TEST_PASSWORD", "hunter2")
    with Placet.open("memory://", passwords=Reversing()) as placet:
        placet.apply(bundle(PASSWORD), actor=SYSTEM)

        assert stored(placet, "basic", "sam").secret_hash == "1:2retnuh"


def test_a_password_that_is_known_is_not_hashed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_TEST_PASSWORD", "hunter2")
    passwords = Reversing()
    with Placet.open("memory://", passwords=passwords) as placet:
        placet.apply(bundle(PASSWORD), actor=SYSTEM)

        assert placet.apply(bundle(PASSWORD), actor=SYSTEM) == Plan("default")
    assert passwords.hashed == 1


def test_a_new_password_is_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_TEST_PASSWORD", "hunter2")
    with Placet.open("memory://", passwords=Reversing()) as placet:
        placet.apply(bundle(PASSWORD), actor=SYSTEM)
        monkeypatch.setenv("PLACET_TEST_PASSWORD", "hunter3")

        plan = placet.apply(bundle(PASSWORD), actor=SYSTEM)

    assert [step.fields for step in plan.steps] == [("secret_hash",)]


def test_without_a_hasher_a_password_is_refused(
    acme: Placet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACET_TEST_PASSWORD", "hunter2")

    with pytest.raises(Invalid, match=r"credentials\[0\].*install placet\[serve\]"):
        acme.apply(bundle(PASSWORD), actor=SYSTEM)


def test_a_hash_in_the_file_is_stored_as_it_is(acme: Placet) -> None:
    text = (
        f'[[credentials]]\nfor = "user:sam"\nkind = "token"\nid = "t"\nsecret_hash = "{"a" * 64}"'
    )
    acme.apply(bundle(text), actor=SYSTEM)

    assert stored(acme, "token", "t").secret_hash == "a" * 64
