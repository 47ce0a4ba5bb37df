"""The surfaces that a service serves; the one place that knows them all."""

from placet_falcon.native import SURFACE as NATIVE
from placet_falcon.surface import Surface

__all__ = ["SURFACES"]

SURFACES: tuple[Surface, ...] = (NATIVE,)
"""Every surface, in the order in which they are mounted."""
