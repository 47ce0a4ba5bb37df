"""`keys create` on a store."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_the_token_is_all_there_is_on_standard_output(on_store: Run) -> None:
    ended = on_store("keys", "create", "--for", "user:sam")
    assert re.fullmatch(r"pat\.acme\.[0-9a-f]{16}\.[\w-]{43}\n", ended.stdout)


def test_a_person_is_told_that_the_token_is_shown_once(on_store: Run) -> None:
    assert "shown this once" in on_store("keys", "create", "--for", "user:sam").stderr


def test_a_key_may_have_an_id_of_its_own(on_store: Run) -> None:
    ended = on_store("keys", "create", "--for", "user:sam", "--id", "laptop")
    assert ended.stdout.startswith("pat.acme.laptop.")


def test_an_id_is_given_once(on_store: Run) -> None:
    on_store("keys", "create", "--for", "user:sam", "--id", "laptop")
    ended = on_store("keys", "create", "--for", "user:sam", "--id", "laptop")
    assert (ended.exit_code, "already" in ended.stderr) == (1, True)


def test_a_key_may_expire(on_store: Run) -> None:
    before = datetime.now(UTC)
    ended = on_store("keys", "create", "--for", "user:sam", "--expires-in", "30d", "--json")
    said = msgspec.json.decode(ended.stdout)["credential"]["expires_at"]
    expires_at = datetime.fromisoformat(said)
    assert expires_at >= before + timedelta(days=30) - timedelta(milliseconds=1)


def test_what_is_answered_holds_no_hash(on_store: Run) -> None:
    ended = on_store("keys", "create", "--for", "user:sam", "--json")
    assert "secret_hash" not in msgspec.json.decode(ended.stdout)["credential"]


@pytest.mark.parametrize("length", ["3x", "0d", "d", "999999999d"])
def test_a_length_of_time_that_is_none_is_a_wrong_command_line(on_store: Run, length: str) -> None:
    assert on_store("keys", "create", "--for", "user:sam", "--expires-in", length).exit_code == 2


def test_a_key_for_nobody_is_refused(on_store: Run) -> None:
    ended = on_store("keys", "create", "--for", "user:sem")
    assert (ended.exit_code, "did you mean 'user:sam'?" in ended.stderr) == (2, True)


def test_an_application_that_knows_its_users_itself_may_have_keys_for_them(on_store: Run) -> None:
    ended = on_store("keys", "create", "--for", "user:sem", "--directory", "open")
    assert ended.exit_code == 0
