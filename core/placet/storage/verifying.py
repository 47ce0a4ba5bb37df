"""Verifying a store: is what it holds what placet wrote to it?

The log is the witness. Its chain is tried seal by seal, and what it says last about each document
is held against the document; so a document that was changed, planted or removed behind placet's
back is told. Bookkeeping carries no events, and the secrets of credentials stand in no event: for
those, only their form is tried.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from placet.errors import Corrupt
from placet.model import Noun
from placet.storage.codec import data_of, decode_body, encode_noun
from placet.storage.entries import RawChange, read_event_changes
from placet.storage.kinds import KINDS
from placet.storage.nouns import AUTHORITY_KEY, SILENT_KINDS, key_of, noun_type
from placet.storage.port import Doc, Inspectable, Key, Store, StoredEvent
from placet.storage.scratch import Scratch, scratch
from placet.storage.walks import Chain, accounts, documents, paired

__all__ = ["VerifiedAccount", "VerifiedStore", "verify_store"]

_UNSPOKEN = SILENT_KINDS | {AUTHORITY_KEY.kind}
_LOOKS = 3
"""How often a document that disagrees with the log is read again: it may just have moved."""
_PAGE = 500
# The log's last word on each document, on disk: `state` is NULL where it is gone.
_WORDS = "words (kind TEXT, id TEXT, seq INTEGER, state BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID"


class VerifiedAccount(msgspec.Struct, frozen=True):
    """What was looked at in an account, and what is wrong, a sentence each.

    `head` is the seal of the last event that holds, in hexadecimal: kept elsewhere, it tells a log
    that was rewritten as a whole.
    """

    account: str
    events: int
    documents: int
    head: str
    faults: tuple[str, ...] = ()


class VerifiedStore(msgspec.Struct, frozen=True):
    """Every account, and in `damage` what is wrong with the store below its accounts."""

    accounts: tuple[VerifiedAccount, ...]
    damage: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.damage and not any(account.faults for account in self.accounts)


def verify_store(store: Store) -> VerifiedStore:
    """Look at every account of a store, and below where the store can (`Inspectable`).

    The store may be in use. What is wrong is returned; raises Unavailable where the store cannot
    be reached.

    >>> from placet.storage.memory import MemoryStore
    >>> store = MemoryStore()
    >>> committed = store.commit("acme", [], [])
    >>> verify_store(store).ok
    True
    """
    found: list[VerifiedAccount] = []
    damage: list[str] = []
    try:
        if isinstance(store, Inspectable):
            damage.extend(store.inspect())
        for account in accounts(store):
            with scratch(_WORDS) as words:
                found.append(_Look(store, account, words).verified())
    except Corrupt as error:
        damage.append(error.message)
    return VerifiedStore(tuple(found), tuple(damage))


class _Word(NamedTuple):
    """What the log says last about a document: the SHA-256 of what it left; None if it is gone."""

    key: Key
    seq: int
    state: bytes | None


class _Look:
    """A look at one account."""

    def __init__(self, store: Store, account: str, words: Scratch) -> None:
        self._store = store
        self._account = account
        self._chain = Chain(store, account)
        self._words = words
        self._unreadable: list[str] = []
        self._documents = 0
        self._commits = 0

    def verified(self) -> VerifiedAccount:
        """Everything that is wrong, the log first."""
        self._listen()
        faults: list[str] = []
        try:
            for kind in KINDS:
                faults.extend(self._faults_of(kind))
        except Corrupt as error:
            faults.append(error.message)
        broken = [] if self._chain.fault is None else [f"the log is broken: {self._chain.fault}"]
        return VerifiedAccount(
            self._account,
            self._chain.head.seq,
            self._documents,
            self._chain.head.hash.hex(),
            (*broken, *self._unreadable, *faults),
        )

    # -- the log -------------------------------------------------------------------------------

    def _listen(self) -> None:
        """Note what the log says about each document; called again, from where it stood."""
        for event in self._chain:
            try:
                for change in read_event_changes([event]):
                    self._note(event, change)
            except (Corrupt, msgspec.DecodeError) as error:
                self._unreadable.append(f"event {event.seq} cannot be read: {error}")

    def _note(self, event: StoredEvent, change: RawChange) -> None:
        if change.kind not in KINDS:
            raise Corrupt(f"it changes a {change.kind!r}, a kind that this release does not know")
        state = None if change.gone else _state(change.noun())
        row = (change.kind, change.id, event.seq, state)
        self._words.execute("INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?)", row)

    def _words_on(self, kind: str) -> Iterator[_Word]:
        """In the order of the ids, in pages: the table may change on the way."""
        after = ""
        while page := self._words.execute(
            "SELECT id, seq, state FROM words WHERE kind = ? AND id > ? ORDER BY id LIMIT ?",
            (kind, after, _PAGE),
        ).fetchall():
            for id, seq, state in page:
                yield _Word(Key(kind, id), seq, state)
            after = page[-1][0]

    def _word_on(self, key: Key) -> _Word | None:
        row = self._words.execute(
            "SELECT seq, state FROM words WHERE kind = ? AND id = ?", (key.kind, key.id)
        ).fetchone()
        return None if row is None else _Word(key, *row)

    # -- the documents -------------------------------------------------------------------------

    def _faults_of(self, kind: str) -> Iterator[str]:
        for doc, word in paired(documents(self._store, self._account, kind), self._words_on(kind)):
            if doc is not None:
                self._documents += 1
                yield from self._faults_in(doc)
            either = doc or word
            if either is not None and self._disagreement(doc, word) is not None:
                fault = self._standing_disagreement(either.key)
                if fault is not None:
                    yield f"{kind} {either.key.id!r} {fault}"

    def _faults_in(self, doc: Doc) -> Iterator[str]:
        """What is wrong with a document by itself."""
        name = f"{doc.key.kind} {doc.key.id!r}"
        if doc.version > self._commits:  # it may be younger than the number
            self._commits = self._store.head(self._account).version
        if not 1 <= doc.version <= self._commits:
            yield (
                f"{name} has version {doc.version}, and its account has had {self._commits} commits"
            )
        try:
            noun = _noun_in(doc)
        except Corrupt as error:
            yield error.message
            return
        if key_of(noun) != doc.key:
            yield f"{name} holds what belongs under {key_of(noun).id!r}"
        index = encode_noun(noun)[1]
        fields = sorted(
            field for field in {*index, *doc.index} if index.get(field) != doc.index.get(field)
        )
        if fields:
            yield f"{name} is indexed by other values than it holds: {', '.join(fields)}"

    def _standing_disagreement(self, key: Key) -> str | None:
        """How a document and the log disagree when both are read once more, the log behind it."""
        fault = None
        for _ in range(_LOOKS):
            (doc,) = self._store.get(self._account, [key])
            self._listen()
            fault = self._disagreement(doc, self._word_on(key))
            if fault is None:
                break
        return fault

    def _disagreement(self, doc: Doc | None, word: _Word | None) -> str | None:
        # A broken log is no witness.
        if self._chain.fault is not None or self._unreadable:
            return None
        if doc is None:
            if word is None or word.state is None:
                return None
            return f"is missing: event {word.seq} left it there"
        if word is None:
            return None if doc.key.kind in _UNSPOKEN else "is there, and no event speaks of it"
        if word.state is None:
            return f"is there, and event {word.seq} removed it"
        try:
            state = _state(_noun_in(doc))
        except Corrupt:
            return None  # told already
        return None if state == word.state else f"is not what event {word.seq} left"


def _noun_in(doc: Doc) -> Noun:
    return decode_body(noun_type(doc.key.kind), doc.body, doc.key)


def _state(noun: Noun) -> bytes:
    """The SHA-256 of a noun as the log shows it, in the words of this release."""
    return hashlib.sha256(data_of(noun)).digest()
