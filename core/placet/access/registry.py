"""The closed registry of permissions, and what role patterns mean in it."""

import difflib
from collections.abc import Iterable, Iterator

from placet.access.table import Table
from placet.errors import Invalid
from placet.model import Permission, Role

__all__ = ["expand", "matches", "nearest", "role_permissions", "unknown_permission"]


def matches(pattern: str, permission: str) -> bool:
    """Whether a pattern of a role means a permission: exactly, or `prefix.*`.

    The one matcher: enforcement, validation and the widening guard all use it (failure mode 10).

    >>> matches("release.*", "release.deploy"), matches("release.*", "releases.deploy")
    (True, False)
    """
    if pattern.endswith(".*"):
        return permission.startswith(pattern[:-1])
    return pattern == permission


def expand(patterns: Iterable[str], registered: Table[str, Permission]) -> frozenset[str]:
    """The registered permissions that the patterns mean."""
    found: set[str] = set()
    for pattern in patterns:
        if pattern.endswith(".*"):
            found.update(known for known in registered if matches(pattern, known))
        elif pattern in registered:
            found.add(pattern)
    return frozenset(found)


def role_permissions(
    role: Role, roles: Table[str, Role], registered: Table[str, Permission]
) -> frozenset[str]:
    """Everything that a role gives, with the roles that it includes, each counted once.

    A cycle is refused where roles are written; here it is merely survived (failure mode 24).
    """
    return frozenset().union(
        *(expand(included.permissions, registered) for included in _with_includes(role, roles))
    )


def _with_includes(role: Role, roles: Table[str, Role]) -> Iterator[Role]:
    seen = {role.ref}
    waiting = [role]
    while waiting:
        current = waiting.pop()
        yield current
        for ref in current.includes:
            included = roles.get(ref)
            if included is not None and ref not in seen:
                seen.add(ref)
                waiting.append(included)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be.

    >>> nearest("invoice.pya", ["invoice.pay", "invoice.read"])
    'invoice.pay'
    """
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def unknown_permission(permission: str, registered: Iterable[str]) -> Invalid:
    """The error that says which registered permission was probably meant."""
    close = nearest(permission, registered)
    hint = f"did you mean {close!r}?" if close else "register it first"
    return Invalid(f"permission {permission!r} is not registered; {hint}")
