"""What somebody gains by a change, found from the nouns that were written.

Each kind of noun has its edges: those ways of changing it that can widen access. A gain may name
more than there is to gain; it never leaves any out.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, cast

from placet.access.match import Placed
from placet.access.placements import every
from placet.access.policy_gains import loosened, potential, reads
from placet.access.reach import Holdings, Reach, Root, attributes_read, contains, reach_of
from placet.access.snapshot import Snapshot
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Credential,
    Delegation,
    Group,
    Membership,
    Noun,
    Permission,
    Resource,
    ResourceGroup,
    Role,
    ServiceAccount,
    User,
)
from placet.refs import ResourceRef, encode, is_below, scope_chain, spoken

__all__ = ["Edge", "Gain", "Gains", "harmless"]


class Edge(NamedTuple):
    """One noun that a change touches, as it was and as it is; None for not there."""

    before: Noun | None
    after: Noun | None


class Gain(NamedTuple):
    """Something that `holder` could not and can now.

    `deed` is what giving it is, as a sentence says it, with `{what}` in it; `cause` is the noun
    that was written. `bindable` says that the right to assign its role is enough, `coverable` that
    holding it oneself is, and `new` that who held it otherwise before has gained nothing.
    """

    holder: str
    reach: Reach
    cause: str
    deed: str
    bindable: bool = True
    coverable: bool = True
    new: bool = True


def harmless(edge: Edge) -> bool:
    """Whether a change of this noun widens nothing, whatever else there is.

    >>> harmless(Edge(Assignment(id="a", principal="user:sam", role="clerk@/"), None))
    True
    """
    noun = edge.before or edge.after
    if isinstance(noun, Assignment):
        return edge.after is None and noun.effect == "allow"
    # A delegation lends the delegator's own seat as a reviewer, and no access.
    return isinstance(noun, Delegation)


class Gains:
    """All the gains of one change; iterate over it."""

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        edges: tuple[Edge, ...],
        now: datetime,
        *,
        closed: bool,
    ) -> None:
        self._before = before
        self._after = after
        self._edges = [edge for edge in edges if not harmless(edge)]
        self._now = now
        self._closed = closed
        self.fresh = frozenset(_fresh(self._edges))
        """Permissions that mean something else by now: nobody held that before."""

    def __iter__(self) -> Iterator[Gain]:
        yield from self._assigned()
        for edge in self._edges:
            find = _FINDERS.get(type(edge.after or edge.before))
            if find is not None:
                yield from find(self, edge)
        yield from self._yielded()

    # -- assignments, and what they are made of --------------------------------------------------

    def _assigned(self) -> Iterator[Gain]:
        before, after = self._before, self._after
        for key, (cause, content) in self._touched().items():
            was, now = before.assignments.get(key), after.assignments.get(key)
            had, has = reach_of(before, was, self._now), reach_of(after, now, self._now)
            same = had is not None and has is not None and was is not None and now is not None and (
                was.principal == now.principal and was.terms.effect == now.terms.effect
            )  # fmt: skip
            if has is not None and now is not None and now.terms.effect == "allow":
                kept = same and had is not None and contains(had, has, self._now)
                known = had.permissions - self.fresh if kept and had is not None else frozenset()
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
                kept = same and has is not None and contains(has, had, self._now)
                lost = had.permissions - (has.permissions if kept and has is not None else set())
                for gain in self._freed(was.principal, had._replace(permissions=lost), cause):
                    yield gain._replace(bindable=not content)

    def _touched(self) -> dict[str, tuple[str, bool]]:
        """Stored ids of assignments -> what was written, and whether it is what a role holds."""
        touched: dict[str, tuple[str, bool]] = {}

        def held(ref: str, table: str, cause: str, content: bool) -> None:
            for world in (self._before, self._after):
                for placed in every(getattr(world, table).get(ref)):
                    first, _ = touched.get(placed.key, (cause, content))
                    touched[placed.key] = (first, content)

        for edge in self._edges:
            noun = edge.after or edge.before
            if isinstance(noun, Assignment):
                key = encode(noun.scope, noun.id)
                touched[key] = (f"assignment {noun.id!r}", False)
            elif isinstance(noun, ResourceGroup):
                held(noun.ref, "by_resource_group", f"resource group {noun.id!r}", False)
        for ref in self._roles_changed():
            held(ref, "by_role", f"role {spoken(ref)!r}", True)
        return touched

    def _roles_changed(self) -> Iterator[str]:
        """The roles that hold something else by now, or something that means something else."""
        if not any(
            isinstance(edge.after or edge.before, Role | Permission) for edge in self._edges
        ):
            return
        before, after = self._before.role_perms, self._after.role_perms
        for ref in dict.fromkeys((*after, *before)):
            had, has = before.get(ref) or frozenset(), after.get(ref) or frozenset()
            if had != has or not self.fresh.isdisjoint(has):
                yield ref

    def _freed(
        self, holder: str, denied: Reach, cause: str, *, left: str | None = None
    ) -> Iterator[Gain]:
        """The gain of a deny that is gone, as far as no other one of the holder's says the same.

        `left` is who may be denied it by other ways still, where that is not the holder.
        """
        if not denied.permissions or self._gone(left or holder):
            return
        still = Holdings(self._after, left or holder, self._now, effect="deny")
        freed = {
            id
            for id in denied.permissions
            if (known := self._after.permissions.get(id)) is not None
            and not all(
                still.covers(known, denied.ids(known.resource_type), root, denied)
                for root in denied.roots
            )
        }
        if freed:
            yield Gain(
                holder,
                denied._replace(permissions=frozenset(freed)).clear(),
                cause,
                f"free {spoken(holder)} from the deny of {{what}}",
                new=False,
            )

    def _gone(self, ref: str) -> bool:
        """Whether a principal is not there any more, so that nothing can be of use to it."""
        kind, _, _ = ref.partition(":")
        return (
            self._closed
            and kind in ("user", "service_account")
            and ref not in self._after.users
            and ref not in self._after.service_accounts
        )

    # -- the directory ---------------------------------------------------------------------------

    def _membership(self, edge: Edge) -> Iterator[Gain]:
        noun = cast(Membership, edge.after or edge.before)
        cause = f"{spoken(noun.member)} in {spoken(noun.group)}"
        was = self._before.subjects(noun.member)
        now = self._after.subjects(noun.member)
        yield from self._inherited(noun.member, set(now) - set(was), cause)
        yield from self._left(noun.member, set(was) - set(now), cause, noun.member)

    def _group(self, edge: Edge) -> Iterator[Gain]:
        was, now = (noun is not None and not noun.disabled for noun in cast(Any, edge))
        noun = cast(Group, edge.after or edge.before)
        cause = f"group {noun.id!r}"
        if now and not was:
            # What the group held all along, nobody had by it.
            for gain in self._inherited(noun.ref, self._after.subjects(noun.ref), cause):
                yield gain._replace(new=False)
        if was and not now:
            # Its members may be denied it as others still; as one crowd, only as everyone.
            chain = set(self._before.subjects(noun.ref)) - {"everyone"}
            yield from self._left(noun.ref, chain, cause, "everyone")

    def _principal(self, edge: Edge) -> Iterator[Gain]:
        noun = cast("User | ServiceAccount", edge.after or edge.before)
        was, now = cast("tuple[User | None, User | None]", edge)
        cause = f"{spoken(noun.ref)}"
        if not self._enabled(was) and self._enabled(now):
            # It may nothing before, so that it cannot have held anything already.
            for gain in self._inherited(noun.ref, self._after.subjects(noun.ref), cause):
                yield gain._replace(new=False)
        names = _changed(was, now, was.attributes if was else {}, now.attributes if now else {})
        if names is not None and not names:
            return
        for subject in self._after.subjects(noun.ref):
            for placed in every(self._after.by_principal.get(subject)):
                yield from self._undecided(noun.ref, placed, "subject", names, cause)
        for policy in self._after.policies.values():
            if reads(policy, "subject", names):
                yield self._let_go(policy, frozenset(policy.applies_to), cause)

    def _enabled(self, noun: User | None) -> bool:
        return not self._closed if noun is None else not noun.disabled

    def _inherited(self, holder: str, subjects: Any, cause: str) -> Iterator[Gain]:
        """What a holder gains by being `subjects` as well."""
        for subject in sorted(subjects):
            for placed in every(self._after.by_principal.get(subject)):
                reach = reach_of(self._after, placed, self._now)
                if reach is not None and placed.terms.effect == "allow":
                    yield Gain(holder, reach, cause, f"give {spoken(holder)} {{what}}")

    def _left(self, holder: str, subjects: Any, cause: str, left: str) -> Iterator[Gain]:
        """What a holder is freed from by not being `subjects` any more."""
        if not self._before.denies:
            return
        for subject in sorted(subjects):
            for placed in every(self._before.by_principal.get(subject)):
                reach = reach_of(self._before, placed, self._now)
                if reach is not None and placed.terms.effect == "deny":
                    yield from self._freed(holder, reach, cause, left=left)

    def _undecided(
        self, holder: str, placed: Placed, root: str, names: frozenset[str] | None, cause: str
    ) -> Iterator[Gain]:
        """What an assignment may come to, once the attributes that its condition reads differ."""
        if placed.terms.condition is None:
            return
        read = attributes_read(placed.terms.condition.text, root)
        if read is not None and not (read if names is None else read & names):
            return
        reach = reach_of(self._after, placed, self._now)
        if reach is not None:
            verb = "give" if placed.terms.effect == "allow" else "free"
            deed = f"give {spoken(holder)} {{what}}"
            if verb == "free":
                deed = f"free {spoken(holder)} from the deny of {{what}}"
            yield Gain(holder, reach.clear(), cause, deed, new=verb == "give")

    def _credential(self, edge: Edge) -> Iterator[Gain]:
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
        subjects = self._after.subjects(now.principal)
        for gain in self._inherited(now.principal, subjects, f"credential {now.id!r}"):
            yield gain._replace(deed=f"give {bearer} {{what}}", new=False)

    # -- resources -------------------------------------------------------------------------------

    def _resource(self, edge: Edge) -> Iterator[Gain]:
        """An entry keeps its resource in its home, and conditions to its own attributes."""
        was, now = cast("tuple[Resource | None, Resource | None]", edge)
        noun = cast(Resource, now or was)
        this = ResourceRef(noun.type, noun.id)
        about = frozenset(
            one.id for one in self._after.permissions.values() if one.resource_type == noun.type
        )
        home = None if was is None else was.scope
        moved = home is not None and (now is None or now.scope != home)
        away = "" if now is None or now.scope is None else now.scope
        free = now is None or now.scope is None
        names = _changed(was, now, was.attributes if was else {}, now.attributes if now else {})
        if not moved and names is not None and not names:
            return
        cause = f"resource {noun.ref!r}"
        for ref, given in self._after.role_perms.items():
            if given.isdisjoint(about):
                continue
            for placed in every(self._after.by_role.get(ref)):
                if placed.terms.condition is None and not moved:
                    continue
                reach = reach_of(self._after, placed, self._now)
                ids = None if reach is None else reach.ids(noun.type)
                if reach is None or (ids is not None and noun.id not in ids):
                    continue
                narrow = reach._replace(permissions=given & about, only=frozenset({this}))
                if names is None or names:
                    for gain in self._undecided(placed.principal, placed, "resource", names, cause):
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
        for policy in self._after.policies.values():
            if about.isdisjoint(policy.applies_to):
                continue
            passed = moved and policy.needed == "always" and policy.scope in (
                set(scope_chain(cast(str, home))) - set(scope_chain(away))
            )  # fmt: skip
            if passed or ((names is None or names) and reads(policy, "resource", names)):
                yield self._let_go(policy, about & frozenset(policy.applies_to), cause)

    # -- approval policies -----------------------------------------------------------------------

    def _policy(self, edge: Edge) -> Iterator[Gain]:
        noun = cast(ApprovalPolicy, edge.after or edge.before)
        # A default shows again where a stored one that replaced it is gone.
        was, now = self._before.policies.get(noun.ref), self._after.policies.get(noun.ref)
        cause = f"approval policy {spoken(noun.ref)!r}"
        if was is not None and was.needed == "always":
            kept = now is not None and not loosened(was, now)
            lost = frozenset(was.applies_to) - frozenset(
                now.applies_to if kept and now is not None else ()
            )
            if lost:
                yield self._let_go(was, lost, cause)
        if now is not None:
            yield from self._offered(was, now, cause)

    def _yielded(self) -> Iterator[Gain]:
        """What policies yield more than when they were published: a role of theirs has grown."""
        changed = set(self._roles_changed())
        for policy in self._after.policies.values() if changed else ():
            role = getattr(policy.yields, "role", None)
            if role in changed:
                cause = f"approval policy {spoken(policy.ref)!r}, by role {spoken(role)!r}"
                for gain in self._offered(self._before.policies.get(policy.ref), policy, cause):
                    yield gain._replace(bindable=False)

    def _offered(
        self, was: ApprovalPolicy | None, now: ApprovalPolicy, cause: str
    ) -> Iterator[Gain]:
        """What a policy may give whom it lets ask: for as long as it stands."""
        offered = potential(self._after, now)
        if was is not None and not loosened(was, now):
            offered -= potential(self._before, was) - self.fresh
        if offered:
            role = getattr(now.yields, "role", None)
            yield Gain(
                "everyone",
                Reach(offered, roots=((now.scope, True),), role=role),
                cause,
                f"let {', '.join(map(spoken, now.requesters)) or 'whoever asks'} be given {{what}}",
                bindable=role is not None,
            )

    def _let_go(self, policy: ApprovalPolicy, permissions: frozenset[str], cause: str) -> Gain:
        """That holders act without the approval, or under another one, from now on."""
        return Gain(
            "everyone",
            Reach(permissions, roots=((policy.scope, True),)),
            cause,
            f"take {{what}} out of what approval policy {spoken(policy.ref)!r} asks",
            bindable=False,
            coverable=False,
            new=False,
        )


_FINDERS: Mapping[type[Any], Callable[[Gains, Edge], Iterator[Gain]]] = {
    Membership: Gains._membership,
    Group: Gains._group,
    User: Gains._principal,
    ServiceAccount: Gains._principal,
    Credential: Gains._credential,
    Resource: Gains._resource,
    ApprovalPolicy: Gains._policy,
}


def _within(scope: str, root: Root) -> bool:
    return scope == root[0] or (root[1] and is_below(scope, root[0]))


def _changed(
    was: Noun | None, now: Noun | None, had: dict[str, Any], has: dict[str, Any]
) -> frozenset[str] | None:
    """The names of attributes that differ; None for any, where what is stored comes or goes."""
    if was is None or now is None:
        return None
    return frozenset(
        name
        for name in {*had, *has}
        if (name in had, had.get(name)) != (name in has, has.get(name))
    )


def _fresh(edges: list[Edge]) -> Iterator[str]:
    for edge in edges:
        was, now = edge
        if isinstance(now, Permission) and now.grants and (
            not isinstance(was, Permission)
            or not was.grants
            or (was.resource_type, was.action) != (now.resource_type, now.action)
            or not set(now.allowed_scope_levels) <= set(was.allowed_scope_levels)
        ):  # fmt: skip
            yield now.id
