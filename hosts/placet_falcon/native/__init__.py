"""The native surface: everything that the engine can do, under `/placet/v1/accounts/{account}`."""

from placet_falcon.native.routes import mount
from placet_falcon.surface import Surface

__all__ = ["SURFACE"]

SURFACE = Surface(name="native", prefixes=("/placet",), mount=mount)
