"""Seats are filled by maximum matching: one person one seat, and nobody blocks another."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from placet.approvals.seats import fill_seats

people = st.frozensets(st.sampled_from("abcdef"), max_size=5)


def test_somebody_in_two_groups_makes_room_for_somebody_in_one() -> None:
    """T33: a greedy choice would put ana into the first seat and leave the second one empty."""
    assert fill_seats([frozenset({"ana", "bo"}), frozenset({"ana"})]) == ["bo", "ana"]


def test_nobody_sits_twice() -> None:
    """T07, T32."""
    assert fill_seats([frozenset({"ana"}), frozenset({"ana"})]) == ["ana", None]


@given(st.lists(people, max_size=4))
def test_as_many_seats_are_filled_as_any_order_of_choosing_could_fill(
    seats: list[frozenset[str]],
) -> None:
    """T33."""
    filled = fill_seats(seats)
    taken = [person for person in filled if person is not None]
    assert len(taken) == len(set(taken))
    assert all(person is None or person in seat for person, seat in zip(filled, seats, strict=True))
    assert len(taken) == max(_greedy(order) for order in permutations(seats)) if seats else True


def _greedy(seats: tuple[frozenset[str], ...]) -> int:
    """The best that any assignment can do, by trying every one."""
    if not seats:
        return 0
    first, *rest = seats
    skipped = _greedy(tuple(rest))
    return max(
        [skipped, *(1 + _greedy(tuple(seat - {person} for seat in rest)) for person in first)]
    )


@given(st.lists(people, min_size=1, max_size=4))
def test_a_seat_that_is_filled_stays_filled_when_seats_come_behind_it(
    seats: list[frozenset[str]],
) -> None:
    shorter = fill_seats(seats[:-1])
    longer = fill_seats(seats)
    assert all(
        later is not None for earlier, later in zip(shorter, longer, strict=False) if earlier
    )
