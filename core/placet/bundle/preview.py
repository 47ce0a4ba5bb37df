"""What applying a bundle would do: what it writes, and what that does to people's access."""

from typing import Any

import msgspec

from placet.access.changes import AccessChange
from placet.bundle.plan import Plan

__all__ = ["Preview"]


class Preview(msgspec.Struct, frozen=True):
    """A plan, and who gains and who loses by it, the largest reach first.

    For everybody whom the plan touches every registered permission was compared: nothing is left
    out, and nothing was written.

    >>> print(Preview(Plan("payments")))
    bundle payments: nothing to change
    """

    plan: Plan
    gains: tuple[AccessChange, ...] = ()
    losses: tuple[AccessChange, ...] = ()

    @property
    def drift(self) -> bool:
        """Whether what is stored differs from what the bundle says."""
        return self.plan.drift

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON-like values, with `gains` and `losses`; each has its sentence as `text`.

        >>> Preview(Plan("payments")).as_dict()["gains"]
        []
        """
        return {
            **self.plan.as_dict(),
            "gains": [change.as_dict() for change in self.gains],
            "losses": [change.as_dict() for change in self.losses],
        }

    def __str__(self) -> str:
        lines = [str(self.plan)]
        if self.drift and not (self.gains or self.losses):
            lines.append("nobody gains or loses access")
        for heading, changes in (("who gains", self.gains), ("who loses", self.losses)):
            if changes:
                lines += [f"{heading}:", *(f"  {change}" for change in changes)]
        return "\n".join(lines)
