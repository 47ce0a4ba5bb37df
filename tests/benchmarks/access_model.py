"""The nouns of the benchmark: what an account holds, and what is asked of it."""

from typing import NamedTuple

import msgspec

__all__ = ["Account", "Assigned", "Group", "Query", "Questions"]


class Group(NamedTuple):
    """A resource group; `below` is "includes child scopes"."""

    all: bool
    resources: frozenset[str]
    below: bool


class Assigned(NamedTuple):
    """An assignment."""

    id: str
    principal: str
    role: str
    group: str
    scope: str
    enabled: bool


class Query(NamedTuple):
    """One question."""

    account: str
    principal: str
    permission: str
    resource: str
    scope: str


class Account(msgspec.Struct):
    """One account; `parents` are the groups that a user or a group is directly in."""

    name: str
    scopes: list[str]
    users: list[str]
    groups: list[str]
    parents: dict[str, list[str]]
    resources: list[str]
    resource_groups: dict[str, Group]
    assignments: list[Assigned]


class Questions(msgspec.Struct):
    """What is asked, and what is right."""

    bulk: list[Query]
    bulk_answers: list[bool]
    verify: list[Query]
    verify_answers: list[bool]
