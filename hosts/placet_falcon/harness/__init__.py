"""The Harness surface: account roles, role assignments, resource groups and access checks.

Administered is what the core administers, in this vendor's words; nothing is kept beside it.
"""

from placet_falcon.harness.catalogue import CATALOGUE
from placet_falcon.harness.errors import write_failure
from placet_falcon.harness.routes import PREFIXES, mount
from placet_falcon.harness.scopes import named_account
from placet_falcon.surface import Surface

__all__ = ["SURFACE"]

SURFACE = Surface(
    name="harness",
    prefixes=PREFIXES,
    mount=mount,
    write_failure=write_failure,
    account=named_account,
    catalogue=CATALOGUE,
)
