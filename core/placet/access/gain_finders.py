"""Where a change gives something, found from the nouns that were written.

Each kind of noun has its edges: those ways of changing it that can widen access. Beside the nouns
themselves only their holders are looked at.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from placet.access.gains import Change, Edge, Gain
from placet.access.placements import every
from placet.access.policy_gains import alone, loosened, potential, reads
from placet.access.reach import Reach, Root, contains, reach_of
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Credential,
    Group,
    Membership,
    Resource,
    ResourceGroup,
    ServiceAccount,
    User,
)
from placet.refs import EVERYONE, ResourceRef, encode, is_below, scope_chain, spoken

__all__ = ["attributes_differing", "gains_of"]


def gains_of(change: Change) -> Iterator[Gain]:
    """Everything that somebody gains by a change, or may gain."""
    yield from _assigned(change)
    for edge in change.edges:
        find = _FINDERS.get(type(edge.after or edge.before))
        if find is not None:
            yield from find(change, edge)
    yield from _yielded(change)


def _assigned(change: Change) -> Iterator[Gain]:
    before, after = change.before, change.after
    for key, (cause, content) in _touched(change).items():
        was, now = before.assignments.get(key), after.assignments.get(key)
        had, has = reach_of(before, was, change.now), reach_of(after, now, change.now)
        same = had is not None and has is not None and was is not None and now is not None and (
            was.principal == now.principal and was.terms.effect == now.terms.effect
        )  # fmt: skip
        if has is not None and now is not None and now.terms.effect == "allow":
            kept = same and had is not None and contains(had, has, change.now)
            known = had.permissions - change.fresh if kept and had is not None else frozenset()
            gained = has.permissions - known
            if gained:
                yield Gain(
                    now.principal,
                    has._replace(permissions=gained),
                    cause,
                    f"give {spoken(now.principal)} {{what}}",
                    bindable=was is None or not content,
                )
        if had is not None and was is not None and was.terms.effect == "deny":
            kept = same and has is not None and contains(has, had, change.now)
            lost = had.permissions - (has.permissions if kept and has is not None else set())
            for gain in change.freed(was.principal, had._replace(permissions=lost), cause):
                yield gain._replace(bindable=not content)


def _touched(change: Change) -> dict[str, tuple[str, bool]]:
    """Stored ids of assignments -> what was written, and whether it is what a role holds."""
    touched: dict[str, tuple[str, bool]] = {}

    def held(ref: str, table: str, cause: str, content: bool) -> None:
        for world in (change.before, change.after):
            for placed in every(getattr(world, table).get(ref)):
                first, _ = touched.get(placed.key, (cause, content))
                touched[placed.key] = (first, content)

    for edge in change.edges:
        noun = edge.after or edge.before
        if isinstance(noun, Assignment):
            key = encode(noun.scope, noun.id)
            touched[key] = (f"assignment {noun.id!r}", False)
        elif isinstance(noun, ResourceGroup):
            held(noun.ref, "by_resource_group", f"resource group {noun.id!r}", False)
    for ref in change.roles_changed():
        held(ref, "by_role", f"role {spoken(ref)!r}", True)
    return touched


def _membership(change: Change, edge: Edge) -> Iterator[Gain]:
    noun = cast(Membership, edge.after or edge.before)
    cause = f"{spoken(noun.member)} in {spoken(noun.group)}"
    was = change.before.subjects(noun.member)
    now = change.after.subjects(noun.member)
    yield from change.inherited(noun.member, set(now) - set(was), cause)
    yield from _alone(change, noun.member, set(now) - set(was), cause)
    yield from change.left(noun.member, set(was) - set(now), cause, noun.member)


def _group(change: Change, edge: Edge) -> Iterator[Gain]:
    was, now = (noun is not None and not noun.disabled for noun in cast(Any, edge))
    noun = cast(Group, edge.after or edge.before)
    cause = f"group {noun.id!r}"
    if now and not was:
        # What the group held all along, nobody had by it; everyone its members are without it.
        crowd = set(change.after.subjects(noun.ref)) - {EVERYONE}
        for gain in change.inherited(noun.ref, crowd, cause):
            yield gain._replace(new=False)
        yield from _alone(change, noun.ref, set(change.after.subjects(noun.ref)), cause)
    if was and not now:
        # Its members may be denied it as others still; as one crowd, only as everyone.
        chain = set(change.before.subjects(noun.ref)) - {EVERYONE}
        yield from change.left(noun.ref, chain, cause, EVERYONE)


def _alone(change: Change, holder: str, subjects: set[str], cause: str) -> Iterator[Gain]:
    """What a holder may approve for itself by being `subjects` as well.

    To ask or to review is no access: it takes two. But where people may review what they ask for
    themselves, or a condition approves, to be named by the policy is all that it takes.
    """
    for policy in change.after.policies.values():
        if not subjects.isdisjoint(alone(policy)):
            given = potential(change.after, policy)
            if policy.needed == "always":
                given |= frozenset(policy.applies_to)
            role = getattr(policy.yields, "role", None)
            yield Gain(
                holder,
                Reach(given, roots=((policy.scope, True),), role=role),
                f"{cause}, by approval policy {spoken(policy.ref)!r}",
                f"let {spoken(holder)} approve for itself {{what}}",
                bindable=role is not None,
                new=policy.needed == "when_denied",
            )


def _principal(change: Change, edge: Edge) -> Iterator[Gain]:
    noun = cast("User | ServiceAccount", edge.after or edge.before)
    was, now = cast("tuple[User | None, User | None]", edge)
    cause = f"{spoken(noun.ref)}"
    if not _enabled(change, was) and _enabled(change, now):
        # It may nothing before, so that it cannot have held anything already.
        for gain in change.inherited(noun.ref, change.after.subjects(noun.ref), cause):
            yield gain._replace(new=False, newcomer=was is None)
    # Who is not stored has no attributes: to be there changes nothing by itself.
    names = attributes_differing(was.attributes if was else {}, now.attributes if now else {})
    if not names:
        return
    for subject in change.after.subjects(noun.ref):
        for placed in every(change.after.by_principal.get(subject)):
            yield from change.undecided(noun.ref, placed, "subject", names, cause)
    for policy in change.after.policies.values():
        if reads(policy, "subject", names):
            yield change.let_go(policy, frozenset(policy.applies_to), cause)


def _enabled(change: Change, noun: User | None) -> bool:
    return not change.closed if noun is None else not noun.disabled


def _credential(change: Change, edge: Edge) -> Iterator[Gain]:
    """Who knows the secret of somebody is that somebody."""
    was, now = cast("tuple[Credential | None, Credential | None]", edge)
    if now is None or now.disabled:
        return
    if (
        was is not None
        and not was.disabled
        and (was.principal, was.secret_hash) == (now.principal, now.secret_hash)
        and (was.expires_at is None
             or (now.expires_at is not None and now.expires_at <= was.expires_at))
    ):  # fmt: skip
        return
    bearer = f"the bearer of a credential of {spoken(now.principal)}"
    subjects = change.after.subjects(now.principal)
    for gain in change.inherited(now.principal, subjects, f"credential {now.id!r}"):
        yield gain._replace(deed=f"give {bearer} {{what}}", new=False)


def _resource(change: Change, edge: Edge) -> Iterator[Gain]:
    """An entry keeps its resource in its home, and conditions to its own attributes."""
    was, now = cast("tuple[Resource | None, Resource | None]", edge)
    noun = cast(Resource, now or was)
    this = ResourceRef(noun.type, noun.id)
    about = frozenset(
        one.id for one in change.after.permissions.values() if one.resource_type == noun.type
    )
    home = None if was is None else was.scope
    moved = home is not None and (now is None or now.scope != home)
    away = "" if now is None or now.scope is None else now.scope
    free = now is None or now.scope is None
    # Any attribute may differ, where the request said them before, or says them from now on.
    names = attributes_differing(was.attributes, now.attributes) if was and now else None
    differs = names is None or bool(names)
    if not moved and not differs:
        return
    cause = f"resource {noun.ref!r}"
    for ref, given in change.after.role_perms.items():
        if given.isdisjoint(about):
            continue
        for placed in every(change.after.by_role.get(ref)):
            if placed.terms.condition is None and not moved:
                continue
            reach = reach_of(change.after, placed, change.now)
            ids = None if reach is None else reach.ids(noun.type)
            if reach is None or (ids is not None and noun.id not in ids):
                continue
            narrow = reach._replace(permissions=given & about, only=frozenset({str(this)}))
            if differs:
                for gain in change.undecided(placed.principal, placed, "resource", names, cause):
                    yield gain._replace(reach=narrow.clear(), new=False)
            if moved and placed.terms.effect == "allow":
                for root in reach.roots:
                    if not (free or _within(away, root)):
                        continue
                    # Held where it comes to be, and where it was: there it was the same thing.
                    for at in (root if free else (away, False), (cast(str, home), False)):
                        yield Gain(
                            placed.principal,
                            narrow._replace(roots=(at,)),
                            cause,
                            f"give {spoken(placed.principal)} {{what}}",
                            new=False,
                        )
    for policy in change.after.policies.values():
        if about.isdisjoint(policy.applies_to):
            continue
        passed = moved and policy.needed == "always" and policy.scope in (
            set(scope_chain(cast(str, home))) - set(scope_chain(away))
        )  # fmt: skip
        if passed or (differs and reads(policy, "resource", names)):
            yield change.let_go(policy, about & frozenset(policy.applies_to), cause)


def _policy(change: Change, edge: Edge) -> Iterator[Gain]:
    noun = cast(ApprovalPolicy, edge.after or edge.before)
    # A default shows again where a stored one that replaced it is gone.
    was, now = change.before.policies.get(noun.ref), change.after.policies.get(noun.ref)
    cause = f"approval policy {spoken(noun.ref)!r}"
    if was is not None and was.needed == "always":
        kept = now is not None and not loosened(was, now)
        lost = frozenset(was.applies_to) - frozenset(
            now.applies_to if kept and now is not None else ()
        )
        if lost:
            yield change.let_go(was, lost, cause)
    if now is not None:
        yield from _offered(change, was, now, cause)


def _yielded(change: Change) -> Iterator[Gain]:
    """What policies yield more than when they were published: a role of theirs has grown."""
    changed = set(change.roles_changed())
    for policy in change.after.policies.values() if changed else ():
        role = getattr(policy.yields, "role", None)
        if role in changed:
            cause = f"approval policy {spoken(policy.ref)!r}, by role {spoken(role)!r}"
            for gain in _offered(change, change.before.policies.get(policy.ref), policy, cause):
                yield gain._replace(bindable=False)


def _offered(
    change: Change, was: ApprovalPolicy | None, now: ApprovalPolicy, cause: str
) -> Iterator[Gain]:
    """What a policy may give whom it lets ask: for as long as it stands."""
    offered = potential(change.after, now)
    if was is not None and not loosened(was, now):
        offered -= potential(change.before, was) - change.fresh
    if offered:
        role = getattr(now.yields, "role", None)
        yield Gain(
            EVERYONE,
            Reach(offered, roots=((now.scope, True),), role=role),
            cause,
            f"let {', '.join(map(spoken, now.requesters)) or 'whoever asks'} be given {{what}}",
            bindable=role is not None,
        )


_FINDERS: Mapping[type[Any], Callable[[Change, Edge], Iterator[Gain]]] = {
    Membership: _membership,
    Group: _group,
    User: _principal,
    ServiceAccount: _principal,
    Credential: _credential,
    Resource: _resource,
    ApprovalPolicy: _policy,
}


def _within(scope: str, root: Root) -> bool:
    return scope == root[0] or (root[1] and is_below(scope, root[0]))


def attributes_differing(had: dict[str, Any], has: dict[str, Any]) -> frozenset[str]:
    """The names of attributes that differ.

    >>> sorted(attributes_differing({"a": 1, "b": 1}, {"a": 1, "b": 2, "c": None}))
    ['b', 'c']
    """
    return frozenset(
        name
        for name in {*had, *has}
        if (name in had, had.get(name)) != (name in has, has.get(name))
    )
