"""Asking, listing, reviewing and explaining on a store."""

from collections.abc import Callable

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_a_request_waits(on_store: Run, pending: str) -> None:
    page = msgspec.json.decode(on_store("approvals", "list", "--json").stdout)
    assert [(one["id"], one["status"]) for one in page["items"]] == [(pending, "pending")]


def test_arguments_bind_the_request_with_their_types(on_store: Run, pending: str) -> None:
    page = msgspec.json.decode(on_store("approvals", "list", "--json").stdout)
    assert page["items"][0]["arguments"] == {"amount": 900}


def test_the_same_request_again_is_the_same_approval(on_store: Run, pending: str) -> None:
    again = on_store(
        *("approvals", "request", "invoice.pay", "invoice:7", "--as", "user:sam"),
        *("--arg", "amount=900"),
    )
    assert pending in again.stdout


def test_the_list_says_status_who_what_and_age(on_store: Run, pending: str) -> None:
    heading, row = on_store("approvals", "list").stdout.splitlines()
    assert heading.split() == ["STATUS", "WHO", "WHAT", "AGE", "ID"]
    assert row.startswith("pending  user:sam  invoice.pay on invoice:7  ")


def test_an_empty_list_says_so(on_store: Run) -> None:
    assert on_store("approvals", "list").stdout == "no approvals\n"


@pytest.mark.parametrize(("status", "count"), [("pending", 1), ("approved", 0)])
def test_the_list_can_be_narrowed_to_a_status(
    on_store: Run, pending: str, status: str, count: int
) -> None:
    page = on_store("approvals", "list", "--status", status, "--json").stdout
    assert len(msgspec.json.decode(page)["items"]) == count


def test_a_list_that_goes_on_says_how(on_store: Run, pending: str) -> None:
    on_store("approvals", "request", "invoice.pay", "invoice:8", "--as", "user:sam")
    first = on_store("approvals", "list", "--limit", "1")
    cursor = first.stderr.split()[-1]
    assert pending in on_store("approvals", "list", "--after", cursor).stdout


def test_nobody_approves_their_own_request(on_store: Run, pending: str) -> None:
    ended = on_store("approvals", "review", pending, "approve", "--as", "user:sam")
    assert (ended.exit_code, "somebody else has to" in ended.stderr) == (1, True)


@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_a_review_decides(on_store: Run, pending: str, verdict: str, status: str) -> None:
    ended = on_store("approvals", "review", pending, verdict, "--as", "user:dana")
    assert (ended.exit_code, ended.stdout.split(":")[0]) == (0, status)


def test_a_review_needs_a_person(on_store: Run, pending: str) -> None:
    ended = on_store("approvals", "review", pending, "approve")
    assert (ended.exit_code, "--as user:..." in ended.stderr) == (2, True)


def test_a_decided_approval_takes_no_other_verdict(on_store: Run, pending: str) -> None:
    on_store("approvals", "review", pending, "approve", "--as", "user:dana")
    ended = on_store("approvals", "review", pending, "reject", "--as", "user:dana")
    assert (ended.exit_code, "was approved" in ended.stderr) == (1, True)


def test_explain_says_who_can_say_yes_and_about_what(on_store: Run, pending: str) -> None:
    said = on_store("approvals", "explain", pending).stdout
    assert [line.strip() for line in said.splitlines()[1:4]] == [
        '"due today"',
        "amount = 900",
        "pending  has 0 of 1 from group:finance",
    ]


def test_explain_says_who_has_said_yes(on_store: Run, pending: str) -> None:
    on_store("approvals", "review", pending, "approve", "--as", "user:dana")
    assert "(user:dana)" in on_store("approvals", "explain", pending).stdout


def test_what_is_not_there_is_gone(on_store: Run) -> None:
    assert on_store("approvals", "explain", "none").exit_code == 3


def test_what_needs_no_approval_is_not_asked_for(on_store: Run) -> None:
    ended = on_store("approvals", "request", "invoice.read", "invoice:7", "--as", "user:sam")
    assert (ended.exit_code, "nothing to ask for" in ended.stderr) == (1, True)
