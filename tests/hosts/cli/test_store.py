"""`store`: copy, verify, measure and back up a store as a whole."""

import io
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result
from rich.console import Console

from placet.hooks import hookimpl
from placet.storage import memory
from placet.storage.memory import MemoryStore
from placet.storage.port import Key, Put, Store
from placet.storage.sealing import new_event
from placet_cli.progress import bar_on

Run = Callable[..., Result]

SCHEMES = ("sqlite", "tinydb")
"""Kinds of stores between which everything is copied; a file each."""
PAIRS = [(one, other) for one in SCHEMES for other in SCHEMES]


class Powerful(MemoryStore):
    """A store that can be backed up, inspected and measured, and remembers that it was closed."""

    closed = False
    damage: tuple[str, ...] = ()

    def backup(self, path: str, progress: Callable[[int, int], None] | None = None) -> None:
        if progress is not None:
            progress(1, 2)
        Path(path).write_text("a copy", "utf-8")

    def inspect(self) -> Iterator[str]:
        yield from self.damage

    def measures(self) -> Mapping[str, int]:
        return {"file": 4096}

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def powerful(monkeypatch: pytest.MonkeyPatch) -> Powerful:
    """The store at powerful://, with one account."""
    store = Powerful()
    store.commit("acme", [], [new_event(0, b'{"format":1}')])

    class Plugin:
        @hookimpl
        def placet_open_store(self, url: str) -> Store | None:
            return store if url == "powerful://" else None

    monkeypatch.setattr("placet_cli.store.PLUGINS", (memory, Plugin()))
    return store


@pytest.fixture
def applied(on_store: Run, store: str) -> str:
    """The URL of a store with one account."""
    return store


@pytest.fixture
def in_a_file(run: Run, bundle: Path, tmp_path: Path) -> str:
    """The URL of a TinyDB store with one account: one process, and no optional powers."""
    url = f"tinydb:///{tmp_path / 'approvals.json'}"
    assert run("apply", bundle, "--store", url).exit_code == 0
    return url


def file_url(scheme: str, folder: Path) -> str:
    return f"{scheme}:///{folder / 'file'}.{scheme}"


def answer(ended: Result) -> Any:
    assert ended.exit_code == 0, ended.output
    return msgspec.json.decode(ended.stdout)


# -- copy --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("of", "to"), PAIRS)
def test_a_copy_of_a_copy_has_the_same_head(
    of: str, to: str, run: Run, applied: str, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = file_url(of, folders[0]), file_url(to, folders[1])
    heads = [
        answer(run("store", "copy", *pair, "--json"))["accounts"][0]["head"]
        for pair in ((applied, first), (first, second))
    ]
    assert heads == [answer(run("store", "verify", applied, "--json"))["accounts"][0]["head"]] * 2


@pytest.fixture
def other(tmp_path: Path) -> str:
    """The URL of another store, which does not exist yet."""
    return f"sqlite:///{tmp_path / 'other.db'}"


def test_a_copy_says_what_both_hold(run: Run, applied: str, other: str) -> None:
    said = run("store", "copy", applied, other).stdout.splitlines()
    assert [line.split() for line in said] == [
        ["ACCOUNT", "DOCUMENTS", "EVENTS", "COMMITS", "COPIED", "NOW"],
        ["acme", "16", "1", "1", "1"],
        ["alike:", "1", "account,", "16", "documents,", "1", "event"],
    ]


def test_a_copy_that_is_no_terminal_says_nothing_on_the_way(
    run: Run, applied: str, other: str
) -> None:
    assert run("store", "copy", applied, other).stderr == ""


def test_a_copy_again_copies_nothing(run: Run, applied: str, other: str) -> None:
    run("store", "copy", applied, other)
    again = answer(run("store", "copy", applied, other, "--json"))
    assert [one["copied"] for one in again["accounts"]] == [0]


def test_a_copy_can_be_worked_on(run: Run, applied: str, other: str) -> None:
    run("store", "copy", applied, other)
    asked = run("check", "user:sam", "invoice.read", "--store", other, "--account", "acme")
    assert asked.exit_code == 0


def test_a_copy_into_another_store_is_refused_with_1(
    run: Run, applied: str, other: str, bundle: Path
) -> None:
    run("apply", bundle, "--store", other, "--account", "acme")
    ended = run("store", "copy", applied, other)
    assert (ended.exit_code, "is no copy of the source's" in ended.stderr) == (1, True)


def test_a_copy_into_itself_is_a_wrong_command_line(run: Run, applied: str) -> None:
    ended = run("store", "copy", applied, applied)
    assert (ended.exit_code, "the same store" in ended.stderr) == (2, True)


def test_a_copy_of_a_store_without_accounts_ends_with_3(run: Run, store: str, other: str) -> None:
    ended = run("store", "copy", store, other)
    assert (ended.exit_code, ended.stderr) == (
        3,
        "placet: the store at SRC holds no account; is that the URL you mean?\n",
    )


def test_a_copy_into_itself_under_another_name_is_refused(run: Run, in_a_file: str) -> None:
    # A file for one process: its lock tells.
    ended = run("store", "copy", in_a_file, in_a_file.replace("approvals", "./approvals"))
    assert ended.exit_code == 5


def test_a_copy_into_itself_under_another_name_changes_nothing(run: Run, applied: str) -> None:
    before = run("store", "verify", applied, "--json").stdout
    copied = run("store", "copy", applied, applied.replace("approvals", "./approvals"), "--json")
    assert [one["copied"] for one in answer(copied)["accounts"]] == [0]
    assert run("store", "verify", applied, "--json").stdout == before


def test_both_stores_are_closed_behind_a_copy(run: Run, powerful: Powerful, other: str) -> None:
    run("store", "copy", "powerful://", other)
    assert (powerful.closed, run("store", "verify", other).exit_code) == (True, 0)


def test_a_store_is_closed_behind_an_error(run: Run, powerful: Powerful) -> None:
    run("store", "copy", "powerful://", "nonsense")
    assert powerful.closed


@pytest.mark.parametrize("name", ["verify", "stats"])
def test_a_store_is_closed_behind_every_command(name: str, run: Run, powerful: Powerful) -> None:
    run("store", name, "powerful://")
    assert powerful.closed


# -- verify ------------------------------------------------------------------------------------


def test_an_intact_store_ends_with_0(run: Run, applied: str) -> None:
    ended = run("store", "verify", applied)
    assert (ended.exit_code, ended.stdout) == (0, "intact: 1 account, 16 documents, 1 event\n")


def test_every_fault_is_a_line_and_ends_with_1(run: Run, powerful: Powerful) -> None:
    powerful.damage = ("page 7 is torn",)
    powerful.commit("acme", [Put(Key("user", "sam"), b"{}", {})], [])
    ended = run("store", "verify", "powerful://")
    assert (ended.exit_code, ended.stdout.splitlines()) == (
        1,
        [
            "page 7 is torn",
            "acme: user 'sam' cannot be read: Object missing required field `format`",
            "acme: user 'sam' is there, and no event speaks of it",
            "3 faults",
        ],
    )


def test_faults_are_told_in_json(run: Run, powerful: Powerful) -> None:
    powerful.damage = ("page 7 is torn",)
    found = msgspec.json.decode(run("store", "verify", "powerful://", "--json").stdout)
    assert (found["ok"], found["damage"], len(found["accounts"])) == (False, ["page 7 is torn"], 1)


def test_a_file_that_was_edited_ends_with_1(run: Run, in_a_file: str, tmp_path: Path) -> None:
    file = tmp_path / "approvals.json"
    file.write_text(file.read_text("utf-8").replace("bundle.applied", "bundle.removed"), "utf-8")
    ended = run("store", "verify", in_a_file)
    assert (ended.exit_code, "was cut or edited" in ended.stdout) == (1, True)


def test_what_the_store_itself_finds_is_told(run: Run, applied: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "approvals.db")) as editor:
        editor.execute("UPDATE placet_user SET version = 1000 WHERE id = 'sam'")
        editor.commit()
    ended = run("store", "verify", applied)
    assert (ended.exit_code, "version 1000" in ended.stdout) == (1, True)


def test_a_store_without_accounts_cannot_be_verified(run: Run, store: str) -> None:
    assert run("store", "verify", store).exit_code == 3


# -- stats -------------------------------------------------------------------------------------


def test_stats_count_documents_by_kind(run: Run, applied: str) -> None:
    (account,) = answer(run("store", "stats", applied, "--json"))["accounts"]
    assert (account["documents"], account["kinds"]["user"]) == (16, 3)


def test_stats_tell_the_times_of_the_first_and_the_last_event(run: Run, powerful: Powerful) -> None:
    powerful.commit("acme", [], [new_event(60_000, b"{}")])
    (account,) = answer(run("store", "stats", "powerful://", "--json"))["accounts"]
    assert (account["first_event"], account["last_event"]) == (
        "1970-01-01T00:00:00+00:00",
        "1970-01-01T00:01:00+00:00",
    )


def test_an_account_without_events_has_no_times(run: Run, powerful: Powerful) -> None:
    powerful.commit("globex", [], [])
    _, account = answer(run("store", "stats", "powerful://", "--json"))["accounts"]
    assert (account["first_event"], account["last_event"]) == (None, None)


def test_stats_are_tables(run: Run, powerful: Powerful) -> None:
    powerful.commit("acme", [Put(Key("user", "sam"), b"{}", {})], [])
    said = run("store", "stats", "powerful://").stdout.splitlines()
    assert said == [
        "ACCOUNT  DOCUMENTS  EVENTS  COMMITS  FIRST EVENT       LAST EVENT",
        "acme     1          1       2        1970-01-01T00:00  1970-01-01T00:00",
        "ACCOUNT  KIND  DOCUMENTS",
        "acme     user  1",
        "SIZE OF  BYTES",
        "file     4,096",
    ]


def test_a_store_that_cannot_be_measured_has_no_sizes(run: Run, in_a_file: str) -> None:
    assert answer(run("store", "stats", in_a_file, "--json"))["bytes"] is None


def test_a_file_has_its_size(run: Run, applied: str, tmp_path: Path) -> None:
    sizes = answer(run("store", "stats", applied, "--json"))["bytes"]
    assert sizes["database"] == (tmp_path / "approvals.db").stat().st_size


def test_stats_of_a_store_without_accounts_say_so(run: Run, store: str) -> None:
    assert run("store", "stats", store).stdout.startswith("the store holds no account\n")


# -- backup ------------------------------------------------------------------------------------


def test_a_backup_is_a_file(run: Run, powerful: Powerful, tmp_path: Path) -> None:
    ended = run("store", "backup", "powerful://", tmp_path / "copy")
    assert (ended.stdout, (tmp_path / "copy").read_text("utf-8")) == (
        f"backed up: to {tmp_path / 'copy'}\n",
        "a copy",
    )


def test_a_backup_tells_its_path_in_json(run: Run, powerful: Powerful, tmp_path: Path) -> None:
    path = str(tmp_path / "copy")
    assert answer(run("store", "backup", "powerful://", path, "--json")) == {"path": path}


def test_what_cannot_be_backed_up_is_told_what_to_do_instead(
    run: Run, in_a_file: str, tmp_path: Path
) -> None:
    ended = run("store", "backup", in_a_file, tmp_path / "copy")
    assert (ended.exit_code, "placet store copy URL NEW_URL" in ended.stderr) == (2, True)


def test_a_backup_is_the_store_again(run: Run, applied: str, tmp_path: Path) -> None:
    assert run("store", "backup", applied, tmp_path / "copy.db").exit_code == 0
    copy = f"sqlite:///{tmp_path / 'copy.db'}"
    assert run("store", "verify", copy, "--json").stdout == (
        run("store", "verify", applied, "--json").stdout
    )


def test_a_backup_over_a_file_that_is_there_is_refused(
    run: Run, applied: str, tmp_path: Path
) -> None:
    (tmp_path / "copy.db").write_text("precious", "utf-8")
    ended = run("store", "backup", applied, tmp_path / "copy.db")
    assert (ended.exit_code, "is there already" in ended.stderr) == (2, True)
    assert (tmp_path / "copy.db").read_text("utf-8") == "precious"


# -- any of them -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("copy", "memory://", "tinydb:///x.json"),
        ("copy", "tinydb:///x.json", "memory://"),
        ("verify", "memory://"),
        ("stats", "memory://"),
        ("backup", "memory://", "x"),
    ],
    ids=" ".join,
)
def test_a_store_in_memory_is_refused(
    command: tuple[str, ...], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("store", *command)
    assert (ended.exit_code, "name a store that lasts" in ended.stderr) == (2, True)


# -- the bar -----------------------------------------------------------------------------------


def drawn(*told: tuple[str, int, int]) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with bar_on(console) as tell:
        for one in told:
            tell(*one)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_bar_shows_what_is_done_of_how_much() -> None:
    assert "3/7" in drawn(("acme", 3, 7))


def test_the_bar_names_what_it_is_about() -> None:
    assert "globex" in drawn(("acme", 7, 7), ("globex", 1, 2))


def test_the_bar_shows_control_characters_as_escapes() -> None:
    assert r"a\x1b[2Jb" in drawn(("a\x1b[2Jb", 1, 2))
