"""The log as lines of JSON: what a reader sees, with seals that anybody can verify."""

import tracemalloc

import msgspec
import pytest
from edited_logs import EDITS, Edit
from hypothesis import given
from hypothesis import strategies as some
from office import SYSTEM

from placet import AccessDenied, Invalid, User
from placet.errors import Corrupt
from placet.model import Event, plain
from placet.services.verification import verify_export
from placet.storage.exporting import export_line, exported_events
from placet.storage.memory import MemoryStore
from placet.storage.port import StoredEvent
from placet.storage.sealing import new_event
from placet.testing import PlacetUnderTest

IN_FRONT = {"format", "digest"}
"""What a line has and an event, as a reader sees it, has not."""


@pytest.fixture
def busy(placet: PlacetUnderTest) -> PlacetUnderTest:
    """With an approval of which numbers and texts of every kind are part."""
    args = {"amount": 1e100, "small": 5e-324, "text": '",\n"format": ü \u2028 \x7f', "n": 2**60}
    asked = placet.request("invoice.pay", "invoice:7", args, actor="user:sam")
    placet.clock.advance("1ms")
    placet.approve(asked, by="user:dana")
    return placet


def exported(placet: PlacetUnderTest, **options: object) -> list[bytes]:
    return list(placet.audit.export(actor=SYSTEM, **options))  # type: ignore[arg-type]  # filters


def events_of(placet: PlacetUnderTest) -> tuple[Event, ...]:
    return placet.audit.list(limit=1000, actor=SYSTEM).items


# -- lines -------------------------------------------------------------------------------------


def test_a_line_is_the_event_as_a_reader_sees_it(busy: PlacetUnderTest) -> None:
    for line, event in zip(exported(busy), events_of(busy), strict=True):
        read = msgspec.json.decode(line)
        assert {name: read[name] for name in read.keys() - IN_FRONT} == msgspec.json.decode(
            msgspec.json.encode(event)
        )
        assert plain(msgspec.convert(read, Event)) == plain(event)


def test_every_event_is_one_line(busy: PlacetUnderTest) -> None:
    lines = exported(busy)
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert [msgspec.json.decode(line)["seq"] for line in lines] == [*range(1, len(lines) + 1)]


def test_a_line_is_read_as_the_event_that_it_was(busy: PlacetUnderTest) -> None:
    assert list(exported_events(exported(busy))) == list(busy.store.events("default", 0, 1000))


@given(some.dictionaries(some.text(max_size=4), some.text() | some.floats(allow_nan=False)))
def test_whatever_an_event_holds_its_line_holds(data: dict[str, object]) -> None:
    body = b'{"format":1,"account":"a","data":' + msgspec.json.encode(data) + b"}"
    event = StoredEvent(7, 3, 1, body, new_event(1, body).digest, b"h" * 32)
    assert list(exported_events([export_line(event)])) == [event]


# -- which -------------------------------------------------------------------------------------


def test_it_goes_on_behind_a_number(busy: PlacetUnderTest) -> None:
    assert exported(busy, after=3) == exported(busy)[3:]


@pytest.mark.parametrize(
    "filters",
    [{"kind": "approval.reviewed"}, {"principal": "user:sam"}, {"approval": "?"}],
    ids=lambda filters: next(iter(filters)),
)
def test_it_is_filtered_like_the_list(busy: PlacetUnderTest, filters: dict[str, str]) -> None:
    if "approval" in filters:
        (waiting,) = busy.approvals.list(actor=SYSTEM).items
        filters = {"approval": waiting.id}
    listed = busy.audit.list(limit=1000, actor=SYSTEM, **filters).items  # type: ignore[arg-type]  # filters
    assert [msgspec.json.decode(line)["seq"] for line in exported(busy, **filters)] == [
        event.seq for event in listed
    ]
    assert 0 < len(listed) < len(events_of(busy))


def test_it_ends_where_the_log_ended_when_it_began(placet: PlacetUnderTest) -> None:
    lines = placet.audit.export(actor=SYSTEM)
    last = placet.store.head("default").seq
    placet.users.create(User(id="zoe"), actor=SYSTEM)
    assert len(list(lines)) == last


def test_nothing_is_behind_the_last_event(placet: PlacetUnderTest) -> None:
    assert exported(placet, after=10**6) == []


def test_a_number_below_zero_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="after is -1"):
        placet.audit.export(after=-1, actor=SYSTEM)


def test_who_may_not_see_the_log_is_told_before_the_first_line(placet: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied, match="core_audit_view"):
        placet.audit.export(actor="user:sam")


def test_it_takes_no_more_memory_for_more_events(placet: PlacetUnderTest) -> None:
    account = placet.tenant("large")
    body = b'{"format":1,"account":"large","data":{"text":"%b"}}' % (b"x" * 10_000)
    for _ in range(40):
        account.store.commit("large", [], [new_event(0, body)] * 100)

    def peak(after: int) -> int:
        tracemalloc.start()
        try:
            for _ in account.audit.export(after=after, actor=SYSTEM):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(0) < 2 * peak(3000) + 100_000  # 4000 events, and 1000


def test_a_body_that_placet_did_not_write_is_not_exported(placet: PlacetUnderTest) -> None:
    placet.store.commit("default", [], [new_event(0, b"{}")])
    with pytest.raises(Corrupt, match="cannot be exported"):
        exported(placet)


# -- verified ----------------------------------------------------------------------------------


def test_an_export_is_verified_without_a_store(busy: PlacetUnderTest) -> None:
    found = verify_export(exported(busy))
    assert found == busy.audit.verify(actor=SYSTEM)
    assert found.ok


def test_exports_that_follow_each_other_are_one_log(busy: PlacetUnderTest) -> None:
    parts = [*exported(busy)[:5], b"\n", *exported(busy, after=5)]
    assert verify_export(parts).events == len(events_of(busy))


@pytest.mark.parametrize(
    ("edit", "told"),
    [pair for name, pair in EDITS.items() if name != "the last one is deleted"],
    ids=[name for name in EDITS if name != "the last one is deleted"],
)
def test_what_was_done_to_an_export_is_told(placet: PlacetUnderTest, edit: Edit, told: str) -> None:
    log = edit(list(exported_events(exported(placet))))
    fault = verify_export(map(export_line, log)).fault
    assert fault is not None
    assert fault.startswith(told)


def test_an_export_that_begins_later_is_told(busy: PlacetUnderTest) -> None:
    fault = verify_export(exported(busy, after=3)).fault
    assert fault == "event 1 is missing: event 4 stands in its place"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":2,', b'"version":2,"note":"x",'),
        (b'"version":2,', b'"version":2, '),
        (b"00Z", b"00.000001Z"),
        (b"00Z", b"00"),
        (b'"format":1', b'"formatted":1'),
        (b"}\n", b"\n"),
    ],
)
def test_a_line_that_was_written_anew_is_told(
    placet: PlacetUnderTest, old: bytes, new: bytes
) -> None:
    """Nothing may stand in a line that is in no seal."""
    lines = exported(placet)
    assert old in lines[1]
    lines[1] = lines[1].replace(old, new)
    found = verify_export(lines)
    assert found.events == 1
    assert found.fault is not None
    assert found.fault.startswith("line 2 is no exported event")


@pytest.mark.parametrize("lines", [[b"x"], [b"{}\n"], [b"\xff\n"]])
def test_what_is_no_export_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(Invalid, match="line 1 is no exported event"):
        verify_export(lines)


@pytest.mark.parametrize("lines", [[], [b"\n"]])
def test_an_empty_export_proves_nothing(lines: list[bytes]) -> None:
    with pytest.raises(Invalid, match="the export is empty"):
        verify_export(lines)


def test_a_store_whose_log_was_edited_gives_an_export_that_says_so(busy: PlacetUnderTest) -> None:
    edit, told = EDITS["the body is edited"]
    store = busy.store
    assert isinstance(store, MemoryStore)
    log = store._accounts["default"].log
    log[:] = edit(log)
    assert (verify_export(exported(busy)).fault or "").startswith(told)
