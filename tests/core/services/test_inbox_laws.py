"""The laws of the inbox and of its other side: an inbox is all that one may review now and has not,
page by page; and whoever is listed as one who could review an approval may."""

from datetime import timedelta
from itertools import product
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from placet import (
    SYSTEM,
    AccessDenied,
    ApprovalPolicy,
    Assignment,
    Group,
    InvalidState,
    NotFound,
    Permission,
    Resource,
    ResourceGroup,
    Role,
    User,
)
from placet.model import (
    AllOf,
    AnyOf,
    AtLeast,
    ConditionHolds,
    Delegation,
    InOrder,
    Requirement,
    Reviews,
)
from placet.services.approval_inbox import InboxOrder
from placet.testing import PlacetUnderTest, engine

PEOPLE = tuple(f"user:{name}" for name in ("ana", "bo", "cy", "dee", "eli", "fay"))
SCOPES = ("", "retail", "retail/shop", "retail/web")
SOURCES = (
    *PEOPLE[:2], "group:inner", "group:outer", "role:lead", "role:head", "permission:release.test",
    "owner", "manager", "everyone",
)  # fmt: skip
ORDERS: tuple[InboxOrder, ...] = ("deadline", "oldest", "newest")


def world(random: Random) -> PlacetUnderTest:
    """A few people with groups, roles, resources and delegations, and some requests of theirs."""
    placet = engine()
    with placet.acting(SYSTEM):
        for permission in ("release.deploy", "release.test"):
            placet.permissions.create(Permission.dotted(permission))
        for person in PEOPLE:
            placet.users.create(
                User(
                    id=person[5:],
                    attributes={"manager": random.choice(PEOPLE)[random.choice((0, 5)) :]},
                )
            )
        placet.groups.create(Group(id="inner"))
        placet.groups.create(Group(id="outer"))
        placet.groups.add_members("outer", ["group:inner", random.choice(PEOPLE)])
        placet.groups.add_members("inner", random.sample(PEOPLE, 2))
        placet.roles.create(Role(id="lead", permissions=("release.test",)))
        placet.roles.create(Role(id="head", permissions=(), includes=("lead",)))
        placet.resource_groups.create(
            ResourceGroup(id="here", all=True, include_child_scopes=False)
        )
        for number in range(4):
            placet.assignments.create(
                Assignment(
                    id=f"a{number}",
                    principal=random.choice((*PEOPLE, "group:inner", "everyone")),
                    role=random.choice(("lead", "head")),
                    scope=random.choice(SCOPES),
                    effect="deny" if random.random() < 0.2 else "allow",
                    resource_group="here@/" if random.random() < 0.2 else None,
                )
            )
        for number in range(3):
            placet.resources.create(
                Resource(
                    type="release",
                    id=str(number),
                    attributes={"owner": named(random)},
                )
            )
        for number in range(2):
            delegator, delegate = random.sample(PEOPLE, 2)
            placet.delegations.create(
                Delegation(
                    id=f"d{number}",
                    scope=random.choice(SCOPES),
                    delegator=delegator,
                    delegate=delegate,
                    starts_at=placet.clock.now() + timedelta(minutes=random.choice((0, 30))),
                    ends_at=placet.clock.now() + timedelta(hours=2),
                )
            )
        policies(placet, random)
    for _ in range(6):
        busy(placet, random)
    return placet


def named(random: Random) -> str:
    """Somebody, as an attribute names them: by reference or by id."""
    person = random.choice(PEOPLE)
    return random.choice((person, person.removeprefix("user:")))


def policies(placet: PlacetUnderTest, random: Random) -> None:
    """A policy for each of some scopes."""
    for number, scope in enumerate(("", *random.sample(SCOPES[1:], 1))):
        placet.policies.create(
            ApprovalPolicy(
                id=f"p{number}",
                scope=scope,
                applies_to=("release.deploy",),
                needed="when_denied",
                requesters=("everyone",),
                requirement=tree(random, 3),
                also_exclude=("earlier_reviewers",) if random.random() < 0.3 else (),
                shared_seats=random.random() < 0.3,
                allow_self_review=random.random() < 0.3,
                reject_when="unreachable",
                decide_within=random.choice((None, 3600, 3 * 3600)),
                allow_unsatisfiable=True,
            )
        )


def tree(random: Random, depth: int) -> Requirement:
    """Any requirement."""
    if depth == 0 or random.random() < 0.3:
        if random.random() < 0.1:
            return ConditionHolds(when=random.choice(("true", "false")))
        later = random.random() < 0.2
        return Reviews(
            count=random.choice((1, 1, 2)),
            source=random.choice(SOURCES),
            escalate_after=2400 if later else None,
            escalate_to=(random.choice(SOURCES),) if later else (),
        )
    of = tuple(tree(random, depth - 1) for _ in range(random.choice((1, 2, 2, 3))))
    if random.random() < 0.2:
        return AtLeast(count=random.randint(1, len(of)), of=of)
    return random.choice((AllOf, AnyOf, InOrder, InOrder))(of=of)


def busy(placet: PlacetUnderTest, random: Random) -> None:
    """Somebody asks, and some say something to it, if they may; sometimes they take it back."""
    placet.clock.advance("7m")
    try:
        id = placet.request(
            "release.deploy",
            f"release:{random.randrange(4)}",
            {"n": random.randrange(100)},
            scope=random.choice(SCOPES),
            actor=random.choice(PEOPLE),
        ).id
        for person in random.sample(PEOPLE, 3):
            said = random.choice(("approve", "approve", "reject", "abstain"))
            if accepts(placet, id, person, said) and random.random() < 0.2:
                placet.approvals.withdraw(id, actor=person)
    except (AccessDenied, InvalidState):
        return


def accepts(placet: PlacetUnderTest, id: str, person: str, verdict: str = "abstain") -> bool:
    """Whether a review is accepted: by making it. One that abstains changes nothing for others."""
    try:
        placet.review(id, verdict, actor=person)  # type: ignore[arg-type]  # one of the three
    except (AccessDenied, InvalidState, NotFound):
        return False
    return True


def pages(placet: PlacetUnderTest, person: str, order: InboxOrder, limit: int) -> list[str]:
    """What all pages of an inbox hold, one after the other."""
    found: list[str] = []
    after = None
    while True:
        page = placet.approvals.inbox(order=order, limit=limit, after=after, actor=person)
        found.extend(one.id for one in page.items)
        after = page.next
        if after is None:
            return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 20, 60]))
def test_an_inbox_is_what_one_may_review_now_and_has_said_nothing_to(
    seed: int, minutes: int
) -> None:
    with world(Random(seed)) as placet:
        placet.clock.advance(timedelta(minutes=minutes))
        known = placet.approvals.list(limit=1000, actor=SYSTEM).items
        for one in known:
            # So that no review which changes nothing ends what is over by now.
            placet.approvals.settle(one.id, actor=SYSTEM)
        before = {
            person: [
                pages(placet, person, order, limit) for order, limit in product(ORDERS, (1, 50))
            ]
            for person in PEOPLE
        }
        for person, shown in before.items():
            expected = {
                one.id
                for one in known
                if not any(
                    said.reviewer == person and said.withdrawn_at is None for said in one.reviews
                )
                and accepts(placet, one.id, person)
            }
            for found in shown:
                assert (len(found), set(found)) == (len(expected), expected), person


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, 20, 60]))
def test_whoever_is_listed_as_one_who_could_review_may(seed: int, minutes: int) -> None:
    with world(Random(seed)) as placet:
        placet.clock.advance(timedelta(minutes=minutes))
        for one in placet.approvals.list(status="pending", limit=1000, actor=SYSTEM).items:
            if placet.approvals.settle(one.id, actor=SYSTEM).status != "pending":
                continue
            found = placet.approvals.eligible_reviewers(one.id, actor=SYSTEM)
            could: set[str] = set()
            for leaf in found.leaves:
                said = [who for who in leaf.reviewers if not who.why_not]
                assert len(said) == leaf.could
                could.update(who.principal for who in said)
            for person in PEOPLE:
                waiting = one.id in pages(placet, person, "oldest", 50)
                assert waiting or person not in could, person
            for person in could:
                assert accepts(placet, one.id, person), person
