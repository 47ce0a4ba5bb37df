"""Verifying a store: what placet did not write is told, and what it wrote is not.

The store is an honest one, which an engine has filled; each test forges one thing in a copy of it,
below the port, as somebody with a database client would.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from placet.bundle import loads
from placet.clock import SystemClock
from placet.engine import Placet
from placet.errors import Corrupt
from placet.hooks import hookimpl
from placet.model import SYSTEM, Credential, Role, Session, User
from placet.storage.codec import decode, encode_noun
from placet.storage.kinds import KINDS
from placet.storage.memory import MemoryStore, SealedCommit
from placet.storage.nouns import key_for, key_of
from placet.storage.port import Doc, Head, Key, Page, Put, Query, Store, StoredEvent
from placet.storage.sealing import new_event
from placet.storage.verifying import VerifiedStore, verify_store
from placet.storage.walks import documents

BUNDLE = """
bundle = "payments"
permissions = ["invoice.read", "invoice.pay"]
[[users]]
id = "sam"
[[groups]]
id = "finance"
members = ["user:sam"]
[[roles]]
id = "payer"
permissions = ["invoice.*"]
[[assignments]]
to = ["group:finance"]
role = "payer"
[[approval_policies]]
id = "payments"
applies_to = ["invoice.pay"]
reviews = ["1 from group:finance"]
"""
ACCOUNT = "acme"
SAM = key_for(User, "sam")
DANA = key_for(User, "dana")

Docs = list[Doc]
Log = list[StoredEvent]


@pytest.fixture(scope="module")
def honest() -> MemoryStore:
    """A bundle, two users of whom one is deleted again, an update, a token and an approval."""
    store = MemoryStore()
    with _engine(store) as placet, placet.acting(SYSTEM):
        placet.apply(loads(BUNDLE, "toml"))
        for id in ("dana", "olga"):
            placet.users.create(User(id=id))
        placet.users.update(User(id="olga", name="Olga"))
        placet.users.delete("dana")
        placet.credentials.issue("user:sam", id="first")
        placet.approvals.request("invoice.pay", "invoice:7", actor="user:sam")
    return store


def _engine(store: Store) -> Placet:
    class Plugin:
        @hookimpl
        def placet_open_store(self, url: str) -> Store | None:
            return store if url == "given://" else None

    return Placet.open("given://", account=ACCOUNT, plugins=[Plugin()], clock=SystemClock())


def docs_of(store: Store) -> Docs:
    return [doc for kind in KINDS for doc in documents(store, ACCOUNT, kind)]


def log_of(store: Store) -> Log:
    return list(store.events(ACCOUNT, 0, 1000))


def filled(docs: Sequence[Doc], log: Sequence[StoredEvent], head: Head) -> MemoryStore:
    store = MemoryStore()
    store.apply(SealedCommit(ACCOUNT, head, tuple(docs), (), tuple(log)))
    return store


def with_docs(honest: MemoryStore, forge: Callable[[Doc], Doc | None]) -> MemoryStore:
    """The honest store with each document forged; None removes it."""
    docs = [forged for doc in docs_of(honest) if (forged := forge(doc)) is not None]
    return filled(docs, log_of(honest), honest.head(ACCOUNT))


def with_log(honest: MemoryStore, log: Sequence[StoredEvent]) -> MemoryStore:
    return filled(docs_of(honest), log, honest.head(ACCOUNT))


def only(key: Key, **changes: object) -> Callable[[Doc], Doc]:
    """Forges one document."""
    return lambda doc: msgspec.structs.replace(doc, **changes) if doc.key == key else doc


def body_of(noun: User) -> bytes:
    return encode_noun(noun)[0]


def faults(store: Store) -> tuple[str, ...]:
    (account,) = verify_store(store).accounts
    return account.faults


# -- nothing is wrong --------------------------------------------------------------------------


def test_nothing_is_wrong_with_what_placet_wrote(honest: MemoryStore) -> None:
    assert faults(honest) == ()


def test_what_was_looked_at_is_counted(honest: MemoryStore) -> None:
    (account,) = verify_store(honest).accounts
    assert (account.events, account.documents) == (len(log_of(honest)), len(docs_of(honest)))


def test_the_head_is_told(honest: MemoryStore) -> None:
    (account,) = verify_store(honest).accounts
    assert account.head == honest.head(ACCOUNT).hash.hex()


def test_an_empty_store_is_in_order() -> None:
    assert verify_store(MemoryStore()) == VerifiedStore(())


def test_the_hash_of_a_secret_is_in_no_event_and_no_fault(honest: MemoryStore) -> None:
    (doc,) = honest.find(ACCOUNT, Query("credential")).docs
    noun = msgspec.structs.replace(decode(Credential, doc), secret_hash="other")
    assert faults(with_docs(honest, only(doc.key, body=encode_noun(noun)[0]))) == ()


def test_bookkeeping_needs_no_event(honest: MemoryStore) -> None:
    now = SystemClock().now()
    noun = Session(id="x", principal="user:sam", created_at=now, expires_at=now)
    body, index = encode_noun(noun)
    docs = [*docs_of(honest), Doc(key_of(noun), 1, body, index)]
    assert faults(filled(docs, log_of(honest), honest.head(ACCOUNT))) == ()


# -- the log -----------------------------------------------------------------------------------


def test_an_edited_event_is_found(honest: MemoryStore) -> None:
    log = log_of(honest)
    log[1] = msgspec.structs.replace(log[1], body=b"{}")
    assert faults(with_log(honest, log)) == (
        "the log is broken: event 2 was edited: its body does not match its digest",
    )


def test_a_deleted_event_is_found(honest: MemoryStore) -> None:
    log = log_of(honest)
    del log[1]
    assert faults(with_log(honest, log)) == (
        "the log is broken: event 2 is missing: event 3 stands in its place",
    )


def test_reordered_events_are_found(honest: MemoryStore) -> None:
    log = log_of(honest)
    for at, seq in ((1, 3), (2, 2)):
        log[at] = msgspec.structs.replace(log[at], seq=seq)
    log[1], log[2] = log[2], log[1]
    assert faults(with_log(honest, log)) == (
        "the log is broken: event 2 does not follow from the one before it",
    )


def test_a_last_event_that_was_deleted_is_found(honest: MemoryStore) -> None:
    log = log_of(honest)
    end = len(log)
    assert faults(with_log(honest, log[:-1])) == (
        f"the log is broken: the log ends with event {end - 1}, and its head says {end}",
    )


def test_a_head_that_is_not_that_of_the_last_event_is_found(honest: MemoryStore) -> None:
    head = msgspec.structs.replace(honest.head(ACCOUNT), hash=bytes(32))
    assert faults(filled(docs_of(honest), log_of(honest), head)) == (
        "the log is broken: the head does not match the last event",
    )


def test_a_head_that_is_behind_the_log_is_found(honest: MemoryStore) -> None:
    log = log_of(honest)
    head = honest.head(ACCOUNT)
    head = msgspec.structs.replace(head, seq=log[-2].seq, hash=log[-2].hash)
    assert faults(filled(docs_of(honest), log, head)) == (
        "the log is broken: the head does not match the last event",
    )


def test_an_event_that_cannot_be_read_is_found(honest: MemoryStore) -> None:
    store = with_docs(honest, lambda doc: doc)
    seq = store.commit(ACCOUNT, [], [new_event(0, b"[]")]).seq
    (fault,) = faults(store)
    assert fault.startswith(f"event {seq} cannot be read: ")


def test_an_event_about_an_unknown_kind_is_found(honest: MemoryStore) -> None:
    store = with_docs(honest, lambda doc: doc)
    body = b'{"changes":[{"after":{},"id":"x","kind":"ghost"}],"format":1}'
    seq = store.commit(ACCOUNT, [], [new_event(0, body)]).seq
    assert faults(store) == (
        f"event {seq} cannot be read: it changes a 'ghost', a kind that this release does not know",
    )


# -- documents by themselves -------------------------------------------------------------------


def test_a_body_that_is_not_its_noun_is_found(honest: MemoryStore) -> None:
    (fault,) = faults(with_docs(honest, only(SAM, body=b'{"format":1,"data":{"id":7}}')))
    assert fault.startswith("user 'sam' cannot be read: ")


def test_a_body_of_another_format_is_found(honest: MemoryStore) -> None:
    assert faults(with_docs(honest, only(SAM, body=b'{"format":9,"data":{"id":"sam"}}'))) == (
        "user 'sam' has format 9; this release reads 1",
    )


def test_an_index_that_disagrees_with_the_body_is_found(honest: MemoryStore) -> None:
    assert faults(with_docs(honest, only(SAM, index={"bundle": "other"}))) == (
        "user 'sam' is indexed by other values than it holds: bundle",
    )


def test_an_index_value_that_is_missing_is_found(honest: MemoryStore) -> None:
    assert faults(with_docs(honest, only(SAM, index={}))) == (
        "user 'sam' is indexed by other values than it holds: bundle",
    )


def test_a_version_above_the_head_is_found(honest: MemoryStore) -> None:
    commits = honest.head(ACCOUNT).version
    assert faults(with_docs(honest, only(SAM, version=commits + 1))) == (
        f"user 'sam' has version {commits + 1}, and its account has had {commits} commits",
    )


def test_a_version_of_no_commit_is_found(honest: MemoryStore) -> None:
    (fault,) = faults(with_docs(honest, only(SAM, version=0)))
    assert fault.startswith("user 'sam' has version 0, ")


def test_a_document_under_the_key_of_another_is_found(honest: MemoryStore) -> None:
    other = next(doc for doc in docs_of(honest) if doc.key == key_for(User, "olga"))
    found = faults(with_docs(honest, only(SAM, body=other.body)))
    assert "user 'sam' holds what belongs under 'olga'" in found


# -- documents and the log ---------------------------------------------------------------------


def test_a_document_that_the_log_says_is_gone_is_found(honest: MemoryStore) -> None:
    removed = [event.seq for event in log_of(honest) if b'"user.deleted"' in event.body]
    body, index = encode_noun(User(id="dana"))
    docs = [*docs_of(honest), Doc(DANA, 3, body, index)]
    assert faults(filled(docs, log_of(honest), honest.head(ACCOUNT))) == (
        f"user 'dana' is there, and event {removed[0]} removed it",
    )


def test_a_document_that_no_event_speaks_of_is_found(honest: MemoryStore) -> None:
    noun = Role(id="admin", permissions=("invoice.*",))
    body, index = encode_noun(noun)
    docs = [*docs_of(honest), Doc(key_of(noun), 1, body, index)]
    assert faults(filled(docs, log_of(honest), honest.head(ACCOUNT))) == (
        "role '|admin' is there, and no event speaks of it",
    )


def test_a_document_that_was_removed_behind_the_log_is_found(honest: MemoryStore) -> None:
    assert faults(with_docs(honest, lambda doc: None if doc.key == SAM else doc)) == (
        "user 'sam' is missing: event 1 left it there",
    )


def test_a_document_that_is_not_as_the_log_left_it_is_found(honest: MemoryStore) -> None:
    key = key_for(User, "olga")
    updated = [event.seq for event in log_of(honest) if b'"Olga"' in event.body]
    assert faults(with_docs(honest, only(key, body=body_of(User(id="olga"))))) == (
        f"user 'olga' is not what event {updated[-1]} left",
    )


def test_a_broken_log_is_no_witness_against_documents(honest: MemoryStore) -> None:
    docs = [doc for doc in docs_of(honest) if doc.key != SAM]
    (fault,) = faults(filled(docs, log_of(honest)[:-1], honest.head(ACCOUNT)))
    assert fault.startswith("the log is broken")


# -- a store in use ----------------------------------------------------------------------------


class InUse(MemoryStore):
    """Others write between the walk along the log and the page of users, and again behind it."""

    before: Callable[[], None] | None = None
    behind: Callable[[], None] | None = None

    def find(self, account: str, query: Query) -> Page:
        if query.kind == "user" and self.before is not None:
            before, self.before = self.before, None
            before()
        page = super().find(account, query)
        if query.kind == "user" and self.before is None and self.behind is not None:
            behind, self.behind = self.behind, None
            behind()
        return page


def _change(placet: Placet, name: str, new: str, gone: str) -> None:
    placet.users.update(User(id="sam", name=name), actor=SYSTEM)
    placet.users.create(User(id=new), actor=SYSTEM)
    placet.users.delete(gone, actor=SYSTEM)


def test_what_changes_while_it_is_looked_at_is_no_fault() -> None:
    store = InUse()
    with _engine(store) as placet:
        placet.apply(loads(BUNDLE, "toml"), actor=SYSTEM)
        placet.users.create(User(id="olga"), actor=SYSTEM)
        store.before = lambda: _change(placet, "Sam", new="max", gone="olga")
        store.behind = lambda: _change(placet, "Samuel", new="tom", gone="max")
        assert faults(store) == ()


# -- the whole store ---------------------------------------------------------------------------


class Inspected(MemoryStore):
    def inspect(self) -> Iterator[str]:
        yield "page 7 is torn"


class Unreadable(MemoryStore):
    def find(self, account: str, query: Query) -> Page:
        raise Corrupt("page 8 is torn")


def test_what_a_store_says_about_itself_is_told() -> None:
    assert verify_store(Inspected()).damage == ("page 7 is torn",)


def test_damage_alone_is_not_in_order() -> None:
    assert not verify_store(Inspected()).ok


def test_a_fault_alone_is_not_in_order(honest: MemoryStore) -> None:
    assert not verify_store(with_docs(honest, only(SAM, index={}))).ok


def test_every_account_is_looked_at() -> None:
    store = MemoryStore()
    for account in ("acme", "globex"):
        store.commit(account, [Put(SAM, b"", {})], [])
    assert [(one.account, len(one.faults)) for one in verify_store(store).accounts] == [
        ("acme", 2),
        ("globex", 2),
    ]


def test_documents_that_cannot_be_read_are_a_fault_of_their_account() -> None:
    store = Unreadable()
    store.commit("acme", [], [])
    store.commit("globex", [], [])
    assert [one.faults for one in verify_store(store).accounts] == [("page 8 is torn",)] * 2
