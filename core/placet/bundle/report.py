"""Collecting mistakes: all of them, each with the path at which it stands in the file."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from placet.errors import Invalid, Problem

__all__ = ["Report"]

P = ParamSpec("P")
R = TypeVar("R")


class Report:
    """The mistakes found so far.

    >>> report = Report()
    >>> report.fail("roles[0].id", "is empty")
    >>> [str(problem) for problem in report.problems]
    ['roles[0].id: is empty']
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fail(self, path: str, message: str) -> None:
        """Report a mistake."""
        self.problems.append(Problem(path, message))

    def of(
        self, path: str, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R | None:
        """What the function returns; None where it raises Invalid, which is reported."""
        try:
            return function(*args, **kwargs)
        except Invalid as invalid:
            self.fail(path, invalid.message)
            return None

    def raise_for(self, name: str) -> None:
        """Raise Invalid with everything that was reported, if anything was."""
        # The same mistake may be seen from two sides.
        problems = tuple(dict.fromkeys(self.problems))
        if problems:
            said = "; ".join(map(str, problems[:5]))
            more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
            raise Invalid(f"bundle {name!r} is not valid: {said}{more}", problems)
