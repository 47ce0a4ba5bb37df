"""A named set of permissions."""

from placet.model._base import MAX_NAME, Checker, Record
from placet.model.permission import ALL_LEVELS
from placet.refs import ScopeLevel, parse_owned, parse_scope

__all__ = ["Role"]


class Role(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a job needs: permissions (exact, or `prefix.*`) and the roles that it includes.

    `includes` holds exact references (`reader@/retail`). A `managed` role comes from code or from
    a vendor's catalogue and cannot be edited.

    >>> Role(id="deployer", scope="retail", permissions=("release.*",)).ref
    'deployer@/retail'
    """

    id: str
    scope: str = ""
    name: str = ""
    description: str = ""
    permissions: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    allowed_scope_levels: tuple[ScopeLevel, ...] = ALL_LEVELS
    managed: bool = False
    tags: dict[str, str] = {}

    @property
    def ref(self) -> str:
        """The reference by which others name this role."""
        return f"{self.id}@/{self.scope}"

    def check(self, check: Checker) -> None:
        """Report an id, scope, pattern or include that cannot be one."""
        check.owned_id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.text("name", self.name, MAX_NAME)
        check.text("description", self.description)
        for at, pattern in enumerate(self.permissions):
            path = f"permissions[{at}]"
            check.id(path, pattern)
            if "*" in pattern.removesuffix(".*") or pattern == ".*":
                check.fail(path, f"{pattern!r} has a '*' that is not the end of 'prefix.*'")
        for at, include in enumerate(self.includes):
            check.parses(f"includes[{at}]", parse_owned, include, "role")
        if not self.allowed_scope_levels:
            check.fail("allowed_scope_levels", f"is empty; name some of {', '.join(ALL_LEVELS)}")
