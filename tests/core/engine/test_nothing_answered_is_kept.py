"""Compiled rights are kept and answers are not: every part of a question counts every time."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from placet import Invalid
from placet.bundle import loads
from placet.testing import PlacetUnderTest, engine

WHO = ("user:sam", "doc.read", "doc:1")
NESTED = [["a"], ["b"]]


def under(condition: str, more: str = "") -> PlacetUnderTest:
    bundle = f"""
        permissions = ["doc.read"]
        users = [{{id = "sam"}}]
        roles = [{{id = "reader", permissions = ["doc.read"]}}]
        [[assignments]]
        to = ["user:sam"]
        role = "reader"
        when = "{condition}"
        {more}
    """
    return engine(loads(bundle, "toml"))


@pytest.mark.parametrize(
    ("condition", "part", "yes", "no"),
    [
        ("context.ip == '::1'", "context", {"ip": "::1"}, {"ip": "::2"}),
        ("resource.properties.open", "properties", {"open": True}, {"open": False}),
        ("action.properties.soft", "action_properties", {"soft": True}, {"soft": False}),
    ],
)
def test_questions_that_differ_in_one_part_have_an_answer_each(
    condition: str, part: str, yes: Mapping[str, Any], no: Mapping[str, Any]
) -> None:
    """Failure mode 13."""
    placet = under(condition)
    for said, answer in ((yes, True), (no, False), (None, False), (yes, True), (no, False)):
        assert placet.check(*WHO, **{part: said}) is answer  # type: ignore[arg-type]  # parametrized


def test_the_same_question_at_another_time_has_another_answer() -> None:
    """Failure mode 13: the window is looked at every time."""
    placet = under("true", "expires_at = 2026-01-01T10:00:00Z")
    assert placet.clock.now().isoformat() < "2026-01-01T10"
    assert placet.check(*WHO)
    placet.clock.advance("2h")
    assert not placet.check(*WHO)


def test_threads_that_ask_the_same_in_other_circumstances_have_an_answer_each() -> None:
    """Failure mode 13, as it was found: only where several ask at once."""
    placet = under("context.n == 7")
    wrong: list[int] = []
    start = threading.Barrier(4)

    def ask(number: int) -> None:
        start.wait()
        for _ in range(500):
            if placet.check(*WHO, context={"n": number}) is not (number == 7):
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in (6, 7, 8, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert wrong == []


def test_questions_of_one_batch_that_differ_in_one_part_have_an_answer_each() -> None:
    """Failure mode 14."""
    placet = under("context.ip == '::1' && resource.properties.open")
    said = [({"ip": ip}, {"open": is_open}) for ip in ("::1", "::2") for is_open in (True, False)]
    asks = [(*WHO, None, properties, context) for context, properties in said * 2]
    assert placet.check_many(asks) == (True, False, False, False) * 2


@pytest.mark.parametrize("other", [[["a", "b"]], ["a", "b"], [["a"], ["b"], []], [[["a"], ["b"]]]])
def test_lists_that_nest_otherwise_are_another_question(other: list[Any]) -> None:
    """Failure mode 16."""
    placet = under("context.path == [['a'], ['b']]")
    asks = [(*WHO, None, None, {"path": path}) for path in (NESTED, other, NESTED)]
    assert placet.check_many(asks) == (True, False, True)


@pytest.mark.parametrize("other", [[["a", "b"]], ["a", "b"], [["a"], ["b"], []]])
def test_a_page_is_gone_on_with_for_the_same_nested_lists_only(other: list[Any]) -> None:
    """Failure mode 16: what tells cursors apart tells these apart."""
    placet = under("true", "\n".join(
        f'[[resources]]\ntype = "doc"\nid = "{number}"' for number in range(3)
    ))  # fmt: skip
    first = placet.which(*WHO[:2], context={"path": NESTED}, limit=1)
    assert placet.which(*WHO[:2], context={"path": NESTED}, limit=1, after=first.next).resources
    with pytest.raises(Invalid, match="belongs to another question"):
        placet.which(*WHO[:2], context={"path": other}, limit=1, after=first.next)
