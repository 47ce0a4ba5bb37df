"""What a condition can come to: true, false, missing(names), error(text) (design section 5).

None of them has a truth value, so that no `if` can take a missing attribute for a yes: compare
with `TRUE`.
"""

from dataclasses import dataclass
from typing import NoReturn, TypeAlias

__all__ = ["FALSE", "TRUE", "Decided", "Error", "Missing", "Outcome", "Undecided", "join"]


class _Untruthy:
    __slots__ = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("an outcome has no truth value; ask whether it is TRUE")


@dataclass(frozen=True, slots=True)
class Decided(_Untruthy):
    """The condition has an answer; `TRUE` and `FALSE` are the only two of these.

    >>> TRUE.value, FALSE.value
    (True, False)
    """

    value: bool


TRUE = Decided(True)
FALSE = Decided(False)


@dataclass(frozen=True, slots=True)
class Missing(_Untruthy):
    """The answer hangs on attributes that the facts do not have.

    `names` are dotted paths, in the order in which the condition asked for them.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Error(_Untruthy):
    """The condition cannot be answered with these facts; `text` says what was wrong and where.

    It names types, positions and paths, and never quotes a value, so that it can be logged.
    """

    text: str


Outcome: TypeAlias = Decided | Missing | Error


class Undecided(Exception):
    """Carries a missing or an error up the closures, to whatever absorbs it."""

    def __init__(self, outcome: Missing | Error) -> None:
        super().__init__(outcome)
        self.outcome = outcome


def join(first: Missing | Error | None, second: Missing | Error) -> Missing | Error:
    """What two undecided parts of one expression come to.

    Names add up, so that a caller can supply all of them at once. Missing wins over an error, as
    unknown does in CEL: with the attribute supplied, the answer may still be decided.

    >>> join(Error("no"), join(Missing(("a", "b")), Missing(("b", "c"))))
    Missing(names=('a', 'b', 'c'))
    """
    if first is None:
        return second
    if isinstance(first, Missing):
        if isinstance(second, Missing):
            return Missing(tuple(dict.fromkeys(first.names + second.names)))
        return first
    return second if isinstance(second, Missing) else first
