"""What an engine administers: one small service for each noun, made at its first use."""

from abc import ABC, abstractmethod
from functools import cached_property

from placet.services.approvals import Approvals
from placet.services.assignments import Assignments
from placet.services.audit import Audit
from placet.services.base import View
from placet.services.credentials import Credentials
from placet.services.delegations import Delegations
from placet.services.directory import Groups, ServiceAccounts, Users
from placet.services.gates import Gates
from placet.services.grants import Grants
from placet.services.policies import Policies
from placet.services.roles import Permissions, ResourceGroups, Resources, Roles

__all__ = ["Administration"]


class Administration(ABC):
    """The services of an engine, on one account, in one scope."""

    @property
    @abstractmethod
    def _view(self) -> View:
        """Where they work."""

    @cached_property
    def approvals(self) -> Approvals:
        """Requests for a decision, and reviews."""
        return Approvals(self._view)

    @cached_property
    def grants(self) -> Grants:
        """What approvals have yielded: passes and time-boxed access."""
        return Grants(self._view)

    @cached_property
    def gates(self) -> Gates:
        """Named protections of an action."""
        return Gates(self._view)

    @cached_property
    def policies(self) -> Policies:
        """Approval policies."""
        return Policies(self._view)

    @cached_property
    def roles(self) -> Roles:
        """Roles."""
        return Roles(self._view)

    @cached_property
    def permissions(self) -> Permissions:
        """The registry of permissions."""
        return Permissions(self._view)

    @cached_property
    def resource_groups(self) -> ResourceGroups:
        """Selections of resources."""
        return ResourceGroups(self._view)

    @cached_property
    def resources(self) -> Resources:
        """The catalogue of resources."""
        return Resources(self._view)

    @cached_property
    def assignments(self) -> Assignments:
        """Who has which role, on what, where."""
        return Assignments(self._view)

    @cached_property
    def users(self) -> Users:
        """People."""
        return Users(self._view)

    @cached_property
    def groups(self) -> Groups:
        """Groups and their members."""
        return Groups(self._view)

    @cached_property
    def service_accounts(self) -> ServiceAccounts:
        """Programs with rights of their own."""
        return ServiceAccounts(self._view)

    @cached_property
    def delegations(self) -> Delegations:
        """Who reviews in whose place."""
        return Delegations(self._view)

    @cached_property
    def credentials(self) -> Credentials:
        """Tokens and passwords."""
        return Credentials(self._view)

    @cached_property
    def audit(self) -> Audit:
        """The log."""
        return Audit(self._view)
