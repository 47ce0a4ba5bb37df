"""The same commands through a server, with a token: the same answers, and clear refusals."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


def asked(on_server: Run, invoice: str) -> str:
    """The id of an approval that sam has asked for."""
    ended = on_server("sam", "approvals", "request", "invoice.pay", f"invoice:{invoice}", "--json")
    assert ended.exit_code == 0, ended.stderr
    return str(msgspec.json.decode(ended.stdout)["id"])


@pytest.mark.parametrize(
    "question",
    [
        ("check", "user:sam", "invoice.read", "invoice:7"),
        ("check", "user:sam", "invoice.pay", "invoice:7"),
        ("check", "user:sam", "invoice.paay", "invoice:7"),
        ("explain", "user:dana", "invoice.pay", "invoice:7"),
        ("explain", "user:dana", "invoice.paay", "invoice:7"),
    ],
    ids=" ".join,
)
def test_a_question_is_answered_as_on_a_store(
    on_server: Run, on_store: Run, question: tuple[str, ...]
) -> None:
    near, far = on_store(*question, "--json"), on_server("olga", *question, "--json")
    assert far.exit_code == near.exit_code
    documents = [msgspec.json.decode(ended.stdout) for ended in (near, far)]
    for document in documents:
        document.pop("revision")
    assert documents[0] == documents[1]


def test_an_approval_has_the_fields_that_it_has_on_a_store(
    on_server: Run, on_store: Run, pending: str
) -> None:
    near = msgspec.json.decode(on_store("approvals", "list", "--json").stdout)["items"][0]
    asked(on_server, "fields")
    far = msgspec.json.decode(on_server("sam", "approvals", "list", "--json").stdout)["items"][0]
    assert sorted(far) == sorted(near)


def test_a_request_is_reviewed_by_somebody_else(on_server: Run) -> None:
    id = asked(on_server, "reviewed")
    ended = on_server("dana", "approvals", "review", id, "approve", "--comment", "as agreed")
    assert (ended.exit_code, ended.stdout.split(":")[0]) == (0, "approved")


def test_nobody_approves_their_own_request(on_server: Run) -> None:
    ended = on_server("sam", "approvals", "review", asked(on_server, "own"), "approve")
    assert (ended.exit_code, "somebody else has to" in ended.stderr) == (1, True)


def test_the_list_shows_what_waits(on_server: Run) -> None:
    id = asked(on_server, "listed")
    ended = on_server("dana", "approvals", "list", "--status", "pending", "--requester", "user:sam")
    assert id in ended.stdout


def test_explain_says_who_can_say_yes(on_server: Run) -> None:
    ended = on_server("sam", "approvals", "explain", asked(on_server, "explained"))
    assert "has 0 of 1 from group:finance" in ended.stdout


def test_what_is_not_there_is_gone(on_server: Run) -> None:
    assert on_server("sam", "approvals", "explain", "a/b?c").exit_code == 3


def test_a_new_key_is_known_at_once(run: Run, on_server: Run, server: str) -> None:
    token = on_server("olga", "keys", "create", "--for", "user:sam", "--expires-in", "1h").stdout
    ended = run(
        *("check", "user:sam", "invoice.read", "invoice:7", "--server", server),
        PLACET_TOKEN=token,
    )
    assert ended.exit_code == 0


def test_a_new_key_is_shown_as_on_a_store(on_server: Run, on_store: Run) -> None:
    create = ("keys", "create", "--for", "user:sam", "--json")
    near, far = on_store(*create), on_server("olga", *create)
    shown = [msgspec.json.decode(ended.stdout)["credential"] for ended in (near, far)]
    assert sorted(shown[0]) == sorted(shown[1])


def test_the_log_is_verified(on_server: Run) -> None:
    ended = on_server("olga", "audit", "verify")
    assert (ended.exit_code, ended.stdout.startswith("the log is intact")) == (0, True)


def test_a_bundle_is_compared_applied_and_compared_again(on_server: Run, tmp_path: Path) -> None:
    more = tmp_path / "more.toml"
    more.write_text('bundle = "more"\n[[users]]\nid = "mia"\n', "utf-8")
    codes = [on_server("olga", name, more).exit_code for name in ("diff", "apply", "diff")]
    assert codes == [2, 0, 0]


def test_a_bundle_may_be_json(on_server: Run, tmp_path: Path) -> None:
    path = tmp_path / "more.json"
    path.write_text('{"bundle": "json", "users": [{"id": "jo"}]}', "utf-8")
    assert on_server("olga", "apply", path).exit_code == 0


def test_an_invalid_bundle_is_refused_with_every_mistake(on_server: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('bundel = "x"\n[[roles]]\nname = "no id"\n', "utf-8")
    ended = on_server("olga", "validate", path, "--json")
    problems = msgspec.json.decode(ended.stderr)["error"]["problems"]
    assert (ended.exit_code, [one["path"] for one in problems]) == (1, ["bundel", "roles[0].id"])


@pytest.mark.parametrize("command", ["validate", "test"])
def test_a_bundle_is_judged_by_the_server(on_server: Run, bundle: Path, command: str) -> None:
    assert on_server("olga", command, bundle).exit_code == 0


def test_what_the_caller_lacks_is_named(on_server: Run) -> None:
    ended = on_server("sam", "audit", "verify")
    assert (ended.exit_code, "core_audit_view" in ended.stderr) == (1, True)


def test_a_token_of_nobody_is_refused(run: Run, server: str) -> None:
    ended = run("audit", "verify", "--server", server, PLACET_TOKEN="pat.acme.nobody.x")
    assert (ended.exit_code, "nobody is known" in ended.stderr) == (1, True)


def test_a_token_is_of_no_use_in_another_account(
    run: Run, server: str, tokens: dict[str, str]
) -> None:
    ended = run(
        *("audit", "verify", "--server", server, "--account", "other"),
        PLACET_TOKEN=tokens["olga"],
    )
    assert ended.exit_code == 1


@pytest.mark.parametrize("token", ["", "secret", "pat.acme.k.\u00e4", "pat.acme.k.a\nb"])
def test_what_is_no_token_is_not_sent(run: Run, server: str, token: str) -> None:
    ended = run("audit", "verify", "--server", server, PLACET_TOKEN=token)
    assert (ended.exit_code, "PLACET_TOKEN" in ended.stderr) == (2, True)


def test_the_token_says_who_acts(run: Run, server: str, tokens: dict[str, str]) -> None:
    ended = run(
        *("audit", "verify", "--server", server, "--as", "user:olga"),
        PLACET_TOKEN=tokens["sam"],
    )
    assert (ended.exit_code, "--as is for --store" in ended.stderr) == (2, True)


def test_the_server_may_be_named_by_a_variable(
    run: Run, server: str, tokens: dict[str, str]
) -> None:
    ended = run("audit", "verify", PLACET_SERVER=server, PLACET_TOKEN=tokens["olga"])
    assert ended.exit_code == 0


def test_an_address_where_no_placet_is_says_so(
    run: Run, server: str, tokens: dict[str, str]
) -> None:
    ended = run("audit", "verify", "--server", f"{server}/elsewhere", PLACET_TOKEN=tokens["olga"])
    assert (ended.exit_code, "nothing at this address" in ended.stderr) == (3, True)
