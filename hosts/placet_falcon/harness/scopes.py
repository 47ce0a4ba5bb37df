"""Which account and which scope a request is about."""

from collections.abc import Mapping
from typing import Any

import falcon
import msgspec

from placet.errors import AccessDenied
from placet.refs import ScopeLevel, scope_chain, scope_level, text_fault
from placet_falcon.harness.words import invalid

__all__ = [
    "Scoped",
    "level_rank",
    "named_account",
    "owner_at",
    "path_text",
    "scope_json",
    "scope_of",
]

_LEVELS: tuple[ScopeLevel, ...] = ("account", "organization", "project")
_ACCOUNT_HEADERS = ("Harness-Account", "x-account-id")
_ACCOUNT_PARAMETERS = ("account", "accountIdentifier")


class Scoped(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The query parameters that name a scope; the account is looked at by `named_account`."""

    org_identifier: str | None = None
    project_identifier: str | None = None

    @property
    def scope(self) -> str:
        """The scope. Raises Invalid for a project without an organization."""
        return scope_of(self.org_identifier, self.project_identifier)


def named_account(req: falcon.Request, params: Mapping[str, str]) -> str | None:
    """The account that a request names; None where only its credential does.

    Raises AccessDenied for one that names two.
    """
    named = {req.get_header(header) for header in _ACCOUNT_HEADERS}
    for parameter in _ACCOUNT_PARAMETERS:
        named.update(req.get_param_as_list(parameter) or ())
    found = sorted(name for name in named if name)
    if len(found) > 1:
        raise AccessDenied(f"the request names several accounts: {', '.join(found)[:300]}")
    return found[0] if found else None


def scope_of(org: str | None, project: str | None) -> str:
    """The scope of an organization and a project; blank is absent.

    >>> scope_of("retail", "checkout"), scope_of("", None)
    ('retail/checkout', '')
    """
    if project and not org:
        raise invalid("orgIdentifier", "is missing; a project is one of an organization")
    parts = [part for part in (org, project) if part]
    for field, part in zip(("orgIdentifier", "projectIdentifier"), parts, strict=False):
        if fault := text_fault(part, forbidden="/"):
            raise invalid(field, fault)
    return "/".join(parts)


def scope_json(account: str, scope: str) -> dict[str, Any]:
    """A scope as the vendor writes it.

    >>> scope_json("acme", "retail")["orgIdentifier"]
    'retail'
    """
    org, _, project = scope.partition("/")
    return {
        "accountIdentifier": account,
        "orgIdentifier": org or None,
        "projectIdentifier": project or None,
    }


def path_text(account: str, scope: str) -> str:
    """A scope as the vendor's messages name it.

    >>> path_text("acme", "retail")
    '/ACCOUNT/acme/ORGANIZATION/retail'
    """
    words = ("ORGANIZATION", "PROJECT")
    parts = zip(words, scope.split("/") if scope else (), strict=False)
    return f"/ACCOUNT/{account}" + "".join(f"/{word}/{part}" for word, part in parts)


def level_rank(level: ScopeLevel) -> int:
    """0 for the account, 1 for an organization, 2 for a project."""
    return _LEVELS.index(level)


def owner_at(level: ScopeLevel, scope: str) -> str:
    """The scope of this level on the way up from `scope`, which lies at or below it.

    >>> owner_at("organization", "retail/checkout")
    'retail'
    """
    return next(found for found in scope_chain(scope) if scope_level(found) == level)
