"""Who fills which seat: one person one seat, and nobody blocks a policy that could be met.

A greedy choice can leave a satisfiable tree unsatisfied (failure mode T33), so seats are filled by
maximum bipartite matching: a new seat may move people between the seats they are entitled to, and
never takes one away from a seat that is already filled. Earlier seats therefore come first.
"""

from collections.abc import Sequence

__all__ = ["fill_seats"]


def fill_seats(seats: Sequence[frozenset[str]]) -> list[str | None]:
    """The person in each seat, None where it stays empty; `seats` says who is entitled to each.

    >>> fill_seats([frozenset({"ana", "bo"}), frozenset({"ana"})])
    ['bo', 'ana']
    """
    held: dict[str, int] = {}
    for seat in range(len(seats)):
        _seat(seat, seats, held, set())
    filled: list[str | None] = [None] * len(seats)
    for person, seat in held.items():
        filled[seat] = person
    return filled


def _seat(
    seat: int, seats: Sequence[frozenset[str]], held: dict[str, int], tried: set[str]
) -> bool:
    for person in sorted(seats[seat]):
        if person in tried:
            continue
        tried.add(person)
        if person not in held or _seat(held[person], seats, held, tried):
            held[person] = seat
            return True
    return False
