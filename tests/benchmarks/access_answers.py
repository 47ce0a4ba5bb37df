"""The right answers: a linear scan over the assignments of an account.

It follows the rule of the benchmark word for word and shares no code with a peer.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Protocol

from access_model import Account, Query

__all__ = ["Accounts", "allows", "answered", "is_below", "who_is"]


class Accounts(Protocol):
    """Where the oracle finds the accounts."""

    roles: dict[str, frozenset[str]]

    def account(self, name: str) -> Account:
        """One account."""


def is_below(scope: str, above: str) -> bool:
    return scope != "" if above == "" else scope.startswith(above + "/")


def who_is(account: Account, principal: str) -> set[str]:
    """The principal, and every group that contains one of them: a least fixed point."""
    found = {principal}
    fresh = found
    while fresh:
        fresh = {group for one in fresh for group in account.parents.get(one, ())} - found
        found |= fresh
    return found


def allows(account: Account, roles: dict[str, frozenset[str]], query: Query) -> bool:
    """The right answer, by the rule of the benchmark: some assignment meets all five demands."""
    who = who_is(account, query.principal)
    for assigned in account.assignments:
        if not assigned.enabled or assigned.principal not in who:
            continue
        if query.permission not in roles[assigned.role]:
            continue
        group = account.resource_groups[assigned.group]
        if not (
            assigned.scope == query.scope
            or (
                group.below
                and query.scope in account.scopes
                and is_below(query.scope, assigned.scope)
            )
        ):
            continue
        if group.all or query.resource in group.resources:
            return True
    return False


def answered(world: Accounts, queries: Iterable[Query], seconds: float) -> Iterator[bool | None]:
    """The answer to each query; None for those that there was no time for."""
    accounts: dict[str, Account] = {}
    start = time.monotonic()
    for query in queries:
        if time.monotonic() - start > seconds:
            yield None
            continue
        if query.account not in accounts:
            accounts[query.account] = world.account(query.account)
        yield allows(accounts[query.account], world.roles, query)
