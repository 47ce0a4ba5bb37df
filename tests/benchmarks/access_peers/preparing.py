"""What several peers work out of an account before they take it in. The oracle uses none of it."""

from collections.abc import Iterator

from access_model import Account, Assigned

__all__ = ["above", "effective", "subjects"]


def above(scope: str) -> tuple[str, ...]:
    """The scopes over a scope, the nearest first."""
    if not scope:
        return ()
    organization, slash, _ = scope.partition("/")
    return (organization, "") if slash else ("",)


def subjects(account: Account, principal: str) -> list[str]:
    """The principal, and every group that it is in directly or through groups."""
    found = [principal]
    seen = {principal}
    for who in found:
        for group in account.parents.get(who, ()):
            if group not in seen:
                seen.add(group)
                found.append(group)
    return found


def effective(account: Account) -> Iterator[tuple[str, list[Assigned]]]:
    """Every user, with the enabled assignments that it has itself or through groups."""
    placed: dict[str, list[Assigned]] = {}
    for assigned in account.assignments:
        if assigned.enabled:
            placed.setdefault(assigned.principal, []).append(assigned)
    for user in account.users:
        yield user, [one for who in subjects(account, user) for one in placed.get(who, ())]
