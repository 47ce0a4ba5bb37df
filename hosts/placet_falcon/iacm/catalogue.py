"""What the surface brings along: the vendor's permissions on workspaces, and who says yes.

The policy's `needed` is "when_denied" without requesters: it says who decides when a pipeline opens
an approval, and takes nothing from those who hold the permission.
"""

from placet.catalogue import Catalogue
from placet.model import ApprovalPolicy, Permission, parse_reviews

__all__ = ["APPROVE", "CATALOGUE", "EDIT", "VIEW", "WORKSPACE"]

WORKSPACE = "IAC_WORKSPACE"
"""The type of resource that an approval is about: `IAC_WORKSPACE:{workspace_id}`."""

VIEW = "iac_workspace_view"
EDIT = "iac_workspace_edit"
APPROVE = "iac_workspace_approve"

CATALOGUE = Catalogue(
    permissions=tuple(
        Permission(
            id=permission,
            resource_type=WORKSPACE,
            action=permission.rpartition("_")[2],
            name=name,
        )
        for permission, name in (
            (VIEW, "View Workspaces"),
            (EDIT, "Create and Edit Workspaces"),
            (APPROVE, "Approve Workspaces"),
        )
    ),
    policies=(
        ApprovalPolicy(
            id="_iacm_approval",
            name="Workspace Approval",
            description="One of those who may approve the workspace says yes.",
            applies_to=(APPROVE,),
            needed="when_denied",
            requirement=parse_reviews(f"1 from permission:{APPROVE}"),
            allow_self_review=True,
            allow_unattributed=True,
            managed=True,
        ),
    ),
)
"""The default policy is replaced by a stored one with its id; one in a lower scope adds to it."""
