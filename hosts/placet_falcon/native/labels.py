"""Labels in a query: `label=key:value`."""

from collections.abc import Iterable

from placet.errors import Invalid, Problem

__all__ = ["labels_of"]


def labels_of(pairs: Iterable[str]) -> dict[str, str]:
    """The labels in the values of a parameter; the first colon separates.

    >>> labels_of(["release:7:2"])
    {'release': '7:2'}
    """
    labels: dict[str, str] = {}
    for pair in pairs:
        key, colon, value = pair.partition(":")
        if not colon or not key or key in labels:
            problem = Problem("label", f"{pair!r} is not a new 'key:value'")
            raise Invalid(f"the query is not right: {problem}", [problem])
        labels[key] = value
    return labels
