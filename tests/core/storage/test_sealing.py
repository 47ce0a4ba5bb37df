"""The hash chain: editing, deleting, reordering or inserting an event is noticed (T51)."""

import hashlib
import struct

import msgspec
import pytest

from placet.storage.port import Head, StoredEvent
from placet.storage.sealing import chain_fault, new_event, seal

BODIES = [b'{"n":1}', b'{"n":2}', b'{"n":3}', b'{"n":4}']


@pytest.fixture
def log() -> list[StoredEvent]:
    first, events = seal(Head(), [new_event(10, BODIES[0]), new_event(20, BODIES[1])])
    _, more = seal(first, [new_event(30, BODIES[2]), new_event(40, BODIES[3])])
    return [*events, *more]


def test_a_chain_as_it_was_sealed_holds(log: list[StoredEvent]) -> None:
    assert chain_fault(Head(), log) is None


def test_an_empty_chain_holds() -> None:
    assert chain_fault(Head(), []) is None


def test_a_chain_holds_from_any_head_in_it() -> None:
    head, _ = seal(Head(), [new_event(10, b"{}")])
    _, events = seal(head, [new_event(20, b"[]")])
    assert chain_fault(head, events) is None


def test_the_seal_has_one_fixed_layout() -> None:
    digest = hashlib.sha256(b"{}").digest()
    _, (event,) = seal(Head(), [new_event(7, b"{}")])
    assert event.hash == hashlib.sha256(struct.pack(">32sQQ32s", bytes(32), 1, 7, digest)).digest()


@pytest.mark.parametrize("at", range(4))
def test_an_edited_body_is_noticed(log: list[StoredEvent], at: int) -> None:
    """T22, T51."""
    log[at] = msgspec.structs.replace(log[at], body=b'{"n":9}')
    assert (
        chain_fault(Head(), log) == f"event {at + 1} was edited: its body does not match its digest"
    )


@pytest.mark.parametrize("at", range(4))
def test_an_edited_body_with_its_digest_is_noticed(log: list[StoredEvent], at: int) -> None:
    body = b'{"n":9}'
    log[at] = msgspec.structs.replace(log[at], body=body, digest=hashlib.sha256(body).digest())
    assert chain_fault(Head(), log) == f"event {at + 1} does not follow from the one before it"


@pytest.mark.parametrize("at", range(4))
def test_an_edited_time_is_noticed(log: list[StoredEvent], at: int) -> None:
    log[at] = msgspec.structs.replace(log[at], at=log[at].at + 1)
    assert chain_fault(Head(), log) == f"event {at + 1} does not follow from the one before it"


@pytest.mark.parametrize("at", range(3))
def test_a_deleted_event_is_noticed(log: list[StoredEvent], at: int) -> None:
    """T51."""
    del log[at]
    assert (
        chain_fault(Head(), log) == f"event {at + 1} is missing: event {at + 2} stands in its place"
    )


@pytest.mark.parametrize("at", range(3))
def test_a_deleted_event_is_noticed_when_the_rest_is_renumbered(
    log: list[StoredEvent], at: int
) -> None:
    del log[at]
    renumbered = [msgspec.structs.replace(event, seq=seq) for seq, event in enumerate(log, start=1)]
    assert chain_fault(Head(), renumbered) is not None


@pytest.mark.parametrize("at", range(3))
def test_reordered_events_are_noticed(log: list[StoredEvent], at: int) -> None:
    """T51."""
    log[at], log[at + 1] = log[at + 1], log[at]
    assert chain_fault(Head(), log) is not None


@pytest.mark.parametrize("at", range(3))
def test_bodies_that_changed_places_are_noticed(log: list[StoredEvent], at: int) -> None:
    one, other = log[at], log[at + 1]
    log[at] = msgspec.structs.replace(one, body=other.body, digest=other.digest)
    log[at + 1] = msgspec.structs.replace(other, body=one.body, digest=one.digest)
    assert chain_fault(Head(), log) is not None


@pytest.mark.parametrize("at", range(4))
def test_an_inserted_event_is_noticed(log: list[StoredEvent], at: int) -> None:
    """T51."""
    before = log[at - 1] if at else None
    head = Head(1, at, before.at if before else 0, before.hash if before else bytes(32))
    _, forged = seal(head, [new_event(head.at, b"{}")])
    assert chain_fault(Head(), [*log[:at], *forged, *log[at:]]) is not None


def test_time_is_lifted_to_the_last_event() -> None:
    head, _ = seal(Head(), [new_event(100, b"{}")])
    head, (event,) = seal(head, [new_event(50, b"{}")])
    assert (event.at, head.at) == (100, 100)


def test_time_that_runs_backwards_is_noticed(log: list[StoredEvent]) -> None:
    log[2] = msgspec.structs.replace(log[2], at=15)
    assert chain_fault(Head(), log) == "event 3 is earlier than the one before it"


def test_a_commit_without_events_moves_the_version_only() -> None:
    head, _ = seal(Head(), [new_event(5, b"{}")])
    after, events = seal(head, [])
    assert events == ()
    assert after == Head(head.version + 1, head.seq, head.at, head.hash)
