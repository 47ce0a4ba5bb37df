"""The account that both servers answer about, and what they are asked.

It is the account of `access_world.py`, with a home for every resource that is asked about: an
evaluation names no scope, so that a resource has to say where it lives. Questions about a resource
elsewhere are left out.
"""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from access_model import Account, Query
from access_peers import peer
from access_store import puts_of
from access_world import World, make

from placet import SYSTEM, Assignment, Permission, Placet, Resource, Role, ServiceAccount
from placet.storage.codec import encode_noun
from placet.storage.nouns import key_of
from placet.storage.port import Put

__all__ = ["ACCOUNT", "HOMES", "Asked", "asked_of", "fill", "homes_of"]

ACCOUNT = "a0"
HOMES = "homes"
_BATCH = 5_000
_ADMIN = ("_account_admin", "_all_resources_including_child_scopes")


class Asked(NamedTuple):
    """A question, and what is right."""

    query: Query
    allowed: bool


def asked_of(folder: Path, size: int) -> list[Asked]:
    """Make the world of `size` assignments in `folder`: questions with the answers of `flat`.

    Raises SystemExit where `flat` and the oracle do not agree.
    """
    world = make(folder, size, one_account=True, oracle_s=5.0)
    questions = world.questions()
    trusted = peer("flat")
    trusted.load(world)
    if trusted.verified(questions.verify) != questions.verify_answers:
        raise SystemExit("`flat` and the oracle do not agree; nothing can be measured")
    homes: dict[str, str] = {}
    for query in questions.bulk:
        homes.setdefault(query.resource, query.scope)
    (folder / HOMES).write_bytes(msgspec.json.encode(homes))
    queries = [query for query in questions.bulk if homes[query.resource] == query.scope]
    return list(map(Asked, queries, trusted.answers(queries)))


def homes_of(folder: Path) -> dict[str, str]:
    """Resource to scope."""
    return msgspec.json.decode((folder / HOMES).read_bytes(), type=dict[str, str])


def fill(folder: Path, url: str) -> str:
    """Put the account into the store at `url`; returns the token of a service account that may
    ask about everybody.
    """
    world = World(folder)
    with Placet.open(url, account=ACCOUNT, autoload=True, follow=False) as placet:
        puts = iter([*puts_of(_account(world)), *_known(world, homes_of(folder))])
        while batch := list(islice(puts, _BATCH)):
            placet.store.commit(ACCOUNT, batch, [])

        role, group = _ADMIN
        with placet.acting(SYSTEM):
            placet.service_accounts.create(ServiceAccount(id="pep"))
            placet.assignments.create(
                Assignment(
                    id="pep", principal="service_account:pep", role=role, resource_group=group
                )
            )
            return placet.credentials.issue("service_account:pep").token


def _account(world: World) -> Account:
    return world.account(ACCOUNT)


def _known(world: World, homes: dict[str, str]) -> list[Put]:
    """The permissions and roles of the world, and its resources, each at home."""
    nouns = [
        *map(Permission.dotted, world.permissions),
        *(Role(id=id, permissions=tuple(sorted(given))) for id, given in world.roles.items()),
        *(
            Resource(type="res", id=ref.removeprefix("res:"), scope=home)
            for ref, home in homes.items()
        ),
    ]
    return [Put(key_of(noun), *encode_noun(noun)) for noun in nouns]
