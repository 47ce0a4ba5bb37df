"""The filter of a list: `status eq PENDING,TIMEOUT`, `status co PEND`."""

from placet.errors import Invalid, Problem
from placet_falcon.britive.words import STATUSES

__all__ = ["words_of"]


def words_of(filter: str) -> frozenset[str]:
    """The words for a status that a filter lets through.

    "eq" wants one of the words, "co" one that contains one of the texts. Raises Invalid for what
    follows another grammar, and for a word that is none.

    >>> sorted(words_of("status eq PENDING,TIMEOUT")), sorted(words_of("status co REJ"))
    (['PENDING', 'TIMEOUT'], ['REJECTED'])
    """
    field, _, rest = filter.strip().partition(" ")
    operator, _, listed = rest.strip().partition(" ")
    values = [value.strip() for value in listed.split(",")]
    if field != "status":
        raise _wrong(f"asks for field {field!r}; the one that can be filtered is 'status'")
    if operator not in ("eq", "co"):
        raise _wrong(f"has operator {operator!r}; it is 'eq' or 'co'")
    if not all(values):
        raise _wrong("lacks a value; write 'status eq PENDING,TIMEOUT'")
    if operator == "co":
        return frozenset(word for word in STATUSES if any(value in word for value in values))
    unknown = [value for value in values if value not in STATUSES]
    if unknown:
        raise _wrong(f"has status {unknown[0]!r}; it is one of {', '.join(STATUSES)}")
    return frozenset(values)


def _wrong(why: str) -> Invalid:
    problem = Problem("filter", why)
    return Invalid(f"the query is not right: {problem}", [problem])
