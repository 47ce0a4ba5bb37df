"""The Britive surface: the approvals API of Britive, spoken as its SDK and its command speak it."""

from placet_falcon.britive.catalogue import CATALOGUE
from placet_falcon.britive.errors import write_failure
from placet_falcon.britive.routes import mount
from placet_falcon.surface import Surface

__all__ = ["SURFACE"]

SURFACE = Surface(
    name="britive",
    prefixes=("/api",),
    mount=mount,
    write_failure=write_failure,
    account=lambda req, params: None,
    catalogue=CATALOGUE,
)
