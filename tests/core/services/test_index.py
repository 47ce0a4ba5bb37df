"""The index of an account follows its log, whoever wrote it, in whole commits."""

import pytest
from office import SYSTEM

from placet import Assignment, Invalid, Placet, Role, User, hookimpl
from placet.access.snapshot import Snapshot
from placet.model import Claim, Record
from placet.services import index as index_module
from placet.services.asking import Ask
from placet.services.index import AccountIndex
from placet.services.work import Work
from placet.storage.memory import MemoryStore
from placet.storage.nouns import key_for
from placet.storage.port import Store, StoredEvent
from placet.testing import ManualClock


class _Shared:
    """A store that two engines open: what two processes on one database are."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    @hookimpl
    def placet_open_store(self, url: str) -> Store | None:
        return self.store if url == "shared://" else None


@pytest.fixture
def two() -> tuple[Placet, Placet]:
    shared = _Shared()
    clock = ManualClock("2026-01-01T09:00Z")
    first = Placet.open("shared://", plugins=[shared], clock=clock)
    second = Placet.open("shared://", plugins=[shared], clock=clock)
    return first, second


def _fill(placet: Placet, users: int = 3) -> None:
    with placet.acting(SYSTEM):
        from placet import Permission

        placet.permissions.create(Permission.dotted("invoice.read"))
        placet.roles.create(Role(id="reader", permissions=("invoice.read",)))
        for number in range(users):
            placet.users.create(User(id=f"u{number}"))
        placet.assignments.create(Assignment(id="a", principal="user:u0", role="reader"))


def test_a_fresh_engine_loads_what_is_there(two: tuple[Placet, Placet]) -> None:
    first, second = two
    _fill(first)
    assert second.check("user:u0", "invoice.read", "invoice:1")


def test_latest_sees_what_another_process_has_committed(two: tuple[Placet, Placet]) -> None:
    """Failure mode 18: a revoked right is gone for who asks for the latest."""
    first, second = two
    _fill(first)
    ask = ("user:u0", "invoice.read", "invoice:1")
    assert second.check(*ask)
    first.assignments.delete("a", actor=SYSTEM)
    assert not first.check(*ask)
    assert not second.check(*ask, consistency="latest")


def test_a_decision_on_rights_never_rests_on_an_old_index(two: tuple[Placet, Placet]) -> None:
    first, second = two
    _fill(first)
    with first.acting(SYSTEM):
        first.assignments.create(Assignment(id="root", principal="user:u1", role="_account_admin"))
    assert second.users.list(actor="user:u1").total == 3
    first.assignments.delete("root", actor=SYSTEM)
    from placet import AccessDenied

    with pytest.raises(AccessDenied):
        second.users.create(User(id="new"), actor="user:u1")


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_any_batch_of_the_log_leads_to_the_same_index(
    two: tuple[Placet, Placet], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    assert second.users.list(actor=SYSTEM).total == 0
    _fill(first, users=9)
    first.users.delete("u3", actor=SYSTEM)
    monkeypatch.setattr(index_module, "_BATCH", batch)
    snapshot = second.questions.inquiry(
        Ask("user:u0", "invoice.read"), consistency="latest"
    ).snapshot
    assert sorted(snapshot.users) == [f"user:u{number}" for number in range(9) if number != 3]
    assert snapshot.revision == first.store.head("default").seq


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_a_commit_of_several_events_is_published_whole(
    two: tuple[Placet, Placet], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    _fill(first)
    assert second.check("user:u0", "invoice.read")
    store = first.store
    index = AccountIndex(store, "default", Snapshot())
    tenant = first.questions.view.tenant

    def many(work: Work) -> None:
        for number in range(30):
            work.put(User(id=f"big{number}", attributes={"text": "x" * 100_000}))
        work.record("bundle.applied")

    tenant.run(SYSTEM, many)
    events = store.events("default", 0, 1000)
    assert len({event.version for event in events}) < len(events)
    monkeypatch.setattr(index_module, "_BATCH", batch)
    seen = {sum(ref.startswith("user:big") for ref in index.latest().users)}
    assert seen == {30}


def test_a_load_that_others_write_under_ends_at_the_head(two: tuple[Placet, Placet]) -> None:
    """Documents may be newer than the head that was read before them: the log puts it right."""
    first, second = two
    _fill(first)
    store = first.store
    real_find = MemoryStore.find
    wrote: list[bool] = []

    def find_and_write(self: MemoryStore, account: str, query: object) -> object:
        page = real_find(self, account, query)  # type: ignore[arg-type]  # passed on
        if not wrote:
            wrote.append(True)
            first.users.create(User(id="meanwhile"), actor=SYSTEM)
            first.assignments.delete("a", actor=SYSTEM)
        return page

    patched = type("Patched", (MemoryStore,), {"find": find_and_write})
    assert isinstance(store, MemoryStore)
    store.__class__ = patched
    assert not second.check("user:u0", "invoice.read", "invoice:1")
    snapshot = second.questions.inquiry(Ask("user:u0", "invoice.read")).snapshot
    assert "user:meanwhile" in snapshot.users
    assert snapshot.revision == store.head("default").seq


def test_accounts_do_not_see_each_other(two: tuple[Placet, Placet]) -> None:
    """Failure mode 35."""
    first, _ = two
    _fill(first)
    with pytest.raises(Invalid, match="not registered"):
        first.tenant("other").check("user:u0", "invoice.read", "invoice:1")
    assert first.store.accounts() == ("default",)


def test_a_record_that_was_changed_twice_in_one_step_is_a_mistake(
    two: tuple[Placet, Placet],
) -> None:
    tenant = two[0].questions.view.tenant

    def twice(work: Work) -> Record:
        work.put(User(id="sam"))
        return work.put(User(id="sam", name="again"))

    with pytest.raises(Invalid, match="changed twice"):
        tenant.run(SYSTEM, twice)


def _made(placet: Placet, *names: str) -> None:
    for name in names:
        placet.users.create(User(id=name), actor=SYSTEM)


def test_who_watches_a_document_is_told_of_each_change_until_they_stop(
    two: tuple[Placet, Placet],
) -> None:
    first, second = two
    index = first.users.view.tenant.index
    index.latest()
    rung: list[str] = []
    with index.watched(key_for(User, "sam"), lambda: rung.append("sam")):
        _made(first, "kim", "sam")
        second.users.update(User(id="sam", name="Sam"), actor=SYSTEM)
        assert rung == ["sam"]
        index.latest()
    first.users.delete("sam", actor=SYSTEM)
    assert rung == ["sam", "sam"]


def test_several_watch_a_document_each_for_themselves(two: tuple[Placet, Placet]) -> None:
    first, _ = two
    index = first.users.view.tenant.index
    index.latest()
    rung: list[str] = []
    with index.watched(key_for(User, "sam"), lambda: rung.append("one")):
        with index.watched(key_for(User, "sam"), lambda: rung.append("other")):
            _made(first, "sam")
        first.users.delete("sam", actor=SYSTEM)
    assert sorted(rung[:2]) == ["one", "other"]
    assert rung[2:] == ["one"]


def test_a_child_does_not_ring_who_watches_in_its_parent(two: tuple[Placet, Placet]) -> None:
    first, _ = two
    index = first.users.view.tenant.index
    rung: list[None] = []
    with index.watched(key_for(User, "sam"), lambda: rung.append(None)):
        index.after_fork(lambda: None)
        _made(first, "sam")
    assert rung == []


class _Counting(MemoryStore):
    """A store that counts how often its log is read."""

    reads = 0

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        self.reads += 1
        return super().events(account, after, limit)


def test_a_commit_of_ones_own_is_followed_without_reading_the_log_again() -> None:
    shared = _Shared()
    store = shared.store = _Counting()
    with Placet.open("shared://", plugins=[shared]) as placet:
        _fill(placet)
        before = store.reads
        placet.users.create(User(id="mine"), actor=SYSTEM)
        assert store.reads - before == 1, "before it decides, for what others did"
        index = placet.questions.view.tenant.index
        assert index.ready is not None
        assert index.ready.revision == store.head("default").seq
        assert "user:mine" in index.ready.users


def test_what_others_commit_while_one_decides_is_followed_too(two: tuple[Placet, Placet]) -> None:
    first, second = two
    _fill(first)
    tenant = first.questions.view.tenant

    def use_case(work: Work) -> None:
        work.put(Claim(purpose="test", key="a", holder="b"))
        work.record("test.claimed")
        second.users.create(User(id="theirs"), actor=SYSTEM)

    tenant.run(SYSTEM, use_case)
    assert tenant.index.ready is not None
    assert tenant.index.ready.revision == first.store.head("default").seq
    assert "user:theirs" in tenant.index.ready.users


def test_an_id_that_was_made_up_and_is_taken_is_made_up_anew(two: tuple[Placet, Placet]) -> None:
    first, _ = two
    _fill(first)
    ids = iter(("u1", "u9"))

    def use_case(work: Work) -> User:
        made = work.put(User(id=next(ids), name="new"), new=True)
        work.record("user.created")
        return made

    assert first.questions.view.tenant.run(SYSTEM, use_case).id == "u9"
    assert first.users.get("user:u1", actor=SYSTEM).name == ""
