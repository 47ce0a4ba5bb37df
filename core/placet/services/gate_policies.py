"""Which policies may open a gate: asked where a gate is stored, and where its policy changes."""

from placet.access.snapshot import Snapshot
from placet.catalogue import OPERATIONS
from placet.conditions import FALSE, compile
from placet.errors import Invalid
from placet.model import PassYield

__all__ = ["refuse_access", "refuse_other"]


def refuse_access(world: Snapshot, gate: str, policy: str) -> None:
    """Raise Invalid if a gate's policy yields access: a gate is passed once, or not."""
    known = world.policies.get(policy)
    if known is not None and not isinstance(known.yields, PassYield):
        raise Invalid(
            f"policy {policy!r} yields access; gate {gate!r} needs one that yields a pass"
        )


def refuse_other(world: Snapshot, gate: str, policy: str) -> None:
    """Raise Invalid if a gate's policy is never about this gate: it would let everything through.

    Said of a condition that is false whatever passes, whoever asks and when.
    """
    known = world.policies.get(policy)
    if known is None or known.when is None:
        return
    resource = {"type": OPERATIONS["gates.take"].resource_type, "id": gate, "properties": {}}
    if compile(known.when).evaluate({"resource": resource}) is FALSE:
        raise Invalid(
            f"policy {policy!r} is not about gate {gate!r}, which would be open to everything: its "
            f"condition is false there: {known.when}"
        )
