"""What applying a bundle changes, in words and as data."""

from typing import Any, Literal

import msgspec

from placet.model import Assignment, Gate, Membership, Record
from placet.refs import spoken
from placet.storage.nouns import kind_of

__all__ = ["Plan", "Step", "name_of", "step_for"]

Action = Literal["create", "update", "remove", "keep"]

_SIGNS = {"create": "+", "update": "~", "remove": "-", "keep": "="}


class Step(msgspec.Struct, frozen=True):
    """One object that is created, updated or removed; or a leftover that is kept.

    `fields` are those that an update changes, `summary` says what is given or taken, or why a
    leftover is kept; empty where the kind and the id say it all.
    """

    action: Action
    kind: str
    id: str
    scope: str = ""
    fields: tuple[str, ...] = ()
    summary: str = ""

    def __str__(self) -> str:
        where = f" in {self.scope}" if self.scope else ""
        said = "; ".join(part for part in (", ".join(self.fields), self.summary) if part)
        tail = f": {said}" if said else ""
        return f"{_SIGNS[self.action]} {self.action} {self.kind} {self.id}{where}{tail}"


class Plan(msgspec.Struct, frozen=True):
    """What a bundle changes, or has changed.

    `leftovers` are what the bundle created earlier and does not name any more: without `prune`
    all of them, with it those that others still need.
    """

    bundle: str
    steps: tuple[Step, ...] = ()
    leftovers: tuple[Step, ...] = ()

    @property
    def drift(self) -> bool:
        """Whether what is stored differs from what the bundle says."""
        return bool(self.steps)

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON-like values."""
        value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        value["drift"] = self.drift
        return value

    def __str__(self) -> str:
        if not self.steps and not self.leftovers:
            return f"bundle {self.bundle}: nothing to change"
        count = f"{len(self.steps)} change{'' if len(self.steps) == 1 else 's'}"
        lines = [f"bundle {self.bundle}: {count}", *(f"  {step}" for step in self.steps)]
        if self.leftovers:
            lines += ["  not in the bundle any more:", *(f"    {kept}" for kept in self.leftovers)]
        return "\n".join(lines)


def name_of(noun: Record) -> str:
    """How a step names a noun.

    >>> name_of(Membership(group="group:qa@/", member="user:ana"))
    'user:ana in group:qa'
    """
    if isinstance(noun, Membership):
        return f"{spoken(noun.member)} in {spoken(noun.group)}"
    ref = getattr(noun, "ref", None)
    return ref.partition("@/")[0] if isinstance(ref, str) else str(getattr(noun, "id", ""))


def step_for(
    action: Action, noun: Record, fields: tuple[str, ...] = (), summary: str | None = None
) -> Step:
    """The step about one noun; without a `summary`, one that says what is given or taken."""
    return Step(
        action,
        kind_of(type(noun)),
        name_of(noun),
        getattr(noun, "scope", "") or "",
        fields,
        _summary(action, noun) if summary is None else summary,
    )


def _summary(action: Action, noun: Record) -> str:
    if isinstance(noun, Membership) and action in ("create", "remove"):
        verb, way = ("puts", "into") if action == "create" else ("takes", "out of")
        return f"{verb} {spoken(noun.member)} {way} {spoken(noun.group)}"
    if isinstance(noun, Assignment) and action in ("create", "update", "remove"):
        denied = "a deny of " if noun.effect == "deny" else ""
        verb, way = ("takes", "from") if action == "remove" else ("gives", "to")
        off = ", disabled" if noun.disabled else ""
        return f"{verb} {denied}role {spoken(noun.role)} {way} {spoken(noun.principal)}{off}"
    if isinstance(noun, Gate) and action in ("create", "update"):
        return f"opened under policy {spoken(noun.policy)}"
    return ""
