"""Checkpoints: what the chain cannot tell, whoever remembers its end can (failure mode T51)."""

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec
import pytest
from edited_logs import EDITS, Edit, Log, cut, written_anew
from hypothesis import given
from hypothesis import strategies as some
from office import SYSTEM, office

from placet import AccessDenied, Invalid, InvalidState, User
from placet.services.checkpoints import Checkpoint, Checkpoints, read_checkpoints
from placet.services.verification import Verification, verify_export
from placet.storage.memory import MemoryStore
from placet.storage.port import Head, StoredEvent
from placet.storage.sealing import new_event, seal
from placet.testing import PlacetUnderTest

Forge = Callable[[Log], tuple[Log, Head]]
OLD, NEW, OTHER = "o" * 32, "n" * 32, "x" * 32


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with office(secret_keys=[OLD]) as opened:
        yield opened


@pytest.fixture
def kept(placet: PlacetUnderTest) -> Checkpoint:
    return placet.audit.checkpoint(actor=SYSTEM)


def log_of(placet: PlacetUnderTest) -> Log:
    return list(placet.store.events(placet.account, 0, 1000))


def replace_log(placet: PlacetUnderTest, log: Log, head: Head | None = None) -> None:
    """As somebody with a debugger would: placet is not asked."""
    store = placet.store
    assert isinstance(store, MemoryStore)
    state = store._accounts[placet.account]
    state.log[:] = log
    state.head = head or state.head


def verify(placet: PlacetUnderTest, *kept: Checkpoint | str) -> Verification:
    return placet.audit.verify(checkpoints=kept, actor=SYSTEM)


class _Holed(MemoryStore):
    """Reads the log by number, as a database does: what is missing moves nothing up."""

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        found = (event for event in self._accounts[account].log if event.seq > after)
        return tuple(islice(found, limit))


# -- the law -----------------------------------------------------------------------------------


def _changed(log: Log, at: int, what: str, value: bytes, other: int) -> Log:
    """The log after somebody did one thing to it."""
    event = log[at]
    if what == "drop":
        return log[:at] + log[at + 1 :]
    if what == "swap":
        swapped = list(log)
        swapped[at], swapped[other] = log[other], log[at]
        return swapped
    if what == "insert":
        return [*log[:at], log[other], *log[at:]]
    if what == "cut":
        return log[:at]
    old = getattr(event, what)
    new = old + len(value) if isinstance(old, int) else value
    return [*log[:at], msgspec.structs.replace(event, **{what: new}), *log[at + 1 :]]


_places = some.integers(0, 14)


@given(
    some.lists(
        some.tuples(
            _places,
            some.sampled_from(("drop", "swap", "insert", "cut", "body", "digest", "hash", "at")),
            some.binary(max_size=32),
            _places,
        ),
        min_size=1,
        max_size=3,
    ),
    some.booleans(),
    some.booleans(),
)
def test_whatever_is_done_to_a_log_is_told(
    edits: list[tuple[int, str, bytes, int]], numbered: bool, sealed: bool
) -> None:
    """T51: even where whoever did it numbers, seals and ends the log so that nothing shows."""
    with office(secret_keys=[OLD]) as placet:
        kept = placet.audit.checkpoint(actor=SYSTEM)
        before = log = log_of(placet)
        for at, what, value, other in edits:
            if max(at, other) < len(log):
                log = _changed(log, at, what, value, other)
        if numbered:
            log = [msgspec.structs.replace(event, seq=at) for at, event in enumerate(log, 1)]
        head = Head()
        if sealed:
            head, anew = seal(head, [new_event(event.at, event.body) for event in log])
            log = list(anew)
        elif log:
            last = log[-1]
            head = Head(last.version, last.seq, last.at, last.hash)
        replace_log(placet, log, head)
        bare = [(event.seq, event.at, event.body) for event in log]
        same = bare == [(event.seq, event.at, event.body) for event in before]
        assert verify(placet, kept).ok == (same and (sealed or log == before))


# -- the chain ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_what_was_done_inside_of_the_log_is_told_by_the_chain(
    placet: PlacetUnderTest, edit: Edit, told: str
) -> None:
    replace_log(placet, edit(log_of(placet)))
    fault = verify(placet).fault
    assert fault is not None
    assert fault.startswith(told)


@pytest.mark.parametrize("forge", [lambda log: cut(log, 1), written_anew])
def test_without_a_checkpoint_the_rest_looks_intact(placet: PlacetUnderTest, forge: Forge) -> None:
    replace_log(placet, *forge(log_of(placet)))
    assert verify(placet).ok


# -- and whoever remembers its end -------------------------------------------------------------


def test_an_intact_log_meets_every_checkpoint(placet: PlacetUnderTest, kept: Checkpoint) -> None:
    placet.users.create(User(id="zoe"), actor=SYSTEM)
    later = placet.audit.checkpoint(actor=SYSTEM)
    found = verify(placet, kept, later)
    assert (found.ok, found.checkpoints, found.events) == (True, 2, kept.seq + 1)


@pytest.mark.parametrize("by", [1, 5])
def test_an_end_that_was_cut_off_is_told(
    placet: PlacetUnderTest, kept: Checkpoint, by: int
) -> None:
    """T51."""
    replace_log(placet, *cut(log_of(placet), by))
    found = verify(placet, kept)
    assert (found.ok, found.fault) == (False, None)
    assert found.checkpoint_faults == (
        f"the log ends with event {kept.seq - by}, and the checkpoint of 2026-01-01 09:00:00 UTC "
        f"saw event {kept.seq}: its end was cut off",
    )


def test_an_end_that_was_cut_off_and_grew_again_is_told(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    replace_log(placet, *cut(log_of(placet), 1))
    placet.store.commit(placet.account, [], [new_event(0, log_of(placet)[0].body)])
    (fault,) = verify(placet, kept).checkpoint_faults
    assert fault.startswith(f"event {kept.seq} is not the one that the checkpoint of")


def test_a_log_that_was_written_anew_is_told(placet: PlacetUnderTest, kept: Checkpoint) -> None:
    """T51."""
    replace_log(placet, *written_anew(log_of(placet)))
    (fault,) = verify(placet, kept).checkpoint_faults
    assert fault.endswith("signed: the log was written anew")


def test_a_log_that_is_gone_is_told(placet: PlacetUnderTest, kept: Checkpoint) -> None:
    replace_log(placet, [], Head())
    (fault,) = verify(placet, kept).checkpoint_faults
    assert fault.startswith("the log ends with event 0")


def test_behind_a_break_checkpoints_are_not_asked(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    edit, _ = EDITS["the body is edited"]
    replace_log(placet, edit(log_of(placet)))
    found = verify(placet, kept)
    assert (found.checkpoints, found.checkpoint_faults) == (0, ())
    assert not found.ok


def test_an_account_without_events_has_a_checkpoint_too(placet: PlacetUnderTest) -> None:
    empty = placet.tenant("empty")
    kept = empty.audit.checkpoint(actor=SYSTEM)
    assert (kept.seq, kept.hash) == (0, "0" * 64)
    empty.users.create(User(id="zoe"), actor=SYSTEM)
    assert empty.audit.verify(checkpoints=[kept], actor=SYSTEM).ok


# -- whether it is one -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"seq": 1}, {"hash": "0" * 64}, {"mac": "A" * 43}, {"mac": ""}, {"account": "other"}],
    ids=lambda changes: next(iter(changes)),
)
def test_an_edited_checkpoint_is_told(
    placet: PlacetUnderTest, kept: Checkpoint, changes: dict[str, object]
) -> None:
    found = verify(placet, msgspec.structs.replace(kept, **changes))
    assert found.checkpoint_faults == (
        "checkpoint 1 was edited, or signed with none of the secret keys that hold here",
    )


def test_the_moment_of_a_checkpoint_is_signed_as_well(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    edited = msgspec.structs.replace(kept, at=placet.clock.advance("1h"))
    assert not verify(placet, edited).ok


def test_a_checkpoint_of_another_account_is_told(placet: PlacetUnderTest) -> None:
    other = placet.tenant("other").audit.checkpoint(actor=SYSTEM)
    (fault,) = verify(placet, other).checkpoint_faults
    assert fault == "checkpoint 1 is of account 'other', and the log of 'default'"


def test_a_key_that_has_been_replaced_still_verifies(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    assert Checkpoints([NEW, OLD]).fault(placet.account, kept) is None


def test_the_newest_key_signs(placet: PlacetUnderTest) -> None:
    made = Checkpoints([NEW, OLD]).signed("default", Head(), placet.clock.now())
    assert Checkpoints([NEW]).fault("default", made) is None
    assert Checkpoints([OLD]).fault("default", made) is not None


def test_another_key_does_not_verify(placet: PlacetUnderTest, kept: Checkpoint) -> None:
    assert Checkpoints([OTHER]).fault(placet.account, kept) is not None


def test_a_consistency_token_is_signed_with_another_key(placet: PlacetUnderTest) -> None:
    """What is signed for one purpose is good for no other."""
    token = placet.token().rpartition(".")[2]
    kept = placet.audit.checkpoint(actor=SYSTEM)
    assert not verify(placet, msgspec.structs.replace(kept, mac=token)).ok


def test_without_keys_there_are_no_checkpoints() -> None:
    with office() as keyless:
        with pytest.raises(Invalid, match="checkpoints need secret keys"):
            keyless.audit.checkpoint(actor=SYSTEM)
        made = Checkpoints([OLD]).signed("default", Head(), keyless.clock.now())
        with pytest.raises(Invalid, match="checkpoints need secret keys"):
            verify(keyless, made)


# -- as lines ----------------------------------------------------------------------------------


def test_a_line_is_read_as_what_it_was(kept: Checkpoint) -> None:
    assert list(read_checkpoints([kept.line, "", f"{kept.line}\n"])) == [kept, kept]


def test_the_lines_of_a_file_are_held_against_the_log(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    assert verify(placet, f"{kept.line}\n", "\n").checkpoints == 1


@pytest.mark.parametrize("line", ["x", "{}", "[]", '{"note":1}', '{"account":1}', "\x00"])
def test_a_line_that_is_none_is_refused(placet: PlacetUnderTest, line: str) -> None:
    with pytest.raises(Invalid, match="line 1 is no checkpoint"):
        verify(placet, line)


def test_a_field_that_is_not_signed_makes_a_line_none(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    with pytest.raises(Invalid, match="unknown field `note`"):
        verify(placet, f'{kept.line[:-1]},"note":"x"}}')


# -- making one --------------------------------------------------------------------------------


@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_a_broken_log_is_not_signed(placet: PlacetUnderTest, edit: Edit, told: str) -> None:
    replace_log(placet, edit(log_of(placet)))
    with pytest.raises(InvalidState, match=told):
        placet.audit.checkpoint(actor=SYSTEM)


def test_what_came_before_an_earlier_checkpoint_is_not_walked_again(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    edit, _ = EDITS["the body is edited"]
    replace_log(placet, edit(log_of(placet)))
    assert placet.audit.checkpoint(since=kept, actor=SYSTEM).seq == kept.seq


@pytest.mark.parametrize("forge", [lambda log: cut(log, 1), written_anew])
def test_a_log_that_does_not_meet_the_earlier_checkpoint_is_not_signed(
    placet: PlacetUnderTest, kept: Checkpoint, forge: Forge
) -> None:
    replace_log(placet, *forge(log_of(placet)))
    with pytest.raises(InvalidState, match="no checkpoint is made"):
        placet.audit.checkpoint(since=kept.line, actor=SYSTEM)


def test_an_earlier_checkpoint_that_was_edited_is_refused(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    with pytest.raises(InvalidState, match="was edited"):
        placet.audit.checkpoint(since=msgspec.structs.replace(kept, seq=1), actor=SYSTEM)


def test_an_earlier_checkpoint_whose_event_is_missing_is_told(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    placet.users.create(User(id="zoe"), actor=SYSTEM)
    log = log_of(placet)
    del log[kept.seq - 1]
    placet.store.__class__ = _Holed
    replace_log(placet, log)
    with pytest.raises(InvalidState, match=f"event {kept.seq} is missing"):
        placet.audit.checkpoint(since=kept, actor=SYSTEM)


def test_an_earlier_checkpoint_of_an_empty_log_is_gone_on_from(placet: PlacetUnderTest) -> None:
    empty = placet.tenant("empty")
    kept = empty.audit.checkpoint(actor=SYSTEM)
    empty.users.create(User(id="zoe"), actor=SYSTEM)
    assert empty.audit.checkpoint(since=kept, actor=SYSTEM).seq == 1


@pytest.mark.parametrize("principal", ["user:sam", "user:eve"])
def test_it_takes_the_right_to_see_the_log(placet: PlacetUnderTest, principal: str) -> None:
    with pytest.raises(AccessDenied, match="core_audit_view"):
        placet.audit.checkpoint(actor=principal)


def test_who_may_see_the_log_may_make_one(placet: PlacetUnderTest) -> None:
    assert verify(placet, placet.audit.checkpoint(actor="user:root")).ok


# -- an export ---------------------------------------------------------------------------------


def test_an_export_is_held_against_checkpoints_without_a_store(
    placet: PlacetUnderTest, kept: Checkpoint
) -> None:
    lines = list(placet.audit.export(actor=SYSTEM))
    found = verify_export(lines, [kept], secret_keys=[NEW, OLD])
    assert (found.ok, found.checkpoints, found.head) == (True, 1, kept.hash)
    assert not verify_export(lines[:-1], [kept], secret_keys=[OLD]).ok
