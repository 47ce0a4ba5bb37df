"""The digest binds exactly what is shown: any difference in it is another digest."""

import datetime
import decimal
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet.approvals.digest import bound_values, digest_of
from placet.errors import Invalid

BOUND: dict[str, Any] = {
    "account": "acme",
    "scope": "retail",
    "subject": "user:sam",
    "permission": "invoice.pay",
    "resource": "invoice:7",
    "arguments": {"amount": 900},
    "properties": {},
}
json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@pytest.mark.parametrize("field", sorted(BOUND))
def test_every_bound_field_counts(field: str) -> None:
    """T21, T24, T26: target, scope, account and arguments are all bound."""
    other: Any = {"x": 1} if isinstance(BOUND[field], dict) else "other"
    assert digest_of(**BOUND) != digest_of(**{**BOUND, field: other})


@given(st.dictionaries(st.text(), json))
def test_the_order_of_arguments_does_not_count(arguments: dict[str, Any]) -> None:
    """T24."""
    turned = dict(reversed(list(arguments.items())))
    assert digest_of(**{**BOUND, "arguments": arguments}) == digest_of(
        **{**BOUND, "arguments": turned}
    )


@given(json, json)
def test_different_arguments_have_different_digests(one: Any, other: Any) -> None:
    """T24: no two values pass for each other."""
    first = digest_of(**{**BOUND, "arguments": {"value": one}})
    second = digest_of(**{**BOUND, "arguments": {"value": other}})
    assert (first == second) == (_strict(one) == _strict(other))


def _strict(value: Any) -> Any:
    """Python says True == 1; JSON does not."""
    if isinstance(value, dict):
        return {key: _strict(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_strict(member) for member in value]
    return (type(value).__name__, value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "JSON cannot write"),
        (float("inf"), "JSON cannot write"),
        (2**64, "64 bits"),
        ("\ud800", "surrogate"),
        (object(), "cannot be written as JSON"),
        ({1: "x"}, "not text"),
    ],
)
def test_what_json_cannot_say_exactly_is_refused(value: object, why: str) -> None:
    """T24: a NaN would be written as null, and so pass for another value."""
    with pytest.raises(Invalid, match=why):
        bound_values({"value": value}, "arguments")


def test_dates_decimals_and_ids_have_a_json_form() -> None:
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    values = {"at": moment, "price": decimal.Decimal("9.50"), "id": uuid.UUID(int=7)}
    assert bound_values(values, "arguments") == {
        "at": "2026-01-01T00:00:00Z",
        "price": "9.50",
        "id": "00000000-0000-0000-0000-000000000007",
    }
