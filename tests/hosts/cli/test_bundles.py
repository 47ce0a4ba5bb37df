"""Policy as code from the command line: validate, test, diff, apply."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def misspelt(tmp_path: Path) -> Path:
    path = tmp_path / "misspelt.toml"
    path.write_text('bundel = "x"\n[[roles]]\nname = "no id"\n', "utf-8")
    return path


def test_a_valid_bundle_needs_no_store(run: Run, bundle: Path) -> None:
    assert run("validate", bundle).exit_code == 0


def test_an_invalid_bundle_is_refused_with_the_nearest_word(run: Run, misspelt: Path) -> None:
    ended = run("validate", misspelt)
    assert (ended.exit_code, "did you mean 'bundle'?" in ended.stderr) == (1, True)


def test_every_mistake_of_a_bundle_is_named(run: Run, misspelt: Path) -> None:
    problems = msgspec.json.decode(run("validate", misspelt, "--json").stderr)["error"]["problems"]
    assert [problem["path"] for problem in problems] == ["bundel", "roles[0].id"]


def test_a_reference_to_nothing_is_a_mistake(run: Run, bundle: Path) -> None:
    bundle.write_text(bundle.read_text().replace('role = "payer"', 'role = "payr"'), "utf-8")
    ended = run("validate", bundle)
    assert (ended.exit_code, "payr" in ended.stdout) == (1, True)


def test_a_file_that_is_not_there_is_refused(run: Run) -> None:
    ended = run("validate", "none.toml")
    assert (ended.exit_code, "No such file" in ended.stderr) == (1, True)


def test_a_file_of_another_kind_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("validate", tmp_path / "policy.yaml").exit_code == 1


def test_a_file_that_is_not_text_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_bytes(b"\xff")
    ended = run("validate", tmp_path / "policy.toml")
    assert (ended.exit_code, "not UTF-8 at byte 0" in ended.stderr) == (1, True)


def test_tests_that_pass_end_with_0(run: Run, bundle: Path) -> None:
    ended = run("test", bundle)
    assert (ended.exit_code, ended.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed")


def test_a_test_that_fails_ends_with_1(run: Run, bundle: Path) -> None:
    bundle.write_text(bundle.read_text().replace('"approval_required"', '"allowed"'), "utf-8")
    ended = run("test", bundle)
    assert (ended.exit_code, "expected allowed, got approval_required" in ended.stdout) == (1, True)


def test_a_difference_ends_with_2(run: Run, bundle: Path, store: str) -> None:
    assert run("diff", bundle, "--store", store).exit_code == 2


def test_an_invalid_bundle_is_no_difference(run: Run, misspelt: Path, store: str) -> None:
    assert run("diff", misspelt, "--store", store).exit_code == 1


def test_a_difference_is_shown_and_not_made(run: Run, bundle: Path, store: str) -> None:
    first = run("diff", bundle, "--store", store)
    assert "+ create role payer" in first.stdout
    assert run("diff", bundle, "--store", store).stdout == first.stdout


def test_a_difference_says_who_gains_and_who_loses(on_store: Run, bundle: Path) -> None:
    changed = bundle.read_text().replace('to = ["user:sam"]', 'to = ["user:dana"]')
    bundle.write_text(changed, "utf-8")
    ended = on_store("diff", str(bundle), "--prune")
    assert ended.exit_code == 2
    assert ended.stdout.partition("who gains\n")[2].splitlines() == [
        "  + user:dana gains invoice.read on every invoice in the account and below (role payer)",
        "  + user:dana gains invoice.pay on every invoice in the account and below, with approval "
        "(role payer; policy payments)",
        "who loses",
        "  - user:sam loses invoice.read on every invoice in the account and below (role payer)",
        "  - user:sam loses invoice.pay on every invoice in the account and below, with approval "
        "(role payer)",
    ]


def test_many_who_gain_are_cut_with_how_many_more(on_store: Run, tmp_path: Path) -> None:
    people = [f"u{number:02}" for number in range(60)]
    users = "".join(f'[[users]]\nid = "{name}"\n' for name in people)
    to = ", ".join(f'"user:{name}"' for name in people)
    text = f'bundle = "many"\n{users}[[assignments]]\nto = [{to}]\nrole = "payer"\nscope = "a"\n'
    (tmp_path / "many.toml").write_text(text, "utf-8")
    lines = on_store("diff", str(tmp_path / "many.toml")).stdout.splitlines()
    assert lines[-1] == "  and 70 more; --json names all"
    all = msgspec.json.decode(on_store("diff", str(tmp_path / "many.toml"), "--json").stdout)
    assert len(all["gains"]) == 120


def test_a_difference_that_concerns_nobody_says_so(on_store: Run, tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text('bundle = "more"\n[[users]]\nid = "eve"\n', "utf-8")
    ended = on_store("diff", str(tmp_path / "more.toml"))
    assert ended.stdout.splitlines()[-1] == "nobody gains or loses access"


def test_after_applying_there_is_no_difference(on_store: Run, bundle: Path) -> None:
    ended = on_store("diff", str(bundle))
    assert (ended.exit_code, ended.stdout) == (0, "bundle payments: nothing to change\n")


def test_applying_again_changes_nothing(on_store: Run, bundle: Path) -> None:
    ended = on_store("apply", str(bundle), "--json")
    assert (ended.exit_code, msgspec.json.decode(ended.stdout)["steps"]) == (0, [])


def test_a_bundle_is_applied_to_the_account_that_it_names(
    run: Run, bundle: Path, store: str
) -> None:
    assert run("apply", bundle, "--store", store).exit_code == 0
    asked = run("check", "user:sam", "invoice.read", "--store", store, "--account", "acme")
    assert asked.exit_code == 0


def test_a_bundle_for_another_account_is_refused(run: Run, bundle: Path, store: str) -> None:
    ended = run("apply", bundle, "--store", store, "--account", "other")
    assert (ended.exit_code, "account" in ended.stderr) == (1, True)


def test_leftovers_are_kept_and_shown(on_store: Run, bundle: Path) -> None:
    text = bundle.read_text().replace('[[users]]\nid = "olga"\n', "")
    bundle.write_text(
        text.replace('[[assignments]]\nto = ["user:olga"]\nrole = "_account_admin"\n', "")
    )
    assert "= keep user user:olga" in on_store("apply", str(bundle)).stdout


def test_prune_removes_leftovers(on_store: Run, bundle: Path) -> None:
    text = bundle.read_text().replace('[[users]]\nid = "olga"\n', "")
    bundle.write_text(
        text.replace('[[assignments]]\nto = ["user:olga"]\nrole = "_account_admin"\n', "")
    )
    assert "- remove user user:olga" in on_store("apply", str(bundle), "--prune").stdout


def test_who_acts_needs_the_right_to_apply(on_store: Run, tmp_path: Path) -> None:
    (tmp_path / "more.toml").write_text('bundle = "more"\n[[users]]\nid = "eve"\n', "utf-8")
    ended = on_store("apply", str(tmp_path / "more.toml"), "--as", "user:sam")
    assert (ended.exit_code, "user:sam lacks" in ended.stderr) == (1, True)
