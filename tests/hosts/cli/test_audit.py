"""`audit` and the past, on a store and through a server."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from placet.clock import SystemClock
from placet_cli.questions import moment

Run = Callable[..., Result]
KEYS = {"PLACET_SECRET_KEYS": "k" * 32}


@pytest.fixture
def signing(on_store: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a store, with secret keys in the environment."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return on_store


@pytest.fixture
def kept(signing: Run, tmp_path: Path) -> Path:
    """A file with one checkpoint."""
    path = tmp_path / "checkpoints"
    assert signing("audit", "checkpoint", "--out", str(path)).exit_code == 0
    return path


def cut_off(tmp_path: Path) -> None:
    """Take the last event away, and let the head fit: nothing but a checkpoint can tell."""
    with closing(sqlite3.connect(tmp_path / "approvals.db")) as editor:
        editor.execute("DELETE FROM placet_event WHERE seq = (SELECT max(seq) FROM placet_event)")
        row = editor.execute(
            "SELECT seq, at, hash FROM placet_event ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        editor.execute("UPDATE placet_account SET seq = ?, at = ?, hash = ?", row)
        editor.commit()


def some_more(on_store: Run) -> None:
    asked = on_store("approvals", "request", "invoice.pay", "invoice:7", "--as", "user:sam")
    assert asked.exit_code == 0, asked.output


def test_an_intact_log_ends_with_0(on_store: Run) -> None:
    ended = on_store("audit", "verify")
    assert (ended.exit_code, ended.stdout.splitlines()[0]) == (0, "the log is intact: 1 event")


def test_the_head_is_told(on_store: Run) -> None:
    head = msgspec.json.decode(on_store("audit", "verify", "--json").stdout)["head"]
    assert f"head {head}\n" in on_store("audit", "verify").stdout


def test_an_edited_log_ends_with_1(on_store: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "approvals.db")) as editor:
        (body,) = editor.execute("SELECT body FROM placet_event WHERE seq = 1").fetchone()
        edited = body.replace(b"bundle.applied", b"bundle.removed")
        assert edited != body
        editor.execute("UPDATE placet_event SET body = ? WHERE seq = 1", (edited,))
        editor.commit()
    assert on_store("audit", "verify").exit_code == 1


def test_the_log_needs_the_right_to_see_it(on_store: Run) -> None:
    ended = on_store("audit", "verify", "--as", "user:sam")
    assert (ended.exit_code, "core_audit_view" in ended.stderr) == (1, True)


# -- checkpoints -------------------------------------------------------------------------------


def test_a_checkpoint_is_one_line_of_json(signing: Run) -> None:
    (line,) = signing("audit", "checkpoint").stdout.splitlines()
    assert msgspec.json.decode(line)["seq"] == 1
    assert msgspec.json.decode(signing("audit", "checkpoint", "--json").stdout)["account"] == "acme"


def test_checkpoints_are_appended_to_a_file(signing: Run, kept: Path) -> None:
    some_more(signing)
    ended = signing("audit", "checkpoint", "--out", str(kept))
    assert ended.stdout.startswith("event 2 is signed in ")
    seqs = [msgspec.json.decode(line)["seq"] for line in kept.read_text().splitlines()]
    assert seqs == [1, 2]


def test_an_intact_log_meets_them(signing: Run, kept: Path) -> None:
    some_more(signing)
    ended = signing("audit", "verify", "--checkpoint", str(kept))
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[0] == "the log is intact: 2 events, 1 checkpoint met"


def test_an_end_that_was_cut_off_ends_with_1(signing: Run, kept: Path, tmp_path: Path) -> None:
    some_more(signing)
    signing("audit", "checkpoint", "--out", str(kept))
    cut_off(tmp_path)
    assert signing("audit", "verify").exit_code == 0
    ended = signing("audit", "verify", "--checkpoint", str(kept))
    assert ended.exit_code == 1
    assert "the log ends with event 1, and the checkpoint of" in ended.stdout


def test_no_checkpoint_is_appended_behind_one_that_does_not_hold(
    signing: Run, kept: Path, tmp_path: Path
) -> None:
    some_more(signing)
    signing("audit", "checkpoint", "--out", str(kept))
    cut_off(tmp_path)
    before = kept.read_text()
    ended = signing("audit", "checkpoint", "--out", str(kept))
    assert (ended.exit_code, kept.read_text()) == (1, before)
    assert "its end was cut off" in ended.stderr


@pytest.mark.parametrize(("text", "why"), [("", "holds no checkpoint"), ("x\n", "line 1 is no")])
def test_a_file_without_checkpoints_proves_nothing(
    signing: Run, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "other").write_text(text)
    ended = signing("audit", "verify", "--checkpoint", str(tmp_path / "other"))
    assert (ended.exit_code, why in ended.stderr) == (2, True)


def test_a_file_that_is_not_there_is_told(signing: Run, tmp_path: Path) -> None:
    ended = signing("audit", "verify", "--checkpoint", str(tmp_path / "none"))
    assert (ended.exit_code, "cannot be read" in ended.stderr) == (2, True)


def test_an_empty_file_takes_the_first_checkpoint(signing: Run, tmp_path: Path) -> None:
    """Somebody made it with the rights that it has to have."""
    path = tmp_path / "made"
    path.touch()
    assert signing("audit", "checkpoint", "--out", str(path)).exit_code == 0
    assert path.read_text().count("\n") == 1


def test_without_keys_there_is_no_checkpoint(on_store: Run) -> None:
    ended = on_store("audit", "checkpoint")
    assert (ended.exit_code, "PLACET_SECRET_KEYS" in ended.stderr) == (2, True)


# -- exports -----------------------------------------------------------------------------------


def test_an_export_is_verified_without_the_store(
    signing: Run, run: Run, kept: Path, tmp_path: Path
) -> None:
    some_more(signing)
    file = tmp_path / "audit.jsonl"
    ended = signing("audit", "export", "--out", str(file))
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "2 events\n")
    ended = run("audit", "verify", "--export", file, "--checkpoint", kept, **KEYS)
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[0] == "the log is intact: 2 events, 1 checkpoint met"


def test_an_edited_export_ends_with_1(signing: Run, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    signing("audit", "export", "--out", str(file))
    file.write_bytes(file.read_bytes().replace(b"bundle.applied", b"bundle.removed"))
    assert run("audit", "verify", "--export", file).exit_code == 1


def test_an_export_goes_to_standard_output_and_on_behind_a_number(on_store: Run) -> None:
    some_more(on_store)
    lines = on_store("audit", "export", "--after", "1").stdout_bytes.splitlines()
    assert [msgspec.json.decode(line)["kind"] for line in lines] == ["approval.requested"]
    assert on_store("audit", "export", "--kind", "approval.requested").stdout_bytes == (
        on_store("audit", "export", "--principal", "user:sam").stdout_bytes
    )


def test_who_may_not_see_the_log_does_not_empty_the_file(on_store: Run, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text("kept")
    ended = on_store("audit", "export", "--out", str(file), "--as", "user:sam")
    assert (ended.exit_code, file.read_text()) == (1, "kept")


def test_a_file_that_cannot_be_written_is_told(on_store: Run, tmp_path: Path) -> None:
    ended = on_store("audit", "export", "--out", str(tmp_path / "none" / "audit.jsonl"))
    assert (ended.exit_code, "cannot be written" in ended.stderr) == (5, True)


# -- the past ----------------------------------------------------------------------------------


@pytest.fixture
def pruned(on_store: Run, bundle: Path) -> str:
    """The moment before sam lost his role."""
    then = SystemClock().now()
    text = bundle.read_text().replace('to = ["user:sam"]', 'to = ["user:dana"]')
    bundle.write_text(text.partition("[[tests]]")[0])
    assert on_store("apply", str(bundle), "--prune").exit_code == 0
    return then.isoformat()


def test_check_answers_about_a_moment_that_is_over(on_store: Run, pruned: str) -> None:
    question = ("check", "user:sam", "invoice.read", "invoice:7")
    assert on_store(*question).exit_code == 1
    ended = on_store(*question, "--at", pruned)
    assert ended.exit_code == 0
    assert ended.stdout.splitlines()[-1].startswith("as of 20")


def test_explain_answers_about_a_moment_that_is_over(on_store: Run, pruned: str) -> None:
    question = ("explain", "user:sam", "invoice.read", "invoice:7", "--at", pruned)
    assert "user:sam has role payer" in on_store(*question).stdout
    said = msgspec.json.decode(on_store(*question, "--json").stdout)
    assert (said["outcome"], said["as_of"]["revision"]) == ("allowed", 1)


def test_a_permission_that_was_not_registered_then_is_denied(on_store: Run, pruned: str) -> None:
    for command in ("check", "explain"):
        ended = on_store(command, "user:sam", "invoice.void", "--at", pruned)
        assert "is not registered" in ended.stdout


@pytest.mark.parametrize("moment", ["tuesday", "2999-01-01T00:00", "0001-01-01"])
def test_a_moment_that_is_none_is_refused(on_store: Run, moment: str) -> None:
    assert on_store("check", "user:sam", "invoice.read", "--at", moment).exit_code == 2


def test_a_moment_without_a_time_zone_is_that_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        with monkeypatch.context() as zone:
            zone.setenv("TZ", "UTC-5")  # as POSIX writes what is 5 hours ahead
            time.tzset()
            assert moment("2026-11-24T14:00") == datetime(2026, 11, 24, 9, tzinfo=UTC)
            assert moment("2026-11-24T14:00Z") == datetime(2026, 11, 24, 14, tzinfo=UTC)
    finally:
        time.tzset()


# -- through a server --------------------------------------------------------------------------


def test_a_server_signs_verifies_and_exports(on_server: Run, tmp_path: Path, run: Run) -> None:
    kept, file = tmp_path / "checkpoints", tmp_path / "audit.jsonl"
    for _ in range(2):
        assert on_server("olga", "audit", "checkpoint", "--out", kept).exit_code == 0
    ended = on_server("olga", "audit", "verify", "--checkpoint", kept)
    assert (ended.exit_code, "2 checkpoints met" in ended.stdout) == (0, True)
    assert on_server("olga", "audit", "export", "--out", file).exit_code == 0
    assert run("audit", "verify", "--export", file).exit_code == 0


def test_years_of_checkpoints_are_more_than_a_server_takes_at_once(
    on_server: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints"
    on_server("olga", "audit", "checkpoint", "--out", kept)
    line = kept.read_text()
    kept.write_text(line * 5000)
    ended = on_server("olga", "audit", "verify", "--checkpoint", kept)
    assert (ended.exit_code, "5000 checkpoints met" in ended.stdout) == (0, True)
    kept.write_text(line * 4999 + line.replace('"seq":', '"seq":1'))
    ended = on_server("olga", "audit", "verify", "--checkpoint", kept)
    assert ended.exit_code == 1
    assert "behind the first 4000: checkpoint 1000 was edited" in ended.stdout


def test_a_server_refuses_who_may_not_see_the_log(on_server: Run, tmp_path: Path) -> None:
    ended = on_server("sam", "audit", "export", "--out", tmp_path / "audit.jsonl")
    assert (ended.exit_code, "core_audit_view" in ended.stderr) == (1, True)
    assert not (tmp_path / "audit.jsonl").exists()


def test_a_server_answers_about_the_past(on_server: Run) -> None:
    now = SystemClock().now().isoformat()
    ended = on_server("olga", "explain", "user:sam", "invoice.read", "invoice:7", "--at", now)
    assert (ended.exit_code, "as of 20" in ended.stdout) == (0, True)
