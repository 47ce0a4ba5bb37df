"""A condition that is ready to be asked, and how to make one from text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from placet.conditions.closures import closure
from placet.conditions.outcomes import FALSE, TRUE, Error, Outcome, Undecided
from placet.conditions.parser import parse
from placet.conditions.paths import Run
from placet.conditions.values import kind
from placet.errors import Invalid

__all__ = ["Condition", "compile"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; equal to another of the same text, and safe to share between threads.

    It keeps no answers: every evaluation reads the facts it is given.
    """

    text: str
    _run: Run = field(repr=False, compare=False)

    def evaluate(self, facts: Mapping[str, object]) -> Outcome:
        """TRUE, FALSE, Missing or Error for these facts; never raises for what the facts hold.

        `facts` has the roots `subject`, `resource`, `action`, `context` and `now`, as far as the
        caller knows them, with None, bool, int, float, str, list or tuple, dict with text keys,
        aware datetime and timedelta as values. A value is looked at only where it is used.

        >>> compile("size(context.tags) > 1").evaluate({"context": {"tags": ["a"]}}) is FALSE
        True
        """
        try:
            value = self._run(facts)
            if value is True:
                return TRUE
            if value is False:
                return FALSE
            return Error(f"the condition is of type {kind(value)}; it has to be true or false")
        except Undecided as undecided:
            return undecided.outcome
        except RecursionError:
            return Error("the facts are nested too deeply to be compared")


def compile(text: str) -> Condition:
    """The condition that `text` means.

    Raises Invalid, with line and column and what would be right there, for what is not in the
    language or beyond its limits. Texts are kept compiled, answers never.

    >>> compile("true or false")
    Traceback (most recent call last):
    placet.errors.Invalid: the condition is not valid at line 1, column 6: 'or' is no operator; \
write '||'
    """
    if not isinstance(text, str):
        raise Invalid(f"a condition is text, not a {type(text).__name__}")
    return _compiled(text)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Condition:
    return Condition(text, closure(parse(text), text))
