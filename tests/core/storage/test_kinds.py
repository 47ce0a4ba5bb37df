"""The declared kinds hold together, and a refusal says what was wrong and where."""

import pytest

from placet.errors import Invalid
from placet.storage.kinds import KINDS, MAX_ID_BYTES, check_changes, check_query
from placet.storage.port import Check, Drop, Key, Put, Query


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_bears_the_name_it_is_found_by(name: str) -> None:
    assert KINDS[name].name == name


@pytest.mark.parametrize("name", KINDS)
def test_every_order_is_a_declared_field_that_can_be_sorted(name: str) -> None:
    kind = KINDS[name]
    for order in kind.orders:
        assert kind.fields[order] in ("integer", "text")


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_listed_by_id(name: str) -> None:
    assert check_query(Query(name)) is KINDS[name]


def test_changes_of_every_form_pass() -> None:
    check_changes(
        [
            Put(Key("user", "a"), b"{}", {"bundle": "x"}),
            Drop(Key("user", "b")),
            Check(Key("user", "c"), 0),
        ]
    )


def test_a_key_named_twice_is_named_in_the_refusal() -> None:
    with pytest.raises(Invalid, match="a commit names user 'sam' twice"):
        check_changes([Drop(Key("user", "sam")), Check(Key("user", "sam"), 1)])


def test_an_undeclared_field_is_named_in_the_refusal() -> None:
    with pytest.raises(Invalid, match="'user' declares no field 'colour'"):
        check_changes([Put(Key("user", "sam"), b"{}", {"colour": "red"})])


def test_a_missing_order_is_named_in_the_refusal() -> None:
    with pytest.raises(Invalid, match="grant 'a' lacks 'created'"):
        check_changes([Put(Key("grant", "a"), b"{}", {})])


def test_a_member_of_texts_that_is_no_text_is_refused() -> None:
    index: dict[str, object] = {"created": 1, "deadline": 1, "reviewer": ("sam", 7)}
    with pytest.raises(Invalid, match=r"approval\.reviewer of 'a' is not texts"):
        check_changes([Put(Key("approval", "a"), b"{}", index)])  # type: ignore[arg-type]  # what is refused


def test_a_field_that_is_no_order_is_refused_as_one() -> None:
    with pytest.raises(Invalid, match="'approval' declares no order 'status'"):
        check_query(Query("approval", order="status"))


@pytest.mark.parametrize("letter", ["x", "\u00e9"])
def test_ids_are_measured_in_bytes(letter: str) -> None:
    most = MAX_ID_BYTES // len(letter.encode())
    check_changes([Drop(Key("user", letter * most))])
    with pytest.raises(Invalid, match="is not 1 to 256 bytes"):
        check_changes([Drop(Key("user", letter * (most + 1)))])
