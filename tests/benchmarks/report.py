"""The rows of a benchmark: printed as they come, judged against their goals, kept as JSON."""

import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec

__all__ = ["Goal", "Report", "Row", "percentile"]


class Goal(msgspec.Struct, frozen=True):
    """A figure is good at `bound` and on one side of it: above where `at_least`, else below."""

    bound: float
    at_least: bool = False

    def met_by(self, value: float) -> bool:
        """Whether a value reaches the goal."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


class Row(msgspec.Struct, frozen=True):
    """One figure. `met` is None where nothing is asked of it, or where the run was a quick one."""

    figure: str
    value: float
    unit: str
    goal: str | None = None
    met: bool | None = None
    note: str = ""


class Report:
    """Prints the rows of one run and remembers them; a quick run judges none."""

    def __init__(self, *, quick: bool = False) -> None:
        self.rows: list[Row] = []
        self._quick = quick

    def title(self, text: str) -> None:
        """Begin a group of rows."""
        print(f"\n{text}", flush=True)

    def add(
        self, figure: str, value: float, unit: str, *, goal: Goal | None = None, note: str = ""
    ) -> None:
        """One more figure."""
        met = None if goal is None or self._quick else goal.met_by(value)
        row = Row(figure, round(value, 4), unit, None if goal is None else str(goal), met, note)
        self.rows.append(row)
        asked = {None: "", True: f"{goal}", False: f"{goal} MISSED"}[met]
        print(f"  {figure:46} {value:>10,.2f} {unit:<10} {asked:14} {note}".rstrip(), flush=True)

    @property
    def missed(self) -> Sequence[Row]:
        """The rows that do not reach their goal."""
        return [row for row in self.rows if row.met is False]

    def finish(self, json: Path | None) -> int:
        """Write the rows to a file, where one is named; the exit code of the program."""
        if json is not None:
            json.write_bytes(msgspec.json.encode(self.rows))
        if self.missed:
            print(f"\nmissed: {', '.join(row.figure for row in self.missed)}")
        return 1 if self.missed else 0


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of at least two values lie.

    >>> percentile([1.0, 2.0, 3.0], 0.5)
    2.0
    """
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]
