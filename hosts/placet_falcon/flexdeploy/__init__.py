"""The approval gate of FlexDeploy, under `/flexdeploy/rest/v1`.

A stage arrives at its gate by a request of the gate, natively or embedded, that carries the labels
`environment`, `release` and `snapshot`; here it is approved or rejected.
"""

from collections.abc import Mapping

import falcon

from placet_falcon.flexdeploy.errors import write_failure
from placet_falcon.flexdeploy.gate import ApprovalGate
from placet_falcon.host import Host
from placet_falcon.surface import App, Surface

__all__ = ["SURFACE"]


def mount(app: App, host: Host) -> None:
    """Add the one route."""
    app.add_route("/flexdeploy/rest/v1/releases/{releaseId}/gate/approval", ApprovalGate())


def no_account(req: falcon.Request, params: Mapping[str, str]) -> None:
    """Only the credential names the account: `account/user`."""


SURFACE = Surface(
    name="flexdeploy",
    prefixes=("/flexdeploy",),
    mount=mount,
    write_failure=write_failure,
    account=no_account,
)
