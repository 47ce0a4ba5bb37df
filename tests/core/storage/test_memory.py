"""What is the memory store's own: its URL, and the two halves of a commit."""

from collections.abc import MutableMapping
from typing import cast

import pytest

from placet.errors import Conflict, Invalid
from placet.storage.memory import MemoryStore, placet_open_store
from placet.storage.port import Head, IndexValue, Key, Put
from placet.storage.sealing import new_event

SAM = Key("user", "sam")


def test_each_opening_is_a_new_store() -> None:
    first, second = placet_open_store("memory://"), placet_open_store("memory://")
    assert first is not None
    assert second is not None
    first.commit("acme", [Put(SAM, b"{}", {})], [])
    assert second.accounts() == ()


@pytest.mark.parametrize("url", ["memory:", "memory://name", "memory:///a/path"])
def test_a_memory_store_cannot_be_opened_by_name(url: str) -> None:
    with pytest.raises(Invalid, match="memory://"):
        placet_open_store(url)


def test_preparing_changes_nothing() -> None:
    store = MemoryStore()
    store.prepare("acme", [Put(SAM, b"{}", {})], [new_event(0, b"{}")])
    assert store.head("acme") == Head()
    assert store.accounts() == ()


def test_applying_makes_a_prepared_commit_visible() -> None:
    store = MemoryStore()
    sealed = store.prepare("acme", [Put(SAM, b"{}", {})], [new_event(0, b"{}")])
    store.apply(sealed)
    assert store.head("acme") == sealed.head
    assert store.get("acme", [SAM]) == sealed.puts
    assert store.events("acme", 0, 10) == sealed.events


def test_preparing_refuses_as_committing_does() -> None:
    with pytest.raises(Conflict):
        MemoryStore().prepare("acme", [Put(SAM, b"{}", {}, expect=1)], [])


def test_a_reader_cannot_change_what_is_stored() -> None:
    store = MemoryStore()
    store.commit("acme", [Put(SAM, b"{}", {"bundle": "x"})], [])
    (doc,) = store.get("acme", [SAM])
    assert doc is not None
    with pytest.raises(TypeError):
        cast(MutableMapping[str, IndexValue], doc.index)["bundle"] = "y"


def test_a_conflict_message_names_the_documents_and_the_account() -> None:
    keys = [Key("user", name) for name in "abcde"]
    with pytest.raises(
        Conflict, match=r"user 'a', user 'b', user 'c' and 2 more in account 'acme'"
    ):
        MemoryStore().commit("acme", [Put(key, b"{}", {}, expect=1) for key in keys], [])
