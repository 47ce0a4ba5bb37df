"""Who could say yes now, leaf by leaf, and to whom they are named."""

from datetime import timedelta

import pytest
from office import SYSTEM

from placet import ApprovalPolicy, Assignment, NotFound, Permission, Resource, Role, User
from placet.model import AnyOf, Delegation, InOrder, Requirement, Reviews, parse_reviews
from placet.services.approval_reviewers import OpenLeaf, Reviewer
from placet.testing import PlacetUnderTest, engine


def policy(placet: PlacetUnderTest, requirement: Requirement | str, **fields: object) -> None:
    """Let paying need something else."""
    tree = parse_reviews(requirement) if isinstance(requirement, str) else requirement
    placet.policies.update(
        ApprovalPolicy(
            id="four-eyes",
            applies_to=("invoice.pay",),
            requirement=tree,
            **fields,  # type: ignore[arg-type]  # of the policy
        ),
        actor=SYSTEM,
    )


def ask(placet: PlacetUnderTest) -> str:
    """The id of a request of sam's."""
    return placet.request("invoice.pay", "invoice:1", actor="user:sam").id


def leaves(placet: PlacetUnderTest, id: str, by: str = "root") -> tuple[OpenLeaf, ...]:
    """The leaves that wait."""
    return placet.approvals.eligible_reviewers(id, actor=f"user:{by}").leaves


def could(leaf: OpenLeaf) -> list[str]:
    """Who could say yes, by short name."""
    return [one.principal.removeprefix("user:") for one in leaf.reviewers if not one.why_not]


def test_a_group_is_listed_with_what_is_needed(placet: PlacetUnderTest) -> None:
    (leaf,) = leaves(placet, ask(placet))
    assert leaf == OpenLeaf(
        "", ("group:finance@/",), 1, 0, 2, False, (Reviewer("user:dana"), Reviewer("user:finn"))
    )


def test_who_must_not_know_them_is_told_how_many(placet: PlacetUnderTest) -> None:
    """T50."""
    id = ask(placet)
    (leaf,) = leaves(placet, id, by="sam")
    assert (leaf.reviewers, leaf.could) == ((), 2)
    with pytest.raises(NotFound):
        leaves(placet, id, by="eve")


def test_who_could_not_is_named_with_the_reason(placet: PlacetUnderTest) -> None:
    placet.groups.add_members("finance", ["user:sam"], actor=SYSTEM)
    policy(placet, "2 from group:finance")
    id = ask(placet)
    placet.review(id, "approve", actor="user:finn")
    (leaf,) = leaves(placet, id)
    assert (leaf.could, leaf.have, leaf.needed) == (1, 1, 2)
    assert leaf.reviewers == (
        Reviewer("user:dana"),
        Reviewer("user:finn", why_not="reviewed"),
        Reviewer("user:sam", why_not="excluded"),
    )


def test_a_reviewer_of_an_earlier_stage_is_named_as_that(placet: PlacetUnderTest) -> None:
    stages = InOrder(of=(parse_reviews("1 from user:dana"), parse_reviews("1 from group:finance")))
    policy(placet, stages, also_exclude=("earlier_reviewers",))
    now = placet.clock.now()
    placet.delegations.create(
        Delegation(
            id="d",
            delegator="user:dana",
            delegate="user:eve",
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        ),
        actor="user:dana",
    )
    id = ask(placet)
    placet.review(id, "approve", actor="user:eve")
    (leaf,) = leaves(placet, id)
    assert Reviewer("user:dana", why_not="reviewed_earlier") in leaf.reviewers
    assert could(leaf) == ["finn"]


def test_only_what_is_open_and_not_satisfied_waits(placet: PlacetUnderTest) -> None:
    policy(
        placet,
        InOrder(
            of=(
                Reviews(name="team", count=1, source="user:kim"),
                AnyOf(of=(parse_reviews("1 from user:dana"), parse_reviews("2 from user:finn"))),
            )
        ),
    )
    id = ask(placet)
    assert [leaf.name for leaf in leaves(placet, id)] == ["team"]
    placet.review(id, "approve", actor="user:kim")
    assert [leaf.sources for leaf in leaves(placet, id)] == [("user:dana",), ("user:finn",)]
    placet.review(id, "approve", actor="user:dana")
    assert leaves(placet, id) == ()


def test_what_has_expired_waits_for_nobody(placet: PlacetUnderTest) -> None:
    """T12."""
    id = ask(placet)
    placet.clock.advance("8h")
    found = placet.approvals.eligible_reviewers(id, actor="user:root")
    assert (found.status, found.leaves) == ("expired", ())


def test_a_delegate_is_named_with_whose_seat_it_is(placet: PlacetUnderTest) -> None:
    now = placet.clock.now()
    placet.delegations.create(
        Delegation(
            id="d",
            delegator="user:dana",
            delegate="user:eve",
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        ),
        actor="user:dana",
    )
    id = ask(placet)
    (leaf,) = leaves(placet, id)
    assert Reviewer("user:eve", seat_of="user:dana") in leaf.reviewers
    placet.clock.advance("1h")
    (leaf,) = leaves(placet, id)
    assert could(leaf) == ["dana", "finn"]


def test_those_it_is_escalated_to_are_named_from_then_on(placet: PlacetUnderTest) -> None:
    policy(
        placet,
        Reviews(count=1, source="user:dana", escalate_after=3600, escalate_to=("user:eve",)),
    )
    id = ask(placet)
    assert [could(leaf) for leaf in leaves(placet, id)] == [["dana"]]
    placet.clock.advance("1h")
    assert [could(leaf) for leaf in leaves(placet, id)] == [["dana", "eve"]]


@pytest.mark.parametrize(
    ("source", "who"),
    [
        ("role:checker", ["dana", "finn"]),
        ("permission:invoice.check", ["dana", "finn"]),
        ("owner", ["dana"]),
        ("manager", ["finn"]),
        ("everyone", ["dana", "eve", "finn", "kim", "root"]),
    ],
)
@pytest.mark.parametrize("directory", ["open", "closed"])
def test_holders_relations_and_everyone_are_listed_as_far_as_they_are_known(
    source: str, who: list[str], directory: str
) -> None:
    placet = engine(directory=directory)
    with placet.acting(SYSTEM):
        for permission in ("invoice.pay", "invoice.check"):
            placet.permissions.create(Permission.dotted(permission))
        for name in ("dana", "eve", "finn", "kim", "root"):
            placet.users.create(User(id=name))
        placet.users.create(User(id="sam", attributes={"manager": "finn"}))
        placet.roles.create(Role(id="checker", permissions=("invoice.check",)))
        placet.roles.create(Role(id="head", permissions=(), includes=("checker",)))
        for name, role in (("dana", "checker"), ("finn", "head")):
            placet.assignments.create(Assignment(id=name, principal=f"user:{name}", role=role))
        placet.assignments.create(
            Assignment(id="deny", principal="user:eve", role="checker", effect="deny")
        )
        placet.resources.create(Resource(type="invoice", id="1", attributes={"owner": "user:dana"}))
        placet.policies.create(
            ApprovalPolicy(
                id="p",
                applies_to=("invoice.pay",),
                needed="when_denied",
                requesters=("everyone",),
                requirement=parse_reviews(f"1 from {source}"),
            )
        )
        id = placet.request("invoice.pay", "invoice:1", actor="user:sam").id
        (leaf,) = placet.approvals.eligible_reviewers(id).leaves
    assert could(leaf) == who
    assert leaf.unlisted is (source == "everyone" and directory == "open")


def test_it_is_plain_json(placet: PlacetUnderTest) -> None:
    shown = placet.approvals.eligible_reviewers(ask(placet), actor="user:root").as_dict()
    assert [one["principal"] for one in shown["leaves"][0]["reviewers"]] == [
        "user:dana",
        "user:finn",
    ]
