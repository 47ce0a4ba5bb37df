"""What is protected, and selections of it."""

import msgspec

from placet.model._base import MAX_NAME, Checker, JsonObject, Record
from placet.model.permission import ALL_LEVELS
from placet.refs import ScopeLevel, parse_scope

__all__ = ["IncludedScope", "Resource", "ResourceGroup", "ResourceSelector"]


class Resource(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A catalogue entry for one resource: its attributes, and the scope in which it lives.

    Resources need no entry to be protected. An entry makes their attributes trustworthy: for a
    stored resource only stored attributes count. With a home `scope`, a question that names no
    scope is asked there, and one that names another is denied.

    >>> Resource(type="release", id="7.2", scope="retail").ref
    'release:7.2'
    """

    type: str
    id: str
    scope: str | None = None
    attributes: JsonObject = {}

    @property
    def ref(self) -> str:
        """The reference by which others name this resource."""
        return f"{self.type}:{self.id}"

    def check(self, check: Checker) -> None:
        """Report a type, id or scope that cannot be one."""
        check.id("type", self.type, forbidden=":")
        check.id("id", self.id)
        if self.scope is not None:
            check.parses("scope", parse_scope, self.scope)
        check.json("attributes", self.attributes)


class ResourceSelector(msgspec.Struct, frozen=True, omit_defaults=True):
    """Resources of one type: those with these `ids`, or all of them where `ids` is None."""

    type: str
    ids: tuple[str, ...] | None = None


class IncludedScope(msgspec.Struct, frozen=True, omit_defaults=True):
    """A scope that a resource group reaches into, with or without what lies under it."""

    scope: str
    include_child_scopes: bool = False


class ResourceGroup(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Which resources an assignment reaches: all, by type, or by ids; and in which scopes.

    `included_scopes` None means the assignment's own scope, with what lies under it where
    `include_child_scopes` is true. An assignment never reaches above its own scope.

    >>> ResourceGroup(id="deploys", resources=(ResourceSelector("pipeline", ("deploy",)),)).ref
    'deploys@/'
    """

    id: str
    scope: str = ""
    name: str = ""
    description: str = ""
    all: bool = False
    resources: tuple[ResourceSelector, ...] = ()
    include_child_scopes: bool = True
    included_scopes: tuple[IncludedScope, ...] | None = None
    allowed_scope_levels: tuple[ScopeLevel, ...] = ALL_LEVELS
    managed: bool = False
    tags: dict[str, str] = {}
    color: str = ""

    @property
    def ref(self) -> str:
        """The reference by which others name this resource group."""
        return f"{self.id}@/{self.scope}"

    def check(self, check: Checker) -> None:
        """Report an id, scope or selector that cannot be one."""
        check.owned_id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.text("name", self.name, MAX_NAME)
        check.text("description", self.description)
        for at, selector in enumerate(self.resources):
            check.id(f"resources[{at}].type", selector.type, forbidden=":")
            for number, name in enumerate(selector.ids or ()):
                check.id(f"resources[{at}].ids[{number}]", name)
        for at, included in enumerate(self.included_scopes or ()):
            check.parses(f"included_scopes[{at}].scope", parse_scope, included.scope)
