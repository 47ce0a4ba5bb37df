"""The portable filter: which rows somebody may act on, as a small tree that others can translate.

A row is `{type, id, scope, properties}`, whether or not the account has a catalogue entry for it;
of one that is in the catalogue it says what the entry says. A tree is made of these, each a JSON
object whose `is` names it:

=======================  =======================================================================
`everything` `nothing`   every row, no row
`type_is`                rows of one `type`
`id_in`                  rows whose id is one of `ids`
`scope_within`           rows of `scope`, and, where `below` is true, of what lies under it
`scope_level_in`         rows whose scope is at one of these `levels`
`condition`              rows for which the CEL `text` is true, asked with the facts that came along
                         (`subject`, `action`, `context`, `now`: those that it names) and `resource`
                         from the row; `undecided` is what holds where it lacks data or fails
`all_of` `any_of` `not`  all of them, at least one of them, not this one
=======================  =======================================================================

Whoever translates a tree, to SQL say, must refuse what it cannot translate, and never leave it out:
what is left out of an `all_of` widens, and what is left out of a `not` does as well.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias, Union

import msgspec

from placet.conditions import FALSE, TRUE, compile
from placet.model import JsonObject
from placet.refs import ScopeLevel, is_below, scope_level

__all__ = [
    "AllOf",
    "AnyOf",
    "Everything",
    "Holds",
    "IdIn",
    "Not",
    "Nothing",
    "ResourceFilter",
    "Row",
    "ScopeLevelIn",
    "ScopeWithin",
    "Tree",
    "TypeIs",
    "all_of",
    "any_of",
    "ids_of",
    "not_",
]


class Row(msgspec.Struct, frozen=True):
    """One resource, as an application's own table has it."""

    type: str
    id: str
    scope: str = ""
    properties: JsonObject = {}


class Everything(msgspec.Struct, frozen=True, tag="everything", tag_field="is"):
    """Every row."""

    def matches(self, row: Row) -> bool:
        """That it does."""
        return True


class Nothing(msgspec.Struct, frozen=True, tag="nothing", tag_field="is"):
    """No row."""

    def matches(self, row: Row) -> bool:
        """That it does not."""
        return False


class TypeIs(msgspec.Struct, frozen=True, tag="type_is", tag_field="is"):
    """Rows of one type."""

    type: str

    def matches(self, row: Row) -> bool:
        """Whether the row is of the type."""
        return row.type == self.type


class IdIn(msgspec.Struct, frozen=True, tag="id_in", tag_field="is"):
    """Rows with one of these ids."""

    ids: tuple[str, ...]

    def matches(self, row: Row) -> bool:
        """Whether the row's id is one of them."""
        return row.id in self.ids


class ScopeWithin(msgspec.Struct, frozen=True, tag="scope_within", tag_field="is"):
    """Rows of a scope, and, where `below` is true, of what lies under it.

    >>> ScopeWithin("retail").matches(Row("invoice", "7", "retail/checkout"))
    True
    """

    scope: str
    below: bool = True

    def matches(self, row: Row) -> bool:
        """Whether the row lives there."""
        return row.scope == self.scope or (self.below and is_below(row.scope, self.scope))


class ScopeLevelIn(msgspec.Struct, frozen=True, tag="scope_level_in", tag_field="is"):
    """Rows whose scope is the account, an organization or a project."""

    levels: tuple[ScopeLevel, ...]

    def matches(self, row: Row) -> bool:
        """Whether the row lives at one of the levels."""
        return scope_level(row.scope) in self.levels


class Holds(msgspec.Struct, frozen=True, tag="condition", tag_field="is", omit_defaults=True):
    """Rows for which a condition is true; `undecided` is the answer where that cannot be told.

    >>> paid = Holds("resource.properties.amount < context.limit", context={"limit": 10})
    >>> paid.matches(Row("invoice", "7", properties={"amount": 9}))
    True
    """

    text: str
    undecided: bool = False
    subject: JsonObject | None = None
    action: JsonObject | None = None
    context: JsonObject | None = None
    now: datetime | None = None

    def matches(self, row: Row) -> bool:
        """Whether the condition holds of the row."""
        facts: dict[str, Any] = {
            "resource": {"type": row.type, "id": row.id, "properties": row.properties}
        }
        for name in ("subject", "action", "context", "now"):
            fact = getattr(self, name)
            if fact is not None:
                facts[name] = fact
        outcome = compile(self.text).evaluate(facts)
        return outcome is TRUE or (self.undecided and outcome is not FALSE)


class AllOf(msgspec.Struct, frozen=True, tag="all_of", tag_field="is"):
    """Rows that all of the parts match."""

    of: tuple["Tree", ...]

    def matches(self, row: Row) -> bool:
        """Whether every part matches."""
        return all(part.matches(row) for part in self.of)


class AnyOf(msgspec.Struct, frozen=True, tag="any_of", tag_field="is"):
    """Rows that at least one of the parts matches."""

    of: tuple["Tree", ...]

    def matches(self, row: Row) -> bool:
        """Whether some part matches."""
        return any(part.matches(row) for part in self.of)


class Not(msgspec.Struct, frozen=True, tag="not", tag_field="is"):
    """Rows that the part does not match."""

    part: "Tree"

    def matches(self, row: Row) -> bool:
        """Whether the part does not match."""
        return not self.part.matches(row)


Tree: TypeAlias = Union[  # noqa: UP007  # msgspec resolves the names in it
    Everything, Nothing, TypeIs, IdIn, ScopeWithin, ScopeLevelIn, Holds, AllOf, AnyOf, Not
]


class ResourceFilter(msgspec.Struct, frozen=True):
    """Which resources of `type` somebody may act on, as of a revision and a moment.

    It says what was so then: windows that open or close later, and what is changed later, are not
    in it. Make a new one for every query.
    """

    type: str
    tree: Tree
    revision: int
    at: datetime

    def matches(self, row: Row) -> bool:
        """Whether `check` allows the row."""
        return self.tree.matches(row)

    def as_dict(self) -> dict[str, Any]:
        """The filter as JSON-like values."""
        value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return value


def all_of(parts: Iterable[Tree]) -> Tree:
    """Rows that all parts match, said as briefly as that goes.

    >>> all_of([Everything(), TypeIs("invoice")])
    TypeIs(type='invoice')
    """
    kept: list[Tree] = []
    for part in _flat(parts, AllOf):
        if isinstance(part, Nothing):
            return part
        if not isinstance(part, Everything) and part not in kept:
            kept.append(part)
    if not kept:
        return Everything()
    return kept[0] if len(kept) == 1 else AllOf(tuple(kept))


def any_of(parts: Iterable[Tree]) -> Tree:
    """Rows that some part matches, said as briefly as that goes; of no parts, nothing.

    >>> any_of([])
    Nothing()
    """
    kept: list[Tree] = []
    for part in _flat(parts, AnyOf):
        if isinstance(part, Everything):
            return part
        if not isinstance(part, Nothing) and part not in kept:
            kept.append(part)
    if not kept:
        return Nothing()
    return kept[0] if len(kept) == 1 else AnyOf(tuple(kept))


def not_(part: Tree) -> Tree:
    """Rows that the part does not match.

    >>> not_(not_(TypeIs("invoice")))
    TypeIs(type='invoice')
    """
    match part:
        case Everything():
            return Nothing()
        case Nothing():
            return Everything()
        case Not(part=inner):
            return inner
    return Not(part)


def ids_of(tree: Tree) -> frozenset[str] | None:
    """Ids without which no row matches; None where the tree is not bound to any.

    >>> sorted(ids_of(all_of([TypeIs("invoice"), IdIn(("7", "8"))])) or ())
    ['7', '8']
    """
    match tree:
        case Nothing():
            return frozenset()
        case IdIn(ids=ids):
            return frozenset(ids)
        case AllOf(of=parts):
            bound = [found for part in parts if (found := ids_of(part)) is not None]
            return frozenset.intersection(*bound) if bound else None
        case AnyOf(of=parts):
            each = [ids_of(part) for part in parts]
            bound = [found for found in each if found is not None]
            return frozenset().union(*bound) if len(bound) == len(each) else None
    return None


def _flat(parts: Iterable[Tree], kind: type[AllOf] | type[AnyOf]) -> Iterator[Tree]:
    for part in parts:
        if isinstance(part, kind):
            yield from part.of
        else:
            yield part
