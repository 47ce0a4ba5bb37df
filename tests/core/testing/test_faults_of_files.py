"""Broken stores in files: what only a second process, or a copy, can show.

Each is the store of the guide `docs/writing-a-store.md` with one edit, or with one method replaced.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from kit_runs import Outcome, run_kit
from markdown_blocks import blocks_in, files_in


class Edit(NamedTuple):
    """A fault: what stands in the guide, what is written instead, and the tests that catch it."""

    what: str
    old: str
    new: str
    tests: tuple[str, ...]


END = "\n# end of the file\n"
"""Where what is added goes."""

FAULTS = {
    "DeferredBegin": Edit(
        "the write lock is taken after the decision",
        "BEGIN IMMEDIATE",
        "BEGIN",
        (
            "test_nothing_comes_between_the_commits_of_two_processes",
            "test_nothing_comes_between_the_commits_of_two_handles",
        ),
    ),
    "DecidedOutside": Edit(
        "a commit is decided before its transaction begins",
        """            db.execute("BEGIN IMMEDIATE")
            try:
                sealed = self._current().prepare(account, changes, events)
""",
        """            sealed = self._current().prepare(account, changes, events)
            db.execute("BEGIN IMMEDIATE")
            try:
                self._current()
""",
        (
            "test_nothing_comes_between_the_commits_of_two_processes",
            "test_nothing_comes_between_the_commits_of_two_handles",
        ),
    ),
    "StaleHead": Edit(
        "a handle remembers the head until it commits itself",
        END,
        """
class LedgerStore(LedgerStore):
    def head(self, account):
        return self.__dict__.setdefault("heads", {}).setdefault(account, super().head(account))

    def commit(self, account, changes, events):
        self.__dict__.pop("heads", None)
        return super().commit(account, changes, events)
""",
        ("test_what_another_process_commits_is_seen_at_once",),
    ),
    "PieceByPiece": Edit(
        "each change is a transaction of its own",
        END,
        """
class LedgerStore(LedgerStore):
    def commit(self, account, changes, events):
        for change in changes:
            super().commit(account, [change], [])
        return super().commit(account, [], events)
""",
        ("test_a_process_that_dies_while_it_commits_leaves_all_or_nothing[changes-1]",),
    ),
    "WrittenLate": Edit(
        "a commit is kept in memory, and written when the store is closed",
        END,
        """
class LedgerStore(LedgerStore):
    def commit(self, account, changes, events):
        sealed = self._current().prepare(account, changes, events)
        self._mirror.apply(sealed)
        self.__dict__.setdefault("late", []).append(sealed)
        return Committed(sealed.head.version, sealed.head.seq)

    def close(self):
        late = self.__dict__.pop("late", ())
        if late:
            with self._opened() as db:
                for sealed in late:
                    db.execute("INSERT INTO ledger (page) VALUES (?)", (encoded(sealed),))
        super().close()
""",
        (
            "test_what_a_killed_process_had_committed_is_kept",
            "test_a_process_that_ends_without_closing_harms_nothing",
            "test_a_process_that_dies_between_commits_harms_nothing",
        ),
    ),
    "StaleLock": Edit(
        "a lock file stays where a process died",
        END,
        """
class LedgerStore(LedgerStore):
    def commit(self, account, changes, events):
        lock = self._path + ".lock"
        try:
            open(lock, "xb").close()
        except FileExistsError as error:
            raise Unavailable(f"{lock} is there") from error
        committed = super().commit(account, tuple(changes), tuple(events))
        os.unlink(lock)
        return committed
""",
        ("test_a_process_that_dies_while_it_commits_leaves_all_or_nothing[changes-1]",),
    ),
    "OneProcess": Edit(
        "a second process is refused, and the store does not say so in `lacks`",
        END,
        """
class LedgerStore(LedgerStore):
    def __init__(self, path):
        super().__init__(path)
        owner = os.environ.setdefault("LEDGER_OWNER", str(os.getpid()))
        if owner != str(os.getpid()):
            raise Unavailable("the store is open in another process")
""",
        ("test_the_url_opens_the_same_data_in_another_process",),
    ),
    "DictsFromTheFile": Edit(
        "an index that was read from the file can be changed by its reader",
        "MappingProxyType(d.index)",
        "d.index",
        (
            "test_what_a_reader_changes_is_not_stored",
            "test_what_a_reader_changes_is_not_stored_after_reopening",
        ),
    ),
    "RefusesOthers": Edit(
        "the hook refuses the URL of another scheme instead of declining it",
        'url.partition(":")[0] != "ledger"',
        "not url",
        ("test_the_plugin_declines_what_is_not_its_own",),
    ),
    "CopyOverwrites": Edit(
        "a copy is written over what is there",
        'open(path, "xb").close()',
        'open(path, "wb").close()',
        ("test_a_taken_path_is_refused",),
    ),
    "CopyOfTheFirstPage": Edit(
        "a copy lacks the pages behind the first",
        'db.execute("VACUUM INTO ?", (path,))',
        'db.execute("VACUUM INTO ?", (path,)); other = sqlite3.connect(path); '
        'other.execute("DELETE FROM ledger WHERE number > 1"); other.commit(); other.close()',
        ("test_a_copy_holds_what_the_store_holds",),
    ),
    "CopyIsALink": Edit(
        "a copy is another name of the same file",
        'db.execute("VACUUM INTO ?", (path,))',
        "os.unlink(path); os.link(self._path, path)",
        ("test_a_copy_goes_its_own_way",),
    ),
    "ReadyOnceClosed": Edit(
        "a closed store says that it is ready",
        "return str(error)",
        "return True",
        ("test_a_closed_store_is_not_ready",),
    ),
}


@pytest.fixture(scope="module")
def files(pytestconfig: pytest.Config) -> Mapping[str, str]:
    """The files of the guide."""
    path = pytestconfig.rootpath / "docs" / "writing-a-store.md"
    if not path.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    return files_in(blocks_in(path.read_text("utf-8")))


def _write(files: Mapping[str, str], name: str, folder: Path) -> Path:
    """The guide's store with a fault, and its test, as modules of their own."""
    fault, source = FAULTS[name], files["ledger.py"] + END
    assert source.count(fault.old) == 1, f"{name}: the guide says {fault.old!r} no longer"
    module = f"ledger_{name.lower()}"
    (folder / f"{module}.py").write_text(source.replace(fault.old, fault.new))
    test = folder / f"test_{module}.py"
    text = files["test_ledger.py"].replace("import ledger", f"import {module} as ledger")
    test.write_text(text.replace("TestLedgerStore", f"Test{name}"))
    return test


@pytest.fixture(scope="module")
def named(
    files: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Outcome]:
    """Each broken store on the tests that have to catch it; in the soak, on the whole contract."""
    folder = tmp_path_factory.mktemp("files")
    whole = bool(os.environ.get("SOAK"))
    selection = [
        f"{_write(files, name, folder)}::Test{name}{test}"
        for name, fault in FAULTS.items()
        for test in ([""] if whole else [f"::{test}" for test in fault.tests])
    ]
    return run_kit(selection, folder, imports=[folder])


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_store_in_a_file_is_caught_by_the_tests_named_for_it(
    named: Mapping[str, Outcome], name: str
) -> None:
    outcome = named[f"Test{name}"]
    print(f"\n{name}: {FAULTS[name].what}: {', '.join(sorted(outcome.failed))}")
    assert [test for test in FAULTS[name].tests if not outcome.fails(test)] == []
