"""Joined to the application's transaction, the approval and the business row stand or fall
together: what is inside, what others see, and when.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from placet import (
    SYSTEM,
    ApprovalRequired,
    Assignment,
    Conflict,
    Invalid,
    Placet,
    Unavailable,
    User,
)


def _approved(placet: Placet) -> str:
    """The id of an approval by which sam has a pass."""
    asked = placet.request("invoice.pay", "invoice:7", {"id": 7, "amount": 900}, actor="user:sam")
    return placet.review(asked.id, "approve", actor="user:dana").id


def _pass_status(placet: Placet) -> str:
    (grant,) = placet.grants.list(actor=SYSTEM).items
    return grant.status


def _pay(placet: Placet, connection: sqlite3.Connection) -> None:
    """What an application does: take the pass, and write the row, in one transaction."""
    with placet.joined(connection) as inside, inside.permit("invoice.pay", "invoice:7",
                                                            {"id": 7, "amount": 900},
                                                            actor="user:sam"):  # fmt: skip
        connection.execute("UPDATE invoice SET paid = 900 WHERE id = 7")


def _paid(database: Path) -> int:
    with closing(sqlite3.connect(database)) as other:
        (paid,) = other.execute("SELECT paid FROM invoice WHERE id = 7").fetchone()
    return int(paid)


def test_a_commit_takes_the_pass_and_keeps_the_row(
    placet: Placet, connection: sqlite3.Connection, database: Path
) -> None:
    _approved(placet)
    _pay(placet, connection)
    connection.commit()
    assert (_pass_status(placet), _paid(database)) == ("consumed", 900)


def test_a_rollback_returns_the_pass_and_undoes_the_row(
    placet: Placet, connection: sqlite3.Connection, database: Path
) -> None:
    _approved(placet)
    _pay(placet, connection)
    connection.rollback()
    assert (_pass_status(placet), _paid(database)) == ("active", 0)
    _pay(placet, connection)
    connection.commit()
    assert (_pass_status(placet), _paid(database)) == ("consumed", 900)


def test_nothing_is_committed_by_the_block_itself(
    placet: Placet, connection: sqlite3.Connection, database: Path
) -> None:
    _approved(placet)
    _pay(placet, connection)
    assert connection.in_transaction
    assert (_pass_status(placet), _paid(database)) == ("active", 0)
    connection.rollback()


def test_an_error_in_the_block_leaves_the_transaction_to_the_application(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    connection.execute("UPDATE invoice SET paid = 1 WHERE id = 8")
    with pytest.raises(ZeroDivisionError), placet.joined(connection):
        _ = 1 // 0
    assert connection.in_transaction
    connection.rollback()


def test_a_refused_commit_leaves_what_the_transaction_did_before(
    placet: Placet, connection: sqlite3.Connection, database: Path
) -> None:
    connection.execute("UPDATE invoice SET paid = 1 WHERE id = 7")
    with placet.joined(connection) as inside, pytest.raises(Invalid):
        inside.users.create(User(id=""), actor=SYSTEM)
    connection.commit()
    assert _paid(database) == 1


def test_an_approval_can_be_asked_for_with_the_row_that_it_is_about(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        connection.execute("INSERT INTO invoice VALUES (9, 0)")
        asked = inside.request("invoice.pay", "invoice:9", actor="user:sam")
        assert inside.approvals.get(asked.id, actor="user:sam").status == "pending"
    connection.commit()
    assert placet.approvals.get(asked.id, actor="user:sam").status == "pending"


def test_what_was_asked_for_and_rolled_back_is_not_there(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        inside.request("invoice.pay", "invoice:9", actor="user:sam")
    connection.rollback()
    assert placet.approvals.list(actor=SYSTEM).items == ()
    assert placet.audit.verify(actor=SYSTEM).ok


def test_a_permit_inside_opens_no_approval(placet: Placet, connection: sqlite3.Connection) -> None:
    """A rollback would lose it, and the caller would wait for nobody."""
    with placet.joined(connection) as inside, pytest.raises(ApprovalRequired) as refused:
        inside.permits.permit("invoice.pay", "invoice:7", actor="user:sam")
    assert refused.value.approval is None
    assert "outside the transaction" in str(refused.value)
    connection.commit()
    assert placet.approvals.list(actor=SYSTEM).items == ()


def test_a_permit_inside_names_the_approval_that_is_pending(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    asked = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    with placet.joined(connection) as inside, pytest.raises(ApprovalRequired) as refused:
        inside.permits.permit("invoice.pay", "invoice:7", actor="user:sam")
    assert refused.value.approval == asked.id


def test_a_protected_function_inside_takes_the_pass(
    placet: Placet, connection: sqlite3.Connection, database: Path
) -> None:
    _approved(placet)
    with placet.joined(connection) as inside:

        @inside.requires("invoice.pay", on="invoice:{id}")
        def pay(id: int, amount: int) -> None:
            connection.execute("UPDATE invoice SET paid = ? WHERE id = ?", (amount, id))

        with inside.acting("user:sam"):
            pay(7, amount=900)
    connection.commit()
    assert (_pass_status(placet), _paid(database)) == ("consumed", 900)


def test_who_acts_outside_acts_inside(placet: Placet, connection: sqlite3.Connection) -> None:
    with placet.acting("user:sam"), placet.joined(connection) as inside:
        assert inside.request("invoice.pay", "invoice:9").requester == "user:sam"


# -- what others see, and when ------------------------------------------------------------------


def _read_right(placet: Placet) -> bool:
    return placet.check("user:dana", "invoice.read", "invoice:7")


def _give_right(inside: Placet) -> None:
    inside.assignments.create(Assignment(id="d", principal="user:dana", role="clerk"), actor=SYSTEM)


def test_a_right_given_inside_holds_inside_at_once(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        _give_right(inside)
        assert _read_right(inside)


def test_a_right_given_inside_holds_outside_after_the_commit_only(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        _give_right(inside)
    assert not _read_right(placet)
    connection.commit()
    assert _read_right(placet)


def test_a_right_given_inside_and_rolled_back_holds_nowhere(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        _give_right(inside)
        connection.rollback()
        assert not _read_right(inside)
    assert not _read_right(placet)


def test_a_right_is_seen_though_the_connection_is_in_its_next_transaction(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    """A pool hands a connection on at once."""
    with placet.joined(connection) as inside:
        _give_right(inside)
    connection.commit()
    connection.execute("UPDATE invoice SET paid = 1 WHERE id = 8")
    assert _read_right(placet)


def test_a_savepoint_of_the_application_takes_back_what_was_done_in_it(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    """As Django's nested atomic blocks do."""
    with placet.joined(connection) as inside:
        inside.users.create(User(id="kim"), actor=SYSTEM)
        connection.execute("SAVEPOINT theirs")
        _give_right(inside)
        assert _read_right(inside)
        connection.execute("ROLLBACK TO theirs")
        assert not _read_right(inside)
    connection.commit()
    assert not _read_right(placet)
    assert placet.users.get("kim", actor=SYSTEM).id == "kim"


def test_events_are_seen_after_the_commit_only(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    before = placet.store.head("default").seq
    with placet.joined(connection) as inside:
        inside.request("invoice.pay", "invoice:9", actor="user:sam")
    assert placet.store.events("default", before, 10) == ()
    connection.commit()
    assert len(placet.store.events("default", before, 10)) == 1
    assert placet.audit.verify(actor=SYSTEM).ok


def test_another_account_can_be_worked_on_in_the_same_transaction(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        inside.users.create(User(id="kim"), actor=SYSTEM)
        inside.tenant("acme").users.create(User(id="kim"), actor=SYSTEM)
    connection.rollback()
    assert placet.store.accounts() == ("default",)


# -- two at once --------------------------------------------------------------------------------


def test_a_transaction_that_rests_on_what_changed_since_is_a_conflict(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    _approved(placet)
    connection.isolation_level = None
    connection.execute("BEGIN")
    connection.execute("SELECT paid FROM invoice").fetchall()
    placet.users.create(User(id="kim"), actor=SYSTEM)
    with pytest.raises(Conflict, match="begin anew"):
        _pay(placet, connection)
    connection.execute("ROLLBACK")
    _pay(placet, connection)
    connection.execute("COMMIT")
    assert _pass_status(placet) == "consumed"


def test_a_transaction_that_has_read_cannot_wait_for_one_that_writes(
    placet: Placet, database: Path
) -> None:
    with (
        closing(sqlite3.connect(database, isolation_level=None)) as first,
        closing(sqlite3.connect(database, isolation_level=None)) as second,
    ):
        second.execute("BEGIN")
        second.execute("SELECT paid FROM invoice").fetchall()
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(Conflict, match="begin anew"):
            _pay(placet, second)
        second.execute("ROLLBACK")
        first.execute("ROLLBACK")


def test_who_finds_the_file_locked_is_told(placet: Placet, database: Path) -> None:
    _approved(placet)
    with (
        closing(sqlite3.connect(database, isolation_level=None)) as first,
        closing(sqlite3.connect(database, timeout=0)) as second,
    ):
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked by another process or connection"):
            _pay(placet, second)
        first.execute("ROLLBACK")
        _pay(placet, second)
        second.commit()
    assert _pass_status(placet) == "consumed"


def test_a_pass_is_taken_once_by_two_transactions(placet: Placet, database: Path) -> None:
    _approved(placet)
    outcomes: list[str] = []

    def pay() -> None:
        with closing(sqlite3.connect(database)) as mine:
            try:
                _pay(placet, mine)
            except ApprovalRequired:
                outcomes.append("refused")
                mine.rollback()
            else:
                mine.commit()
                outcomes.append("paid")

    threads = [Thread(target=pay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["paid", "refused", "refused", "refused"]


# -- which connections --------------------------------------------------------------------------


def test_rows_of_another_shape_are_no_matter(placet: Placet, database: Path) -> None:
    _approved(placet)
    with closing(sqlite3.connect(database)) as other:
        other.row_factory = sqlite3.Row
        _pay(placet, other)
        other.commit()
        assert other.row_factory is sqlite3.Row
    assert _pass_status(placet) == "consumed"


@pytest.mark.parametrize("isolation_level", [None, "DEFERRED", "IMMEDIATE", "EXCLUSIVE"])
def test_every_isolation_level_of_sqlite3_can_be_joined(
    placet: Placet, database: Path, isolation_level: str | None
) -> None:
    _approved(placet)
    with closing(sqlite3.connect(database, isolation_level=isolation_level)) as other:  # type: ignore[arg-type]  # any of them
        _pay(placet, other)
        other.commit()
    assert _pass_status(placet) == "consumed"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit came with Python 3.12")
def test_a_connection_without_autocommit_can_be_joined(placet: Placet, database: Path) -> None:
    _approved(placet)
    with closing(sqlite3.connect(database, autocommit=False)) as other:  # type: ignore[call-overload,unused-ignore]  # newer than 3.11
        _pay(placet, other)
        other.commit()
    assert _pass_status(placet) == "consumed"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit came with Python 3.12")
def test_a_connection_in_autocommit_mode_needs_a_transaction_first(
    placet: Placet, database: Path
) -> None:
    _approved(placet)
    with closing(sqlite3.connect(database, autocommit=True)) as other:  # type: ignore[call-overload,unused-ignore]  # newer than 3.11
        with pytest.raises(Invalid, match="autocommit mode"):
            _pay(placet, other)
        other.execute("BEGIN")
        _pay(placet, other)
        other.execute("COMMIT")
    assert _pass_status(placet) == "consumed"


def test_a_connection_to_another_file_is_refused(placet: Placet, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "other.db")) as other,
        pytest.raises(Invalid, match=r"is to .*other\.db, and the store is in .*app\.db"),
        placet.joined(other),
    ):
        pass


def test_a_connection_to_memory_is_refused(placet: Placet) -> None:
    with (
        closing(sqlite3.connect(":memory:")) as other,
        pytest.raises(Invalid, match="a database in memory"),
        placet.joined(other),
    ):
        pass


def test_something_else_than_a_connection_is_refused(placet: Placet) -> None:
    with pytest.raises(Invalid, match="a str is no connection"), placet.joined("app.db"):
        pass


def test_a_connection_with_text_of_its_own_is_refused(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    connection.text_factory = bytes
    with pytest.raises(Invalid, match="text_factory"), placet.joined(connection):
        pass


def test_a_store_that_cannot_be_joined_says_so(connection: sqlite3.Connection) -> None:
    with (
        Placet.open("memory://") as placet,
        pytest.raises(Invalid, match="MemoryStore cannot be joined"),
        placet.joined(connection),
    ):
        pass


def test_a_joined_engine_is_not_joined_again(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with (
        placet.joined(connection) as inside,
        pytest.raises(Invalid, match="inside a transaction already"),
        inside.joined(connection),
    ):
        pass


def test_behind_the_block_nothing_goes_through(
    placet: Placet, connection: sqlite3.Connection
) -> None:
    with placet.joined(connection) as inside:
        pass
    with pytest.raises(Unavailable, match="join it again"):
        inside.check("user:sam", "invoice.read", "invoice:7")
