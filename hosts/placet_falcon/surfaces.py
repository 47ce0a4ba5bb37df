"""The surfaces that a service serves; the one place that knows them all."""

from placet_falcon.authzen import SURFACE as AUTHZEN
from placet_falcon.britive import SURFACE as BRITIVE
from placet_falcon.flexdeploy import SURFACE as FLEXDEPLOY
from placet_falcon.harness import SURFACE as HARNESS
from placet_falcon.iacm import SURFACE as IACM
from placet_falcon.native import SURFACE as NATIVE
from placet_falcon.surface import Surface

__all__ = ["SURFACES"]

SURFACES: tuple[Surface, ...] = (
    NATIVE,
    HARNESS,
    IACM,
    FLEXDEPLOY,
    BRITIVE,
    AUTHZEN,
)
"""Every surface, in the order in which they are mounted."""
