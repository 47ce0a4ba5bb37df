"""`audit verify` on a store."""

from collections.abc import Callable
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
    file = tmp_path / "approvals.json"
    whole = file.read_text("utf-8")
    edited = whole.replace("bundle.applied", "bundle.removed")
    assert edited != whole
    file.write_text(edited, "utf-8")
    assert on_store("audit", "verify").exit_code == 1


def test_the_log_needs_the_right_to_see_it(on_store: Run) -> None:
    ended = on_store("audit", "verify", "--as", "user:sam")
    assert (ended.exit_code, "core_audit_view" in ended.stderr) == (1, True)
