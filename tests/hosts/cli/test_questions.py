"""`check` and `explain` on a store."""

from collections.abc import Callable

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("question", "code", "word"),
    [
        (("user:sam", "invoice.read", "invoice:7"), 0, "allowed"),
        (("user:sam", "invoice.pay", "invoice:7"), 1, "approval required"),
        (("user:dana", "invoice.pay", "invoice:7"), 1, "denied"),
    ],
)
def test_check_answers_in_its_exit_code_and_in_words(
    on_store: Run, question: tuple[str, ...], code: int, word: str
) -> None:
    ended = on_store("check", *question)
    assert (ended.exit_code, ended.stdout.splitlines()[0]) == (code, word)


def test_check_gives_the_reason(on_store: Run) -> None:
    assert "payments" in on_store("check", "user:sam", "invoice.pay", "invoice:7").stdout


def test_a_misspelt_permission_is_denied_with_the_nearest_one(on_store: Run) -> None:
    ended = on_store("check", "user:sam", "invoice.paay", "invoice:7")
    assert (ended.exit_code, "did you mean 'invoice.pay'?" in ended.stdout) == (1, True)


def test_explain_names_what_decides(on_store: Run) -> None:
    ended = on_store("explain", "user:sam", "invoice.read", "invoice:7")
    assert ended.stdout.startswith("allowed: user:sam invoice.read on invoice:7\n  user:sam has")


def test_explain_knows_a_misspelt_permission_too(on_store: Run) -> None:
    assert "did you mean" in on_store("explain", "user:sam", "invoice.paay").stdout


def test_what_is_no_principal_is_a_wrong_command_line(on_store: Run) -> None:
    ended = on_store("check", "sam", "invoice.read")
    assert (ended.exit_code, "'sam' is not a principal" in ended.stderr) == (2, True)


def test_properties_of_the_request_are_read_as_json_or_text(on_store: Run) -> None:
    asked = ("check", "user:sam", "invoice.read", "invoice:7")
    ended = on_store(*asked, "--property", "amount=900", "--property", "currency=EUR", "--json")
    assert msgspec.json.decode(ended.stdout)["outcome"] == "allowed"


def test_a_property_without_a_value_is_a_wrong_command_line(on_store: Run) -> None:
    ended = on_store("check", "user:sam", "invoice.read", "--property", "amount")
    assert (ended.exit_code, "write KEY=VALUE" in ended.stderr) == (2, True)


def test_asking_about_others_needs_the_right_to(on_store: Run) -> None:
    ended = on_store("check", "user:dana", "invoice.read", "--as", "user:sam")
    assert (ended.exit_code, "core_access_view" in ended.stderr) == (1, True)
