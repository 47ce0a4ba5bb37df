"""Facts of random worlds on their way into an engine, and the oracle's world of what is stored."""

from typing import Any

from access_oracle import NaiveWorld

from placet import (
    SYSTEM,
    AlreadyExists,
    Assignment,
    Group,
    Permission,
    Placet,
    PlacetError,
    ResourceGroup,
    Role,
    User,
)
from placet.access.advance import Fact
from placet.model import Membership, Noun
from placet.services.records import Records
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.nouns import AUTHORITY_KINDS, noun_type
from placet.storage.port import Store
from placet.storage.walks import documents

__all__ = ["administer", "commit", "stored_world"]


def commit(placet: Placet, *facts: Fact) -> None:
    """Store facts as they are, in one commit: what services would refuse as well."""

    def use_case(work: Work) -> None:
        for fact in facts:
            if fact.gone:
                work.drop(fact.noun)
            else:
                work.put(fact.noun)
        work.record("test.changed")

    placet.audit.view.tenant.run(SYSTEM, use_case)


def administer(placet: Placet, fact: Fact) -> bool:
    """Do as an administrator would, by the public API; False where that is refused."""
    noun: Any = fact.noun
    try:
        if isinstance(noun, Membership):
            change = placet.groups.remove_members if fact.gone else placet.groups.add_members
            change(noun.group.removeprefix("group:"), [noun.member], actor=SYSTEM)
            return True
        service = _service(placet, noun)
        scope = getattr(noun, "scope", None)
        if fact.gone:
            service.delete(noun.id, scope=scope, cascade=True, actor=SYSTEM)
            return True
        try:
            service.create(noun, actor=SYSTEM)
        except AlreadyExists:
            service.update(noun, actor=SYSTEM)
    except PlacetError:
        return False
    return True


def _service(placet: Placet, noun: Noun) -> Records[Any]:
    services: dict[type[Noun], Records[Any]] = {
        Assignment: placet.assignments,
        Group: placet.groups,
        Permission: placet.permissions,
        ResourceGroup: placet.resource_groups,
        Role: placet.roles,
        User: placet.users,
    }
    return services[type(noun)]


def stored_world(store: Store, account: str = "default") -> NaiveWorld:
    """What the documents say, for the oracle: the log is not asked."""
    world = NaiveWorld()
    for kind in sorted(AUTHORITY_KINDS):
        for doc in documents(store, account, kind):
            world.put(decode(noun_type(kind), doc))
    return world
