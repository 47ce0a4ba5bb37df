"""Nobody gives what they do not hold, by whatever edge: failure mode 34, each edge a row."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

import msgspec
import pytest
from lesser_admins import guarded_office
from office import SYSTEM

from placet import (
    AccessDenied,
    Actor,
    ApprovalPolicy,
    Assignment,
    Group,
    NotFound,
    Permission,
    Resource,
    ResourceGroup,
    Role,
    User,
)
from placet.model import AccessYield, ConditionHolds, ResourceSelector, parse_reviews
from placet.testing import PlacetUnderTest

LEE, PAT, BEA, ZOE = "user:lee", "user:pat", "user:bea", "user:zoe"
COVERED = (PAT, ZOE)
BOUND = (PAT, BEA, ZOE)
BEYOND = (ZOE,)


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with guarded_office() as opened:
        yield opened


def clerk(id: str = "a", **fields: object) -> Assignment:
    given = {"id": id, "principal": "user:eve", "role": "clerk@/", **fields}
    return Assignment(**given)  # type: ignore[arg-type]  # by name


def offer(**fields: object) -> ApprovalPolicy:
    given = {
        "id": "offer", "applies_to": ("invoice.read",), "needed": "when_denied",
        "requesters": ("user:eve",), "requirement": parse_reviews("1 from group:finance"),
        **fields,
    }  # fmt: skip
    return ApprovalPolicy(**given)  # type: ignore[arg-type]  # by name


Who = Actor | str
Step = Callable[[PlacetUnderTest, Who], object]


class Edge(NamedTuple):
    """What there is before, what somebody does, and who may."""

    act: Step
    may: tuple[str, ...] = BOUND
    before: tuple[object, ...] = ()


def put(noun: object) -> Step:
    """Create a noun, or replace the one of its name."""

    def act(placet: PlacetUnderTest, who: Who) -> None:
        services = {
            Assignment: placet.assignments, Group: placet.groups, User: placet.users,
            Role: placet.roles, ResourceGroup: placet.resource_groups, Resource: placet.resources,
            Permission: placet.permissions, ApprovalPolicy: placet.policies,
        }  # fmt: skip
        service = services[type(noun)]  # type: ignore[index]  # each of its own service
        name = noun.ref if isinstance(noun, Resource) else noun.id  # type: ignore[attr-defined]  # all have one
        try:
            service.get(name, actor=SYSTEM)  # type: ignore[attr-defined]  # one of several
        except NotFound:
            service.create(noun, actor=who)  # type: ignore[attr-defined]  # one of several
        else:
            service.update(noun, actor=who)  # type: ignore[attr-defined]  # one of several

    return act


def member(group: str, *members: str) -> Step:
    return lambda placet, who: placet.groups.add_members(group, members, actor=who)


def leave(group: str, *members: str) -> Step:
    return lambda placet, who: placet.groups.remove_members(group, members, actor=who)


def gone(service: str, id: str) -> Step:
    return lambda placet, who: getattr(placet, service).delete(id, cascade=True, actor=who)


NARROW = ResourceGroup(id="narrow", resources=(ResourceSelector("invoice", ("1",)),))
WIDE = ResourceGroup(id="narrow", resources=(ResourceSelector("invoice"),))
EMPTY = Role(id="empty")
HELD = Assignment(id="held", principal="user:eve", role="empty@/")
DENY = clerk("deny", effect="deny")
CREW = Group(id="crew")
CREW_CLERKS = clerk("crew", principal="group:crew@/")
SENIOR = clerk("senior", condition="subject.properties.level == 'senior'")
OWN = clerk("own", condition="resource.properties.team == 'ops'")
FOUR_EYES = ApprovalPolicy(
    id="four-eyes",
    applies_to=("invoice.pay",),
    requirement=parse_reviews("1 from group:finance"),
    decide_within=8 * 3600,
    use_within=2 * 3600,
)


def until(hours: int, id: str = "a", **fields: object) -> Step:
    def act(placet: PlacetUnderTest, who: Who) -> None:
        expires_at = placet.clock.now() + timedelta(hours=hours)
        put(clerk(id, expires_at=expires_at, **fields))(placet, who)

    return act


def weaker(**fields: object) -> Step:
    return put(msgspec.structs.replace(FOUR_EYES, **fields))


EDGES: dict[str, Edge] = {
    "an assignment": Edge(put(clerk())),
    "an assignment to everyone": Edge(put(clerk(principal="everyone"))),
    "an assignment enabled": Edge(put(clerk()), before=(clerk(disabled=True),)),
    "an assignment that lasts longer": Edge(until(9), before=(until(1),)),
    "an assignment that begins earlier": Edge(
        put(clerk()), before=(until(1), )
    ),
    "an assignment on more resources": Edge(
        put(clerk()), before=(NARROW, clerk(resource_group="narrow@/"))
    ),
    "an assignment of another role": Edge(put(clerk()), before=(EMPTY, clerk(role="empty@/"))),
    "an assignment of another principal": Edge(
        put(clerk()), before=(clerk(principal="user:kim"),)
    ),
    "a condition removed": Edge(put(clerk()), before=(clerk(condition="false"),)),
    "a condition changed": Edge(put(clerk(condition="1 == 1")), before=(clerk(condition="false"),)),
    "a held role that gets a permission": Edge(
        put(Role(id="empty", permissions=("invoice.pay",))), COVERED, (EMPTY, HELD)
    ),
    "a held role that includes another": Edge(
        put(Role(id="empty", includes=("clerk",))), COVERED, (EMPTY, HELD)
    ),
    "a role within a held role": Edge(
        put(Role(id="inner", permissions=("invoice.pay",))),
        COVERED,
        (Role(id="inner"), EMPTY, put(Role(id="empty", includes=("inner",))), HELD),
    ),
    "a permission that a held prefix means": Edge(
        put(Permission.dotted("invoice.shred")), BEYOND
    ),
    "a permission that is switched on": Edge(
        put(Permission.dotted("invoice.shred")),
        BEYOND,
        (msgspec.structs.replace(Permission.dotted("invoice.shred"), status="inactive"),),
    ),
    "a permission on another type": Edge(
        put(msgspec.structs.replace(Permission.dotted("invoice.pay"), resource_type="secret")),
        BEYOND,
    ),
    "a deny deleted": Edge(gone("assignments", "deny"), before=(DENY,)),
    "a deny disabled": Edge(put(clerk("deny", effect="deny", disabled=True)), before=(DENY,)),
    "a deny that denies less": Edge(
        put(clerk("deny", effect="deny", resource_group="narrow@/")), before=(NARROW, DENY)
    ),
    "a deny that ends sooner": Edge(until(1, id="deny", effect="deny"), before=(DENY,)),
    "a deny with a condition": Edge(
        put(clerk("deny", effect="deny", condition="true")), before=(DENY,)
    ),
    "a deny turned into an allow": Edge(put(clerk("deny")), before=(DENY,)),
    "a denied role that loses a permission": Edge(
        put(Role(id="barred")),
        COVERED,
        (Role(id="barred", permissions=("invoice.pay",)), clerk(role="barred@/", effect="deny")),
    ),
    "a resource group denied that gets smaller": Edge(
        put(NARROW), before=(WIDE, clerk(effect="deny", resource_group="narrow@/"))
    ),
    "a member": Edge(member("crew", "user:eve"), before=(CREW, CREW_CLERKS)),
    "a group within another": Edge(
        member("crew", "group:finance"), before=(CREW, CREW_CLERKS)
    ),
    "a member that is freed": Edge(
        leave("crew", "user:eve"),
        before=(CREW, clerk(principal="group:crew@/", effect="deny"), member("crew", "user:eve")),
    ),
    "a group enabled": Edge(
        put(CREW), before=(Group(id="crew", disabled=True), CREW_CLERKS, member("crew", "user:eve"))
    ),
    "a group disabled that denied": Edge(
        put(Group(id="crew", disabled=True)),
        before=(CREW, clerk(principal="group:crew@/", effect="deny"), member("crew", "user:eve")),
    ),
    "a user enabled": Edge(put(User(id="eve")), before=(User(id="eve", disabled=True), clerk())),
    "a resource group that gets larger": Edge(
        put(WIDE), before=(NARROW, clerk(resource_group="narrow@/"))
    ),
    "a user's attribute that a condition reads": Edge(
        put(User(id="eve", attributes={"level": "senior"})), before=(SENIOR,)
    ),
    "a resource's attribute that a condition reads": Edge(
        put(Resource(type="invoice", id="7", attributes={"team": "ops"})),
        before=(Resource(type="invoice", id="7", attributes={"team": "hr"}), OWN),
    ),
    "a resource that is entered with attributes": Edge(
        put(Resource(type="invoice", id="7", attributes={"team": "ops"})), before=(OWN,)
    ),
    "a resource without its home": Edge(
        gone("resources", "invoice:7"),
        BEYOND,
        (Resource(type="invoice", id="7", scope="vault"), clerk(scope="retail"),
         ApprovalPolicy(id="vault", scope="vault", applies_to=("invoice.read",),
                        requirement=parse_reviews("1 from group:finance"))),
    ),
    "a resource in another home": Edge(
        put(Resource(type="invoice", id="7", scope="retail")),
        before=(Resource(type="invoice", id="7", scope="vault"), clerk(scope="retail")),
    ),
    "a token of somebody else": Edge(
        lambda placet, who: placet.credentials.issue("user:kim", actor=who)
    ),
    "a policy that offers a pass": Edge(put(offer()), COVERED),
    "a policy that yields a role": Edge(put(offer(yields=AccessYield(role="clerk", seconds=60)))),
    "a policy that yields for longer": Edge(
        put(offer(yields=AccessYield(role="clerk", seconds=3600))),
        before=(offer(yields=AccessYield(role="clerk", seconds=60)),),
    ),
    "a policy that lets more people ask": Edge(
        put(offer(requesters=("everyone",))), COVERED, (offer(),)
    ),
    "a policy that asks fewer people": Edge(
        put(offer()), COVERED, (offer(requirement=parse_reviews("2 from group:finance")),)
    ),
    "a role that a policy yields": Edge(
        put(Role(id="lent", permissions=("invoice.read", "invoice.pay"))),
        COVERED,
        (Role(id="lent", permissions=("invoice.read",)),
         offer(yields=AccessYield(role="lent", seconds=60))),
    ),
    "a member who may then approve for itself": Edge(
        member("crew", "user:eve"),
        COVERED,
        (CREW, offer(requirement=parse_reviews("1 from group:crew"), allow_self_review=True,
                     allow_unsatisfiable=True)),
    ),
    "a member for whom a condition approves": Edge(
        member("crew", "user:eve"),
        COVERED,
        (CREW, offer(requesters=("group:crew",), requirement=ConditionHolds(when="true"))),
    ),
    "four eyes deleted": Edge(gone("policies", "four-eyes"), BEYOND),
    "four eyes for less": Edge(weaker(applies_to=("invoice.read",)), BEYOND),
    "four eyes under a condition": Edge(weaker(when="context.amount > 1"), BEYOND),
    "four eyes by anybody": Edge(weaker(requirement=parse_reviews("1 from everyone")), BEYOND),
    "four eyes of oneself": Edge(weaker(allow_self_review=True), BEYOND),
    "four eyes that somebody may pass by": Edge(weaker(override_by=("user:eve",)), BEYOND),
    "four eyes that are good for longer": Edge(weaker(use_within=None), BEYOND),
}  # fmt: skip


def _prepare(placet: PlacetUnderTest, edge: Edge) -> None:
    for step in edge.before:
        act = step if callable(step) else put(step)
        act(placet, SYSTEM)


@pytest.mark.parametrize("name", EDGES)
def test_it_is_refused_to_who_does_not_hold_it(placet: PlacetUnderTest, name: str) -> None:
    """Failure mode 34, edge by edge."""
    edge = EDGES[name]
    _prepare(placet, edge)
    before = placet.store.head(placet.account)
    with pytest.raises(AccessDenied, match="ask somebody who") as refused:
        edge.act(placet, LEE)
    assert refused.value.permission.startswith("invoice.")
    assert placet.store.head(placet.account) == before


@pytest.mark.parametrize(("name", "who"), [(n, w) for n, edge in EDGES.items() for w in edge.may])
def test_it_is_allowed_to_who_holds_it_or_has_the_right(
    placet: PlacetUnderTest, name: str, who: str
) -> None:
    _prepare(placet, EDGES[name])
    EDGES[name].act(placet, who)


@pytest.mark.parametrize("name", [name for name, edge in EDGES.items() if BEA not in edge.may])
def test_the_right_to_give_roles_is_not_the_right_to_change_what_they_give(
    placet: PlacetUnderTest, name: str
) -> None:
    _prepare(placet, EDGES[name])
    with pytest.raises(AccessDenied, match="core_authz_escalate"):
        EDGES[name].act(placet, BEA)


@pytest.mark.parametrize("name", [name for name, edge in EDGES.items() if edge.may == BEYOND])
def test_what_nobody_can_hold_needs_the_right(placet: PlacetUnderTest, name: str) -> None:
    _prepare(placet, EDGES[name])
    with pytest.raises(AccessDenied, match="core_authz_escalate"):
        EDGES[name].act(placet, PAT)


UNGUARDED: dict[str, Edge] = {
    "an assignment deleted": Edge(gone("assignments", "sam")),
    "an assignment disabled": Edge(put(clerk(disabled=True)), before=(clerk(),)),
    "an assignment that ends": Edge(until(1), before=(clerk(),)),
    "a condition added": Edge(put(clerk(condition="false")), before=(clerk(),)),
    "a deny": Edge(put(DENY)),
    "a deny that lasts": Edge(put(DENY), before=(until(1, id="deny", effect="deny"),)),
    "a role deleted": Edge(gone("roles", "clerk")),
    "a held role that loses a permission": Edge(
        put(Role(id="clerk", permissions=("invoice.pay",)))
    ),
    "a held role with another name": Edge(
        put(Role(id="clerk", name="Clerk", permissions=("invoice.*",)))
    ),
    "a role that nobody holds": Edge(put(Role(id="new", permissions=("invoice.*",)))),
    "a permission that no role means": Edge(put(Permission.dotted("parcel.send"))),
    "a group that holds nothing": Edge(put(CREW)),
    "a member of a group that holds nothing": Edge(member("finance", "user:eve")),
    "a member that leaves": Edge(
        leave("crew", "user:eve"), before=(CREW, CREW_CLERKS, member("crew", "user:eve"))
    ),
    "a member who is one already by another way": Edge(
        member("crew", "user:eve"), before=(CREW, CREW_CLERKS, clerk())
    ),
    "a user": Edge(put(User(id="new"))),
    "a user's name": Edge(put(User(id="sam", name="Sam S."))),
    "an attribute that no condition reads": Edge(
        put(User(id="eve", attributes={"shoe": 43})), before=(SENIOR,)
    ),
    "a resource": Edge(put(Resource(type="invoice", id="7", attributes={"team": "hr"}))),
    "a resource that gets a home": Edge(
        put(Resource(type="invoice", id="7", scope="retail")),
        before=(Resource(type="invoice", id="7"), clerk()),
    ),
    "a resource group that gets smaller": Edge(
        put(NARROW), before=(WIDE, clerk(resource_group="narrow@/"))
    ),
    "a reviewer": Edge(
        member("crew", "user:eve"),
        before=(
            CREW,
            offer(requirement=parse_reviews("1 from group:crew"), allow_unsatisfiable=True),
        ),
    ),
    "somebody who may ask": Edge(
        member("crew", "user:eve"), before=(CREW, offer(requesters=("group:crew",)))
    ),
    "one's own token": Edge(lambda placet, who: placet.credentials.issue(LEE, actor=who)),
    "a policy that asks more": Edge(
        put(msgspec.structs.replace(FOUR_EYES, id="more", applies_to=("invoice.read",)))
    ),
    "an offer deleted": Edge(gone("policies", "offer"), before=(offer(),)),
    "an offer to fewer people": Edge(
        put(offer()), before=(offer(requesters=("user:eve", "user:kim")),)
    ),
    "four eyes for more": Edge(weaker(applies_to=("invoice.pay", "invoice.read"))),
}


@pytest.mark.parametrize("name", UNGUARDED)
def test_what_widens_nothing_needs_no_more_than_the_right_to_do_it(
    placet: PlacetUnderTest, name: str
) -> None:
    """A lesser administrator must be able to demote (failure mode 34)."""
    _prepare(placet, UNGUARDED[name])
    UNGUARDED[name].act(placet, LEE)
