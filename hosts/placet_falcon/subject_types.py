"""Which kind of principal another API means by its own word for a type of subject."""

from collections.abc import Iterable, Mapping
from typing import cast, get_args

from placet.errors import Invalid
from placet.refs import EVERYONE, PrincipalKind

__all__ = ["SUBJECT_TYPES", "read_subject_types"]

SUBJECT_TYPES = ("user=user", "group=group", "service=service_account")
"""What the words mean unless a setting says otherwise."""
_KINDS = frozenset[str](get_args(PrincipalKind)) - {EVERYONE}


def read_subject_types(pairs: Iterable[str]) -> Mapping[str, PrincipalKind]:
    """The kinds by the words, from pairs of text; raises Invalid for what is no such pair.

    >>> read_subject_types(["identity=user"])
    {'identity': 'user'}
    """
    kinds: dict[str, PrincipalKind] = {}
    for pair in pairs:
        word, _, kind = pair.rpartition("=")
        if not word or kind not in _KINDS:
            raise Invalid(
                f"{pair!r} maps no type of subject; write 'TYPE=KIND' with one of "
                f"{', '.join(sorted(_KINDS))}"
            )
        if word in kinds:
            raise Invalid(f"subject type {word!r} is mapped twice")
        kinds[word] = cast(PrincipalKind, kind)
    return kinds
