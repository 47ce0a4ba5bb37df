"""References are text: parsed once, compared by code point, refused where they could mislead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet.errors import Invalid
from placet.refs import (
    encode,
    is_below,
    parse_owned,
    parse_principal,
    parse_resource,
    parse_scope,
    scope_chain,
    scope_level,
    text_fault,
)

ids = st.text(min_size=1, max_size=40).filter(lambda text: text_fault(text) is None)
owned_ids = ids.filter(lambda text: "@/" not in text)
segments = ids.filter(lambda text: "/" not in text)
scopes = st.lists(segments, max_size=2).map("/".join)


@given(ids)
def test_a_user_may_have_any_id(id: str) -> None:
    ref = parse_principal(f"user:{id}")
    assert (ref.kind, ref.id, ref.owner) == ("user", id, None)
    assert str(ref) == f"user:{id}"


@given(owned_ids, scopes)
def test_a_group_names_its_owner_and_comes_back_the_same(id: str, scope: str) -> None:
    """Failure mode 4: no id can play the separator."""
    ref = parse_principal(f"group:{id}@/{scope}")
    assert (ref.id, ref.owner) == (id, scope)
    assert parse_principal(str(ref)) == ref


@given(ids)
def test_a_resource_id_may_hold_colons(id: str) -> None:
    assert parse_resource(f"invoice:{id}") == ("invoice", id)


@pytest.mark.parametrize(
    "text", ["", "sam", "user:", ":sam", "User:sam", "system", "user", "robot:x", "everyone:x"]
)
def test_what_is_no_principal_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_principal(text)


@pytest.mark.parametrize(
    "id",
    [" a", "a ", "\u3000a", "a\u2028", "a\x00", "a\x7f", "a\x85", "a\ud800", "é" * 129],
)
def test_what_could_be_taken_for_something_else_is_refused(id: str) -> None:
    """Failure mode 2."""
    assert text_fault(id) is not None


@pytest.mark.parametrize(
    "pair",
    [("sam", "Sam"), ("\u00e9", "e\u0301"), ("ß", "ss"), ("\u0131", "i"), ("@", "\uff20")],
)
def test_forms_that_look_alike_stay_different(pair: tuple[str, str]) -> None:
    """Failure modes 1 and 2: nothing is folded, trimmed or normalized."""
    assert encode(pair[0]) != encode(pair[1])


@pytest.mark.parametrize("scope", ["/", "a/", "/a", "a//b", "a/b/c", " a", "a/ b", "a\n"])
def test_what_is_no_scope_is_refused(scope: str) -> None:
    """Failure mode 3."""
    with pytest.raises(Invalid):
        parse_scope(scope)


@pytest.mark.parametrize(
    "id", ["b/", "a//b", "a/./b", "a/../b", "b;v=1", "a%2Fb", "%62", "b%20", "/b", "..", "b?x=1"]
)
def test_an_id_that_looks_like_a_path_is_not_walked(id: str) -> None:
    """Failure mode 3: nothing is decoded, resolved or cut off."""
    assert parse_resource(f"invoice:{id}") == ("invoice", id)
    assert parse_principal(f"user:{id}").id == id
    assert encode(id) != encode("b")


@pytest.mark.parametrize("what", [None, 7, b"user:sam", ["user:sam"], {"user": "sam"}])
def test_what_is_no_text_is_no_reference(what: object) -> None:
    """Not even where it has no hash to be remembered by."""
    with pytest.raises(Invalid, match="is not a principal"):
        parse_principal(what)  # type: ignore[arg-type]  # on purpose
    with pytest.raises(Invalid, match="is not text"):
        parse_owned(what, "role")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(Invalid, match="is not text"):
        parse_scope(what)  # type: ignore[arg-type]  # on purpose


@given(scopes, scopes)
def test_one_scope_is_below_another_exactly_if_it_is_in_its_chain(one: str, other: str) -> None:
    assert is_below(one, other) == (other in scope_chain(one))


@given(scopes)
def test_a_chain_goes_from_the_scope_to_the_account(scope: str) -> None:
    chain = scope_chain(scope)
    assert (chain[0], chain[-1]) == (scope, "")
    assert scope_level(scope) == ("account", "organization", "project")[len(chain) - 1]


@given(st.lists(st.text(max_size=200), min_size=1, max_size=4),
       st.lists(st.text(max_size=200), min_size=1, max_size=4))  # fmt: skip
def test_different_tuples_are_stored_under_different_ids(one: list[str], other: list[str]) -> None:
    """Failure mode 4: tuples, never joined strings."""
    if all(text_fault(part) is None or not part for part in one + other):
        assert (encode(*one) == encode(*other)) == (one == other)


@given(st.lists(ids, min_size=1, max_size=6))
def test_a_stored_id_is_never_longer_than_a_store_takes(parts: list[str]) -> None:
    assert 0 < len(encode(*parts).encode()) <= 256


def test_long_tuples_stay_apart() -> None:
    long = "x" * 300
    assert encode(long, "a") != encode(long, "b")
    assert len(encode(long, "a")) <= 256


@pytest.mark.parametrize("text", ["", "@/x", "a@/b/c/d", "a@/ "])
def test_what_is_no_owned_id_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_owned(text, "role")
