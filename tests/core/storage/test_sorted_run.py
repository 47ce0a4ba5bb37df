"""A sorted run does what a plain sorted list does, and stays sorted at any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placet.storage._sorted import SortedRun

PLACES = st.tuples(st.integers(-3, 3), st.text("abé", max_size=2))
BOUNDS = st.none() | PLACES | st.tuples(st.integers(-4, 4))
SOME = st.lists(PLACES, unique=True, max_size=30)


@given(SOME, BOUNDS, BOUNDS, st.booleans())
def test_a_walk_gives_what_lies_between_the_bounds(
    places: list[tuple[int, str]],
    low: tuple[int, ...] | tuple[int, str] | None,
    high: tuple[int, ...] | tuple[int, str] | None,
    descending: bool,
) -> None:
    between = sorted(
        place
        for place in places
        if (low is None or low <= place) and (high is None or place < high)
    )
    run = SortedRun(places)
    assert list(run.walk(low, high, descending)) == (between[::-1] if descending else between)
    assert run.count(low, high) == len(between)


@given(SOME, SOME)
def test_adding_one_by_one_and_many_at_once_give_the_same(
    first: list[tuple[int, str]], second: list[tuple[int, str]]
) -> None:
    new = [place for place in second if place not in first]
    at_once, one_by_one = SortedRun(first), SortedRun(first)
    at_once.update(new)
    for place in new:
        one_by_one.add(place)
    assert list(at_once.walk()) == list(one_by_one.walk()) == sorted([*first, *new])


@given(SOME, st.data())
def test_removing_takes_out_just_that_place(
    places: list[tuple[int, str]], data: st.DataObject
) -> None:
    run = SortedRun(places)
    left = sorted(places)
    for place in data.draw(st.permutations(places)):
        run.remove(place)
        left.remove(place)
        assert list(run.walk()) == left
        assert len(run) == len(left)


def test_removing_what_is_not_there_is_an_error() -> None:
    run = SortedRun([(1, "a"), (3, "a")])
    for place in [(0, "a"), (2, "a"), (4, "a")]:
        with pytest.raises(KeyError):
            run.remove(place)


def test_thousands_of_places_stay_sorted() -> None:
    run = SortedRun()
    numbers = [number * 7919 % 10_007 for number in range(10_007)]
    for number in numbers:
        run.add((number, "x"))
    assert list(run.walk()) == [(number, "x") for number in range(10_007)]
    for number in numbers[::2]:
        run.remove((number, "x"))
    left = sorted(numbers[1::2])
    assert [number for number, _ in run.walk(descending=True)] == left[::-1]
    assert run.count((2000,), (7000,)) == sum(2000 <= number < 7000 for number in left)


def test_a_bound_right_behind_a_place_leaves_it_out() -> None:
    run = SortedRun([(5, "a"), (5, "b")])
    assert list(run.walk(low=(5, "a", ""))) == [(5, "b")]
