"""What `access.py` says at its end: a table of the peers, and the project's goals as ratios."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from access_measure import Row
from access_peers import REAL

__all__ = ["Goal", "goals_of", "print_goals", "print_rows"]

_COLUMNS = "{:<16} {:>9} {:>11} {:>10} {:>10} {:>8} {:>8} {:>8} {:>7} {:>8} {:>7}"


class Goal(msgspec.Struct):
    """One number that the project promises; `met` is None where it was not measured."""

    name: str
    value: float | None
    limit: float
    at_least: bool
    met: bool | None = None
    detail: str = ""

    def __post_init__(self) -> None:
        if self.value is not None:
            self.met = self.value >= self.limit if self.at_least else self.value <= self.limit


def goals_of(rows: Iterable[Row], measured: Mapping[str, float]) -> list[Goal]:
    """Every goal, from the rows of the peers and what `access_goals` measured."""
    known = {(row.peer, row.size): row for row in rows}
    goals = []
    for size in (100_000, 1_000_000):
        mine = _speed(known, "placet", size)
        real = {name: speed for name in REAL if (speed := _speed(known, name, size))}
        fastest = max(real, key=lambda name: real[name]) if real else None
        beside = _speed(known, "regorus_flat", size)
        goals.append(
            _at_least(
                f"check at {size:,} / the fastest real peer",
                _ratio(mine, real[fastest] if fastest else None),
                40,
                (f"fastest is {fastest}" if fastest else "no real peer was measured")
                + (f"; {mine / beside:.2f} of regorus_flat" if mine and beside else ""),
            )
        )
        goals.append(
            _at_least(f"check at {size:,} / flat", _ratio(mine, _speed(known, "flat", size)), 0.55)
        )
    large, small = known.get(("placet", 1_000_000)), known.get(("placet", 1000))
    goals.append(
        _at_most(
            "p50 at 1,000,000 / p50 at 1,000",
            _ratio(large.p50_us if large else None, small.p50_us if small else None),
            2,
        )
    )
    for size in sorted({size for name, size in known if name == "placet"}):
        row = known["placet", size]
        goals.append(_at_most(f"p99 / p50 at {size:,}", _ratio(row.p99_us, row.p50_us), 6))
        for name, limit in (("placet_condition", 3), ("placet_decide", 8)):
            slower = _ratio(_speed(known, "placet", size), _speed(known, name, size))
            goals.append(_at_most(f"{name} / a plain check at {size:,}", slower, limit))
    goals.append(
        _at_most(
            "bytes per assignment at 1,000,000", large.bytes_per_assignment if large else None, 700
        )
    )
    cold = _ratio(measured.get("cold_s"), measured.get("read_s"))
    goals.append(
        _at_most(
            "cold start from SQLite / reading and decoding its rows",
            cold,
            2.5,
            _said(measured, "cold_s", "read_s", "cold_size"),
        )
    )
    goals.append(
        _at_most(
            "one change to the largest index, p50 in us",
            measured.get("apply_p50_us"),
            1000,
            _said(measured, "apply_size", "apply_p99_us", "apply_processor_us"),
        )
    )
    goals.append(
        _at_most(
            "p99 of readers while changes are applied / without",
            _ratio(measured.get("reader_p99_us"), measured.get("quiet_p99_us")),
            3,
            _said(
                measured,
                "quiet_p50_us",
                "quiet_p99_us",
                "reader_p50_us",
                "reader_p99_us",
                "changes",
            ),
        )
    )
    return goals


def print_rows(rows: Sequence[Row]) -> None:
    """The table."""
    print(
        _COLUMNS.format(
            "peer", "size", "checks/s", "p50 us", "p99 us", "load s", "B/assig", "warm", "allowed",
            "verified", "queries",
        )
    )  # fmt: skip
    for row in sorted(rows, key=lambda row: (row.size, -(row.checks_per_s or 0))):
        cells = (
            _shown(row.checks_per_s, ",.0f"),
            _shown(row.p50_us, ",.2f"),
            _shown(row.p99_us, ",.2f"),
            _shown(row.load_s, ".2f"),
            _shown(row.bytes_per_assignment, ",.0f"),
            _shown(row.bytes_when_warm, ",.0f"),
            _shown(row.allowed_share, ".3f"),
        )
        print(_COLUMNS.format(row.peer, f"{row.size:,}", *cells, row.verified, row.queries))
        if row.checks_per_s is None:
            print(f"    {row.note}")


def print_goals(goals: Iterable[Goal]) -> None:
    """One line a goal."""
    for goal in goals:
        word = {True: "met", False: "MISSED", None: "not measured"}[goal.met]
        sign = ">=" if goal.at_least else "<="
        value = _shown(goal.value, ",.3f")
        print(f"{word:13}{value:>10} {sign} {goal.limit:<7g}{goal.name}  {goal.detail}".rstrip())


def _speed(known: Mapping[tuple[str, int], Row], name: str, size: int) -> float | None:
    row = known.get((name, size))
    return row.checks_per_s if row else None


def _ratio(upper: float | None, lower: float | None) -> float | None:
    return None if not upper or not lower else round(upper / lower, 3)


def _at_least(name: str, value: float | None, limit: float, detail: str = "") -> Goal:
    return Goal(name, value, limit, True, detail=detail)


def _at_most(name: str, value: float | None, limit: float, detail: str = "") -> Goal:
    return Goal(name, value, limit, False, detail=detail)


def _said(measured: Mapping[str, float], *names: str) -> str:
    return ", ".join(f"{name} {measured[name]:,g}" for name in names if name in measured)


def _shown(value: float | None, how: str) -> str:
    return "-" if value is None else format(value, how)
