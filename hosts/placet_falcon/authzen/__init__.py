"""The AuthZEN surface: the OpenID AuthZEN Authorization API 1.0, under `/access/v1`."""

from placet_falcon.authzen.errors import write_failure
from placet_falcon.authzen.routes import WELL_KNOWN, mount
from placet_falcon.surface import Surface

__all__ = ["SURFACE"]

SURFACE = Surface(
    name="authzen",
    prefixes=("/access", "/t", WELL_KNOWN),
    mount=mount,
    write_failure=write_failure,
)
