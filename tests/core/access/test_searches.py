"""Check, who, what, which and filter ask the same thing in five ways (failure modes 30 to 33)."""

import os
import random

from access_oracle import NaiveWorld
from hypothesis import given, settings
from hypothesis import strategies as st
from question_worlds import CONTEXT, EXTRA, asked_of, everybody, random_snapshot
from random_worlds import NOW, PERMISSIONS, PRINCIPALS, RESOURCES, SCOPES, random_changes

from placet.access.advance import advance
from placet.access.filters import Row
from placet.access.snapshot import Snapshot
from placet.model import User
from placet.refs import PrincipalKind
from placet.testing import PlacetUnderTest

KINDS: tuple[PrincipalKind, ...] = ("user", "service_account", "group", "service")
WORLDS = st.integers(0, 10**9)
ACTIONS = st.sampled_from([None, {"soft": True}, {"soft": False}])
PROPERTIES: tuple[dict[str, object], ...] = (
    {},
    {"team": "a"},
    {"team": "b", "level": 4},
    {"level": 9},
    {"level": "x"},
)
often = settings(max_examples=400 if os.environ.get("SOAK") else 40, deadline=None)


def resources_of(permission: str) -> list[str]:
    wanted = permission.rpartition(".")[0]
    return [f"{type_}:{id}" for type_, id in (*RESOURCES, *EXTRA) if type_ == wanted]


def who_can(placet: PlacetUnderTest, permission: str, on: str, **options: object) -> set[str]:
    """All pages, three at a time."""
    found: list[str] = []
    after = None
    while True:
        page = placet.who_can(permission, on, limit=3, after=after, **options)  # type: ignore[arg-type]  # drawn
        found.extend(page.principals)
        after = page.next
        if after is None:
            break
    assert found == sorted(set(found))
    return set(found)


@often
@given(seed=WORLDS, closed=st.booleans(), action=ACTIONS, scope=st.sampled_from((None, *SCOPES)))
def test_who_lists_exactly_those_whom_check_allows(
    seed: int, closed: bool, action: dict[str, object] | None, scope: str | None
) -> None:
    """Failure modes 12, 30, 31 and 33."""
    snapshot = random_snapshot(seed)
    placet = asked_of(snapshot, closed=closed)
    permission = random.Random(seed).choice(PERMISSIONS)
    for on in resources_of(permission):
        said = {"scope": scope, "context": CONTEXT, "action_properties": action}
        listed = who_can(placet, permission, on, kinds=KINDS, **said)
        allowed = {
            who for who in everybody(snapshot)
            if placet.check(who, permission, on, **said)  # type: ignore[arg-type]  # drawn
        }  # fmt: skip
        unlisted = placet.who_can(permission, on, kinds=KINDS, **said).unlisted  # type: ignore[arg-type]  # drawn
        known = {*snapshot.users, *snapshot.service_accounts, *snapshot.groups}
        assert listed <= allowed
        assert listed == allowed if not unlisted else allowed & known <= listed
        assert unlisted or not allowed & {"user:nobody", "service_account:none@/"}


@often
@given(seed=WORLDS, action=ACTIONS, scope=st.sampled_from((None, *SCOPES)))
def test_what_lists_exactly_what_check_allows(
    seed: int, action: dict[str, object] | None, scope: str | None
) -> None:
    """Failure modes 30, 31 and 33."""
    snapshot = random_snapshot(seed)
    placet = asked_of(snapshot)
    for who in everybody(snapshot):
        for type_, id in (*RESOURCES, *EXTRA):
            what = placet.what_can(
                who, f"{type_}:{id}", scope=scope, context=CONTEXT, action_properties=action
            )
            assert what == tuple(
                permission
                for permission in sorted(PERMISSIONS)
                if permission.rpartition(".")[0] == type_
                and placet.check(
                    who,
                    permission,
                    f"{type_}:{id}",
                    scope=scope,
                    context=CONTEXT,
                    action_properties=action,
                )
            )
        assert placet.what_can(who, scope=scope) == tuple(
            name for name in sorted(PERMISSIONS) if placet.check(who, name, scope=scope)
        )


@often
@given(seed=WORLDS, action=ACTIONS, scope=st.sampled_from((None, *SCOPES)))
def test_which_lists_exactly_the_stored_resources_that_check_allows(
    seed: int, action: dict[str, object] | None, scope: str | None
) -> None:
    """Failure modes 30, 31 and 33."""
    snapshot = random_snapshot(seed)
    placet = asked_of(snapshot)
    for who in everybody(snapshot):
        for permission in PERMISSIONS:
            first = placet.which(
                who, permission, scope=scope, context=CONTEXT, action_properties=action, limit=1
            )
            found = [*first.resources]
            while first.next is not None:
                first = placet.which(
                    who, permission, scope=scope, context=CONTEXT, action_properties=action,
                    limit=1, after=first.next,
                )  # fmt: skip
                found.extend(first.resources)
            assert found == [
                on
                for on in sorted(snapshot.resources)
                if on.startswith(permission.rpartition(".")[0] + ":")
                and placet.check(
                    who, permission, on, scope=scope, context=CONTEXT, action_properties=action
                )
            ]


def rows_of(snapshot: Snapshot, permission: str) -> list[Row]:
    """Rows as an application would have them: of what is stored, as it is stored."""
    rows = []
    for on in resources_of(permission):
        type_, _, id = on.partition(":")
        stored = snapshot.resources.get(on)
        scopes = SCOPES if stored is None or stored.scope is None else (stored.scope,)
        for scope in scopes:
            for properties in PROPERTIES if stored is None else (stored.attributes,):
                rows.append(Row(type_, id, scope, properties))
    return rows


@often
@given(seed=WORLDS, closed=st.booleans(), action=ACTIONS)
def test_a_filter_matches_exactly_the_rows_that_check_allows(
    seed: int, closed: bool, action: dict[str, object] | None
) -> None:
    """Failure modes 30, 31 and 33."""
    snapshot = random_snapshot(seed)
    placet = asked_of(snapshot, closed=closed)
    for who in everybody(snapshot):
        for permission in PERMISSIONS:
            said = placet.filter(who, permission, context=CONTEXT, action_properties=action)
            matched = False
            for row in rows_of(snapshot, permission):
                allowed = placet.check(
                    who,
                    permission,
                    f"{row.type}:{row.id}",
                    scope=row.scope,
                    properties=row.properties,
                    context=CONTEXT,
                    action_properties=action,
                )
                assert said.matches(row) == allowed, (who, permission, row, said)
                matched |= allowed and f"{row.type}:{row.id}" not in snapshot.resources
            if matched:
                assert placet.which(
                    who, permission, context=CONTEXT, action_properties=action
                ).unlisted
            assert not said.matches(Row("other", "1"))


def test_the_worlds_are_not_all_yes_or_all_no() -> None:
    """What shows nothing must not pass for a proof."""
    allowed = total = 0
    for seed in range(30):
        snapshot = random_snapshot(seed)
        placet = asked_of(snapshot)
        for who in everybody(snapshot):
            for permission in PERMISSIONS:
                allowed += sum(
                    placet.check_many(
                        (who, permission, on, None, None, CONTEXT)
                        for on in resources_of(permission)
                    )
                )
                total += len(resources_of(permission))
    assert 0.05 < allowed / total < 0.8


@often
@given(seed=WORLDS)
def test_the_lists_are_those_of_the_naive_loop(seed: int) -> None:
    """The second opinion, in worlds of what the naive loop knows."""
    changes = list(random_changes(random.Random(seed), 110))
    world = NaiveWorld()
    for fact in changes:
        (world.drop if fact.gone else world.put)(fact.noun)
    placet = asked_of(advance(Snapshot(), changes))
    rng = random.Random(seed)
    permission, scope = rng.choice(PERMISSIONS), rng.choice(SCOPES)
    for on in resources_of(permission):
        type_, _, id = on.partition(":")
        allowed = {
            who for who in PRINCIPALS if world.check(who, permission, (type_, id), scope, NOW)
        }
        listed = who_can(placet, permission, on, scope=scope)
        page = placet.who_can(permission, on, scope=scope)
        users = {str(known.ref) for known in world.of(User) if isinstance(known, User)}
        assert listed & set(PRINCIPALS) == allowed if not page.unlisted else listed <= allowed
        assert allowed & users <= listed
        for who in PRINCIPALS:
            said = placet.filter(who, permission)
            assert said.matches(Row(type_, id, scope)) == (who in allowed)
            assert (permission in placet.what_can(who, on, scope=scope)) == (who in allowed)
