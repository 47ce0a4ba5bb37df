"""What is stored and cannot be read is told: nobody answers as if it were not there."""

import pytest
from office import SYSTEM

from placet import Assignment, Placet, PlacetError, hookimpl
from placet.errors import Corrupt
from placet.model import Noun
from placet.storage.memory import MemoryStore
from placet.storage.nouns import key_for
from placet.storage.port import Put, Store
from placet.testing import PlacetUnderTest

ASK = ("user:sam", "invoice.read", "invoice:7")
DENY = Assignment(id="no", principal="user:sam", role="clerk", effect="deny", condition="true")


def spoilt(
    placet: PlacetUnderTest, noun: type[Noun], parts: tuple[str, ...], body: bytes
) -> Placet:
    """Another engine on the same data, of which one document was changed from outside."""
    store = placet.store
    assert isinstance(store, MemoryStore)
    key = key_for(noun, *parts)
    (doc,) = store.get("default", [key])
    assert doc is not None
    store.commit("default", [Put(key, body, doc.index, doc.version)], [])

    class Shared:
        @hookimpl
        def placet_open_store(self, url: str) -> Store | None:
            return store if url == "shared://" else None

    return Placet.open("shared://", plugins=[Shared()])


@pytest.mark.parametrize("body", [b"", b"{", b'{"format":1,"data":{}}', b'{"format":99,"data":{}}'])
def test_with_a_rule_that_cannot_be_read_there_is_no_answer(
    placet: PlacetUnderTest, body: bytes
) -> None:
    """Failure mode 47: neither a yes nor a no, but the name of what is wrong."""
    placet.assignments.create(DENY, actor=SYSTEM)
    assert not placet.check(*ASK)
    other = spoilt(placet, Assignment, ("", "no"), body)
    for _ in range(2):
        with pytest.raises(Corrupt, match="assignment"):
            other.check(*ASK)


def test_with_a_condition_that_cannot_be_read_there_is_no_answer(placet: PlacetUnderTest) -> None:
    """Failure mode 47: a rule is not taken without what it depends on."""
    placet.assignments.create(DENY, actor=SYSTEM)
    key = key_for(Assignment, "", "no")
    (doc,) = placet.store.get("default", [key])
    assert doc is not None
    body = doc.body.replace(b'"condition":"true"', b'"condition":"true &&"')
    assert body != doc.body
    other = spoilt(placet, Assignment, ("", "no"), body)
    for _ in range(2):
        with pytest.raises(PlacetError):
            other.check(*ASK)
