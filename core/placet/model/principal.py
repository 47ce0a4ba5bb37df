"""Users, groups, memberships and service accounts: the directory."""

from placet.model._base import MAX_NAME, Checker, JsonObject, Record
from placet.refs import parse_principal, parse_scope

__all__ = ["Group", "Membership", "ServiceAccount", "User"]


class User(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A person, known to the account by `id`.

    >>> User(id="sam", name="Sam").ref
    'user:sam'
    """

    id: str
    name: str = ""
    email: str = ""
    attributes: JsonObject = {}
    disabled: bool = False

    @property
    def ref(self) -> str:
        """The reference by which others name this user."""
        return f"user:{self.id}"

    def check(self, check: Checker) -> None:
        """Report an id or a name that cannot be one."""
        check.id("id", self.id)
        check.text("name", self.name, MAX_NAME)
        check.text("email", self.email, MAX_NAME)
        check.json("attributes", self.attributes)


class Group(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A named set of principals that a scope owns; its members are `Membership` documents.

    >>> Group(id="ops", scope="retail").ref
    'group:ops@/retail'
    """

    id: str
    scope: str = ""
    name: str = ""
    description: str = ""
    attributes: JsonObject = {}
    disabled: bool = False

    @property
    def ref(self) -> str:
        """The reference by which others name this group."""
        return f"group:{self.id}@/{self.scope}"

    def check(self, check: Checker) -> None:
        """Report an id, scope or name that cannot be one."""
        check.owned_id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.text("name", self.name, MAX_NAME)
        check.text("description", self.description)
        check.json("attributes", self.attributes)


class Membership(Record, frozen=True, kw_only=True, omit_defaults=True):
    """That `member` belongs to `group`; a document of its own, so that no group is too large.

    Both are exact references: a group or service account names the scope that owns it.
    """

    group: str
    member: str

    def check(self, check: Checker) -> None:
        """Report references that are not exact."""
        check.parses("group", parse_principal, self.group)
        check.parses("member", parse_principal, self.member)


class ServiceAccount(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A program with rights of its own, owned by a scope.

    >>> ServiceAccount(id="ci").ref
    'service_account:ci@/'
    """

    id: str
    scope: str = ""
    name: str = ""
    email: str = ""
    description: str = ""
    attributes: JsonObject = {}
    disabled: bool = False

    @property
    def ref(self) -> str:
        """The reference by which others name this service account."""
        return f"service_account:{self.id}@/{self.scope}"

    def check(self, check: Checker) -> None:
        """Report an id, scope or name that cannot be one."""
        check.owned_id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.text("name", self.name, MAX_NAME)
        check.text("email", self.email, MAX_NAME)
        check.json("attributes", self.attributes)
        check.text("description", self.description)
