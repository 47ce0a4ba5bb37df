"""`audit verify` on a store."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
from click.testing import Result

Run = Callable[..., Result]


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
