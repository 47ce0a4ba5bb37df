"""Places say where something is so: there, and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from placet.access.changes.places import Cell, Place, cells_of, places_of
from placet.refs import scope_level

NAMED = ("", "o1", "o1/p1", "o1/p2", "o2", "o2/p1", "o3/p1")


@given(st.sets(st.sampled_from(NAMED), min_size=1), st.data())
def test_places_hold_the_cells_that_they_are_made_of_and_no_others(
    named: set[str], data: st.DataObject
) -> None:
    parts = sorted((scope, itself) for scope in named for itself in (True, False))
    some = data.draw(st.sets(st.sampled_from(parts)))
    cells = {cell for cell in cells_of(named) if (cell[0], _is_itself(cell)) in some}
    places = places_of(cells, named, lambda _: True)
    for cell in cells_of(named):
        assert any(place.holds(cell, named) for place in places) == (cell in cells)


@given(st.sets(st.sampled_from(NAMED), min_size=1))
def test_everywhere_is_as_few_places_as_can_be(named: set[str]) -> None:
    places = places_of(set(cells_of(named)), named, lambda _: True)
    tops = [scope for scope in named if not any(_above(other, scope) for other in named)]
    assert {place.scope for place in places} == set(tops)


def test_a_cell_that_does_not_matter_is_said_as_it_reads_better() -> None:
    below: set[Cell] = {("o1", "project")}
    assert places_of(below, ["o1"], lambda _: True) == (Place("o1", here=False, below=True),)
    assert places_of(below, ["o1"], lambda cell: cell in below) == (Place("o1", below=True),)


def _is_itself(cell: Cell) -> bool:
    return scope_level(cell[0]) == cell[1]


def _above(one: str, other: str) -> bool:
    return one != other and (not one or other.startswith(f"{one}/"))
