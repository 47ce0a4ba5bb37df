"""placet: may they do this, and where not, who can say yes?

>>> with Placet.open("memory://") as placet:
...     placet.users.create(User(id="sam"), actor=SYSTEM).ref
'user:sam'
"""

from placet.access.answers import Decision, Explanation
from placet.engine import Placet
from placet.errors import (
    AccessDenied,
    AlreadyExists,
    ApprovalRequired,
    Conflict,
    Corrupt,
    Invalid,
    InvalidState,
    NotFound,
    PlacetError,
    StoreError,
    Unavailable,
)
from placet.hooks import hookimpl
from placet.model import (
    SYSTEM,
    Actor,
    Approval,
    ApprovalPolicy,
    Assignment,
    Event,
    Gate,
    Grant,
    Group,
    Permission,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.services.asking import Ask
from placet.services.consistency import at_least

__all__ = [
    "SYSTEM",
    "AccessDenied",
    "Actor",
    "AlreadyExists",
    "Approval",
    "ApprovalPolicy",
    "ApprovalRequired",
    "Ask",
    "Assignment",
    "Conflict",
    "Corrupt",
    "Decision",
    "Event",
    "Explanation",
    "Gate",
    "Grant",
    "Group",
    "Invalid",
    "InvalidState",
    "NotFound",
    "Permission",
    "Placet",
    "PlacetError",
    "Resource",
    "ResourceGroup",
    "Role",
    "ServiceAccount",
    "StoreError",
    "Unavailable",
    "User",
    "at_least",
    "hookimpl",
]
