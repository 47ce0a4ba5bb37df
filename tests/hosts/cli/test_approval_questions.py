"""Inboxes, reviewers, simulations and figures by command: on a store and through a server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


def said(ended: Result) -> Any:
    """The JSON document that a command answered."""
    assert ended.exit_code == 0, ended.stderr
    return msgspec.json.decode(ended.stdout)


def test_an_inbox_is_of_who_is_named_or_acts(on_store: Run, pending: str) -> None:
    for options in (("user:dana",), ("--as", "user:dana")):
        page = said(on_store("approvals", "inbox", *options, "--json"))
        assert [one["id"] for one in page["items"]] == [pending]
    assert on_store("approvals", "inbox", "user:sam").stdout == "nothing waits\n"


def test_on_a_store_somebody_has_to_be_named(on_store: Run) -> None:
    ended = on_store("approvals", "inbox")
    assert (ended.exit_code, "say whose" in ended.stderr) == (2, True)


def test_an_inbox_that_goes_on_says_how(on_store: Run, pending: str) -> None:
    on_store("approvals", "request", "invoice.pay", "invoice:8", "--as", "user:sam")
    first = on_store("approvals", "inbox", "user:dana", "--limit", "1", "--order", "newest")
    cursor = first.stderr.split()[-1]
    following = on_store(
        *("approvals", "inbox", "user:dana", "--order", "newest", "--after", cursor)
    )
    assert pending in following.stdout


def test_requests_are_of_who_asked(on_store: Run, pending: str) -> None:
    assert pending in on_store("approvals", "requests", "user:sam", "--status", "pending").stdout
    assert on_store("approvals", "requests", "user:dana").stdout == "no requests\n"


def test_reviewers_are_named_with_why_they_cannot(on_store: Run, pending: str) -> None:
    shown = on_store("approvals", "reviewers", pending).stdout.splitlines()
    assert shown[0] == "has 0 of 1 from group:finance@/; 1 could"
    assert shown[1].strip() == "user:dana"
    on_store("approvals", "review", pending, "approve", "--as", "user:dana")
    assert on_store("approvals", "reviewers", pending).stdout == "approved: it waits for nobody\n"


def test_a_simulation_changes_nothing(on_store: Run, pending: str) -> None:
    would = on_store("approvals", "simulate", pending, "--add", "user:dana").stdout
    assert would.startswith("approved: it would be approved\n")
    assert "pending" in on_store("approvals", "list").stdout
    refused = on_store("approvals", "simulate", pending, "--add", "user:sam=reject").stdout
    assert "user:sam would be refused" in refused


def test_a_simulation_may_be_of_another_time_and_policy(
    on_store: Run, pending: str, tmp_path: Path
) -> None:
    policy = {
        "id": "p",
        "applies_to": ["invoice.pay"],
        "requirement": {"kind": "reviews", "count": 1, "source": "user:dana"},
        "decide_within": 3600,
    }
    file = tmp_path / "policy.json"
    file.write_bytes(msgspec.json.encode(policy))
    options = ("--policy", str(file), "--at", "2999-01-01", "--json")
    assert said(on_store("approvals", "simulate", pending, *options))["status"] == "expired"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--add", "user:dana=maybe"), "no verdict"),
        (("--at", "tomorrow"), "no moment"),
        (("--policy", __file__), "not JSON"),
    ],
)
def test_what_cannot_be_supposed_is_said(
    on_store: Run, pending: str, options: tuple[str, ...], says: str
) -> None:
    ended = on_store("approvals", "simulate", pending, *options)
    assert (ended.exit_code, says in ended.stderr) == (2, True)


def test_a_policy_that_is_none_is_refused(on_store: Run, pending: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text('{"id": 7}', "utf-8")
    ended = on_store("approvals", "simulate", pending, "--policy", str(file))
    assert (ended.exit_code, "cannot be right" in ended.stderr) == (2, True)


def test_metrics_count_and_measure(on_store: Run, pending: str) -> None:
    on_store("approvals", "review", pending, "approve", "--as", "user:dana")
    found = said(on_store("approvals", "metrics", "--since", "1d", "--json"))
    assert (found["requested"], found["outcomes"]) == (1, {"approved": 1})
    lines = on_store("approvals", "metrics").stdout.splitlines()
    assert lines[0].split() == ["STATUS", "COUNT"]
    assert "0.0% of those decided were overridden" in lines


def test_through_a_server_they_are_the_same(on_server: Run) -> None:
    asking = ("approvals", "request", "invoice.pay", "invoice:questions", "--json")
    id = said(on_server("sam", *asking))["id"]
    inbox = said(on_server("dana", "approvals", "inbox", "--json"))
    assert id in [one["id"] for one in inbox["items"]]
    assert id in on_server("sam", "approvals", "requests", "--status", "pending").stdout
    assert "user:dana" in on_server("dana", "approvals", "reviewers", id).stdout
    would = on_server("dana", "approvals", "simulate", id, "--add", "user:dana")
    assert would.stdout.startswith("approved")
    assert on_server("olga", "approvals", "metrics").exit_code == 0
    assert on_server("dana", "approvals", "metrics").exit_code == 1
