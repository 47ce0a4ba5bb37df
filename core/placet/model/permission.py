"""What can be done to what."""

from typing import Literal

from placet.model._base import MAX_NAME, Checker, Record
from placet.refs import ScopeLevel

__all__ = ["ALL_LEVELS", "Permission", "PermissionStatus"]

PermissionStatus = Literal["active", "deprecated", "experimental", "staging", "inactive"]
ALL_LEVELS: tuple[ScopeLevel, ...] = ("account", "organization", "project")


class Permission(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A registered permission: an action on a type of resource.

    Only an `active` or `deprecated` permission ever grants anything; any other status denies
    (failure mode 46: one vendor answers "permitted" for those).

    >>> Permission.dotted("invoice.pay").resource_type
    'invoice'
    """

    id: str
    resource_type: str
    action: str
    allowed_scope_levels: tuple[ScopeLevel, ...] = ALL_LEVELS
    name: str = ""
    status: PermissionStatus = "active"

    @classmethod
    def dotted(cls, id: str) -> "Permission":
        """The permission that a dotted id stands for: the last dot parts type and action.

        Raises Invalid for an id without a dot, whose type and action have to be said.
        """
        resource_type, _, action = id.rpartition(".")
        permission = cls(id=id, resource_type=resource_type, action=action)
        permission.validate()
        return permission

    @property
    def grants(self) -> bool:
        """Whether this permission can be given at all."""
        return self.status in ("active", "deprecated")

    def check(self, check: Checker) -> None:
        """Report an id that cannot be one, or a missing type or action."""
        check.id("id", self.id, forbidden="*")
        if "." not in self.id and not (self.resource_type and self.action):
            check.fail("id", "has no dot; say its resource_type and action, or write 'type.action'")
            return
        check.id("resource_type", self.resource_type, forbidden=":")
        check.id("action", self.action)
        check.text("name", self.name, MAX_NAME)
        if not self.allowed_scope_levels:
            check.fail("allowed_scope_levels", f"is empty; name some of {', '.join(ALL_LEVELS)}")
