"""Approvals of Harness Infrastructure as Code Management, under `/iacm/api`.

A pipeline opens an approval for a workspace, waits until it is settled, and goes on or ends.
"""

from placet_falcon.harness_wire import named_account
from placet_falcon.iacm.catalogue import CATALOGUE
from placet_falcon.iacm.errors import write_failure
from placet_falcon.iacm.routes import PREFIXES, mount
from placet_falcon.surface import Surface

__all__ = ["SURFACE"]

SURFACE = Surface(
    name="iacm",
    prefixes=PREFIXES,
    mount=mount,
    write_failure=write_failure,
    account=named_account,
    catalogue=CATALOGUE,
)
