"""Access that begins later is looked at again until it begins: nobody comes to what they could not
ask for at that moment, with no sweeper running.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from elevation import ELEVATION, ask_later, elevating, grant_of, leave, reads, scheduled
from office import office

from placet import (
    SYSTEM,
    ApprovalPolicy,
    Assignment,
    Group,
    InvalidState,
    Permission,
    Resource,
    Role,
    User,
)
from placet.bundle import loads
from placet.model import AccessYield, Approval, Grant, parse_reviews
from placet.storage.nouns import key_for
from placet.storage.port import Put
from placet.testing import PlacetUnderTest

Change = Callable[[PlacetUnderTest], Any]


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with office() as opened:
        yield elevating(opened)


def _update(placet: PlacetUnderTest, **changes: Any) -> None:
    placet.policies.change(
        "elevation", lambda policy: msgspec.structs.replace(policy, **changes), actor=SYSTEM
    )


def _tighten(placet: PlacetUnderTest) -> None:
    placet.policies.create(
        ApprovalPolicy(
            id="four-eyes-for-all",
            applies_to=("invoice.read",),
            requirement=parse_reviews("1 from user:root"),
        ),
        actor=SYSTEM,
    )


# -- what makes it void ----------------------------------------------------------------------------

VOIDING: dict[str, Change] = {
    "the requester leaves the group": leave,
    "a group in between leaves it": lambda placet: placet.groups.remove_members(
        "oncall", ["group:night"], actor=SYSTEM
    ),
    "the group is disabled": lambda placet: placet.groups.update(
        Group(id="oncall", disabled=True), actor=SYSTEM
    ),
    "a group in between is deleted": lambda placet: placet.groups.delete(
        "night", cascade=True, actor=SYSTEM
    ),
    "the subject is disabled": lambda placet: placet.users.update(
        User(id="eve", disabled=True), actor=SYSTEM
    ),
    "the subject is deleted": lambda placet: placet.users.delete("eve", cascade=True, actor=SYSTEM),
    "the policy is withdrawn": lambda placet: placet.policies.delete("elevation", actor=SYSTEM),
    "the policy names others": lambda placet: _update(placet, requesters=("user:kim",)),
    "the policy is about something else": lambda placet: _update(
        placet, when="resource.properties.tier == 2"
    ),
    "the role is deleted": lambda placet: placet.roles.delete("clerk", cascade=True, actor=SYSTEM),
    "the permission is retired": lambda placet: placet.permissions.change(
        "invoice.read",
        lambda known: msgspec.structs.replace(known, status="inactive"),
        actor=SYSTEM,
    ),
    "somebody denies it": lambda placet: placet.assignments.create(
        Assignment(id="no", principal="group:night", role="clerk", effect="deny"), actor=SYSTEM
    ),
    "another policy wants approval as well": _tighten,
    "the resource is deleted": lambda placet: placet.resources.delete("invoice:7", actor=SYSTEM),
    "the resource moves away": lambda placet: placet.resources.update(
        Resource(type="invoice", id="7", scope="retail"), actor=SYSTEM
    ),
}


@pytest.mark.parametrize("what", VOIDING)
def test_it_never_begins_where_it_could_not_be_asked_for(
    placet: PlacetUnderTest, what: str
) -> None:
    id = scheduled(placet)
    VOIDING[what](placet)
    assert grant_of(placet, id).status == "revoked"
    placet.clock.advance("2h")
    assert not reads(placet)


@pytest.mark.parametrize("what", ["the requester leaves the group", "the policy is withdrawn"])
def test_what_was_void_once_is_asked_for_anew(placet: PlacetUnderTest, what: str) -> None:
    id = scheduled(placet)
    VOIDING[what](placet)
    with placet.acting(SYSTEM):
        if what == "the policy is withdrawn":
            placet.policies.create(ELEVATION)
        placet.groups.add_members("night", ["user:eve"])
    placet.clock.advance("2h")
    assert (grant_of(placet, id).status, reads(placet)) == ("revoked", False)
    placet.approve(ask_later(placet, hours=0), by="user:dana")
    assert reads(placet)


def test_what_is_tightened_meanwhile_has_to_be_met(placet: PlacetUnderTest) -> None:
    """T43: nobody begins what by then wants more than was approved."""
    id = scheduled(placet)
    _tighten(placet)
    grant = grant_of(placet, id)
    assert grant.status == "revoked"
    assert "policy four-eyes-for-all wants approval by now as well" in grant.reason


def test_what_it_is_about_is_deleted_and_it_never_begins(placet: PlacetUnderTest) -> None:
    """T28: what comes later under the name is something else."""
    id = scheduled(placet)
    placet.resources.delete("invoice:7", actor=SYSTEM)
    placet.resources.create(Resource(type="invoice", id="7"), actor=SYSTEM)
    grant = grant_of(placet, id)
    assert (grant.status, "invoice:7 was deleted" in grant.reason) == ("revoked", True)
    placet.clock.advance("2h")
    assert not reads(placet)


def test_a_bundle_that_takes_it_away_ends_it(placet: PlacetUnderTest) -> None:
    id = scheduled(placet)
    text = 'bundle = "away"\nusers = [{id = "eve", disabled = true}]'
    placet.apply(loads(text, "toml"), actor=SYSTEM)
    assert grant_of(placet, id).status == "revoked"


def test_it_ends_in_the_commit_that_makes_it_void(placet: PlacetUnderTest) -> None:
    id = scheduled(placet)
    version = placet.store.head(placet.account).version
    placet.groups.remove_members("night", ["user:eve"], actor="user:root")
    assert placet.store.head(placet.account).version == version + 1
    last = placet.audit.list(kind="grant.revoked", actor=SYSTEM).items[-1]
    assert (last.version, last.actor, last.data["grant"]) == (version + 1, "user:root", id)
    grant = grant_of(placet, id)
    assert (grant.status_by, grant.reason) == (
        "user:root",
        "refused before it began: no assignment gives user:eve invoice.read on invoice:7 in the "
        "account",
    )


def _stands_by(placet: PlacetUnderTest) -> Change:
    placet.assignments.create(
        Assignment(id="standby", principal="user:eve", role="standby"), actor=SYSTEM
    )
    return lambda placet: placet.assignments.delete("standby", actor=SYSTEM)


def _owns_it(placet: PlacetUnderTest) -> Change:
    owned = Resource(type="invoice", id="7", attributes={"owner": "eve"})
    placet.resources.update(owned, actor=SYSTEM)
    given = msgspec.structs.replace(owned, attributes={"owner": "kim"})
    return lambda placet: placet.resources.update(given, actor=SYSTEM)


def _pays(placet: PlacetUnderTest) -> Change:
    placet.roles.create(Role(id="payer", permissions=("invoice.pay",)), actor=SYSTEM)
    placet.assignments.create(
        Assignment(id="payer", principal="user:eve", role="payer"), actor=SYSTEM
    )
    return lambda placet: placet.roles.update(Role(id="payer"), actor=SYSTEM)


WAYS: dict[str, Callable[[PlacetUnderTest], Change]] = {
    "role:standby": _stands_by,
    "owner": _owns_it,
    "permission:invoice.pay": _pays,
}


@pytest.mark.parametrize("source", WAYS)
def test_whatever_lets_somebody_ask_may_be_taken(placet: PlacetUnderTest, source: str) -> None:
    taken = WAYS[source](placet)
    _update(placet, requesters=(source,))
    id = scheduled(placet)
    assert grant_of(placet, id).status == "scheduled"
    taken(placet)
    assert grant_of(placet, id).status == "revoked"


def test_what_lets_somebody_ask_may_be_over_by_then(placet: PlacetUnderTest) -> None:
    """Nothing happens at the start: that time alone will have taken it is seen before."""
    with placet.acting(SYSTEM):
        leave(placet)
        placet.assignments.create(Assignment(id="standby", principal="user:eve", role="standby"))
        id = scheduled(placet)
        placet.assignments.change(
            "standby",
            lambda held: msgspec.structs.replace(
                held, expires_at=placet.clock.now() + timedelta(hours=2)
            ),
        )
    assert grant_of(placet, id).status == "revoked"


@pytest.mark.parametrize(("requesters", "status"), [("user:eve", "scheduled"),
                                                   ("group:oncall", "revoked")])  # fmt: skip
def test_what_rests_on_access_that_begins_before_is_right_as_long_as_that_is(
    placet: PlacetUnderTest, requesters: str, status: str
) -> None:
    """Whoever watches stands by, and who stands by may ask to read: eve will watch by then."""
    with placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("invoice.watch"))
        placet.roles.create(
            Role(id="watcher", permissions=("invoice.watch",), includes=("standby",))
        )
        placet.policies.create(
            msgspec.structs.replace(
                ELEVATION,
                id="watching",
                applies_to=("invoice.watch",),
                requesters=(requesters,),
                yields=AccessYield("watcher", 7200),
            )
        )
    reading = scheduled(placet)
    watching = placet.approvals.request(
        "invoice.watch",
        "invoice:7",
        starts_at=placet.clock.now() + timedelta(hours=1),
        actor="user:eve",
    )
    placet.approve(watching, by="user:dana")
    leave(placet)
    assert grant_of(placet, reading).status == status
    assert {one.status for one in placet.grants.list(actor=SYSTEM).items} == {status}


def test_nothing_rests_on_itself(placet: PlacetUnderTest) -> None:
    """A clerk may pay, and who may pay may ask to be a clerk: that is no way to stay one."""
    taken = _pays(placet)
    _update(placet, requesters=("permission:invoice.pay",))
    id = scheduled(placet)
    taken(placet)
    assert grant_of(placet, id).status == "revoked"


# -- between the request and the yes ---------------------------------------------------------------


def test_who_could_not_ask_any_more_when_it_was_approved_is_given_nothing(
    placet: PlacetUnderTest,
) -> None:
    asked = ask_later(placet)
    leave(placet)
    done = placet.approve(asked, by="user:dana")
    assert (done.status, done.grant is not None) == ("approved", True)
    grant = grant_of(placet, done.grant or "")
    assert (grant.status, "refused before it began" in grant.reason) == ("revoked", True)
    kinds = [event.kind for event in placet.audit.list(approval=asked.id, actor=SYSTEM).items]
    assert kinds[-2:] == ["approval.approved", "grant.revoked"]
    placet.clock.advance("2h")
    assert not reads(placet)


# -- what leaves it alone --------------------------------------------------------------------------


def _more(placet: PlacetUnderTest) -> None:
    _update(placet, requirement=parse_reviews("2 from group:finance"))


def _change_ways(placet: PlacetUnderTest) -> None:
    placet.groups.add_members("oncall", ["user:eve"], actor=SYSTEM)
    leave(placet)


LEAVING: dict[str, Change] = {
    "who approved it is not a reviewer any more": lambda placet: placet.groups.remove_members(
        "finance", ["user:dana"], actor=SYSTEM
    ),
    "who approved it is disabled": lambda placet: placet.users.update(
        User(id="dana", disabled=True), actor=SYSTEM
    ),
    "the policy would ask more people by now": _more,
    "somebody else leaves": lambda placet: placet.users.delete("kim", cascade=True, actor=SYSTEM),
    "they may ask by another way": _change_ways,
    "they hold it anyway": lambda placet: placet.assignments.create(
        Assignment(id="eve", principal="user:eve", role="clerk"), actor=SYSTEM
    ),
    "another resource is deleted": lambda placet: [
        placet.resources.create(Resource(type="invoice", id="8"), actor=SYSTEM),
        placet.resources.delete("invoice:8", actor=SYSTEM),
    ],
}


@pytest.mark.parametrize("what", LEAVING)
def test_it_begins_where_it_could_still_be_asked_for(placet: PlacetUnderTest, what: str) -> None:
    id = scheduled(placet)
    LEAVING[what](placet)
    assert grant_of(placet, id).status == "scheduled"
    placet.clock.advance("2h")
    assert (grant_of(placet, id).status, reads(placet)) == ("active", True)


def test_a_role_that_is_needed_for_it_is_not_deleted_by_the_way(placet: PlacetUnderTest) -> None:
    id = scheduled(placet)
    with pytest.raises(InvalidState, match="still used by 3 assignments"):
        placet.roles.delete("clerk", actor=SYSTEM)
    assert grant_of(placet, id).status == "scheduled"


class After(NamedTuple):
    """How access that had begun stands after a change: its status, and whether it allows."""

    status: str
    allows: bool


BEGUN: dict[str, After] = {
    "the requester leaves the group": After("active", True),
    "a group in between leaves it": After("active", True),
    "the group is disabled": After("active", True),
    "a group in between is deleted": After("active", True),
    "the subject is disabled": After("active", False),
    "the subject is deleted": After("revoked", False),
    "the policy is withdrawn": After("active", True),
    "the policy names others": After("active", True),
    "the policy is about something else": After("active", True),
    "another policy wants approval as well": After("active", False),
    "the role is deleted": After("revoked", False),
    "the permission is retired": After("active", False),
    "somebody denies it": After("active", False),
    "the resource is deleted": After("active", True),
    "the resource moves away": After("active", True),
}


@pytest.mark.parametrize("what", VOIDING)
def test_what_has_begun_is_decided_as_any_access(placet: PlacetUnderTest, what: str) -> None:
    id = scheduled(placet)
    placet.clock.advance("2h")
    assert reads(placet)
    VOIDING[what](placet)
    assert After(grant_of(placet, id).status, reads(placet)) == BEGUN[what]


@pytest.mark.parametrize("hours", [0, 2])
def test_what_has_begun_lasts_as_it_was_given(placet: PlacetUnderTest, hours: int) -> None:
    """Access that is active ends with its time, its subject or by revoking; nobody asks again."""
    done = placet.approve(ask_later(placet, hours=hours), by="user:dana")
    placet.clock.advance(f"{hours}h" if hours else "1m")
    leave(placet)
    placet.policies.delete("elevation", actor=SYSTEM)
    placet.sweep()
    assert (grant_of(placet, done.grant or "").status, reads(placet)) == ("active", True)


# -- what cannot be looked at ----------------------------------------------------------------------


def _spoil(placet: PlacetUnderTest, noun: type[Approval] | type[Grant], id: str) -> None:
    """Change a document from outside, so that it cannot be read."""
    key = key_for(noun, id)
    (doc,) = placet.store.get("default", [key])
    assert doc is not None
    placet.store.commit("default", [Put(key, b"{}", doc.index, doc.version)], [])


def test_what_has_an_approval_that_cannot_be_read_is_void_and_stops_no_other_change(
    placet: PlacetUnderTest,
) -> None:
    grant = scheduled(placet)
    _spoil(placet, Approval, grant_of(placet, grant).approval)
    placet.users.create(User(id="new"), actor=SYSTEM)
    assert grant_of(placet, grant).status == "revoked"


def test_a_grant_that_cannot_be_read_stops_no_other_change(placet: PlacetUnderTest) -> None:
    _spoil(placet, Grant, scheduled(placet))
    leave(placet)
    assert not placet.groups.members("night", actor=SYSTEM).items
