"""The vendor's words for what the core calls otherwise, and what an identifier may be."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from placet.clock import milliseconds
from placet.errors import Invalid, Problem
from placet.refs import PrincipalKind, text_fault

__all__ = [
    "ALL_RESOURCES",
    "KINDS",
    "PrincipalType",
    "check_identifier",
    "check_named",
    "invalid",
    "moment",
    "principal_type",
]

PrincipalType = Literal["USER", "USER_GROUP", "SERVICE", "API_KEY", "SERVICE_ACCOUNT"]
KINDS: Mapping[PrincipalType, PrincipalKind] = {
    "USER": "user",
    "USER_GROUP": "group",
    "SERVICE": "service",
    "API_KEY": "api_key",
    "SERVICE_ACCOUNT": "service_account",
}
_TYPES = {kind: type for type, kind in KINDS.items()}
ALL_RESOURCES = "_all_resources_including_child_scopes"
"""What the core means by an assignment without a resource group."""

_IDENTIFIER = re.compile(r"[a-zA-Z_][0-9a-zA-Z_$]{0,127}")
_RESERVED = frozenset(
    {
        "or", "and", "eq", "ne", "lt", "gt", "le", "ge", "div", "mod", "not", "null", "true",
        "false", "new", "var", "return", "step", "parallel", "stepGroup", "org", "account",
        "class", "shellScriptProvisioner",
    }
)  # fmt: skip


def principal_type(kind: PrincipalKind) -> str:
    """The vendor's word for a kind of principal.

    >>> principal_type("group")
    'USER_GROUP'
    """
    return _TYPES.get(kind, kind.upper())


def moment(value: datetime | None) -> int | None:
    """A time in milliseconds since 1970 UTC; None for what comes from code and has none."""
    return None if value is None else milliseconds(value)


def check_identifier(field: str, value: str) -> str:
    """A new identifier. Raises Invalid for one that may not be given.

    >>> check_identifier("identifier", "deployer_1")
    'deployer_1'
    """
    if not _IDENTIFIER.fullmatch(value):
        raise invalid(
            field,
            "has to begin with a letter or _, and to hold at most 128 letters, digits, _ and $",
        )
    if value in _RESERVED:
        raise invalid(field, f"is {value!r}, which is reserved")
    return value


def check_named(field: str, value: str) -> str:
    """An identifier by which something that is there is named, whoever made it.

    The owner of a thing follows from its scope: none can be written into its identifier.
    """
    if "@/" in value:
        raise invalid(field, "holds '@/', which no identifier does")
    if fault := text_fault(value):
        raise invalid(field, fault)
    return value


def invalid(field: str, message: str) -> Invalid:
    """The error about one field of a request."""
    problem = Problem(field, message)
    return Invalid(str(problem), [problem])
