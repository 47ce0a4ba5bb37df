"""Users, groups with their members, and service accounts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

import msgspec

from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.errors import Invalid, NotFound
from placet.model import Credential, Group, Membership, Record, ServiceAccount, User
from placet.refs import EVERYONE, parse_principal, text_fault
from placet.services.base import Listing, cut
from placet.services.endings import cancel_requests, revoke_grants
from placet.services.records import N, Records
from placet.services.references import known_group, known_principal
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query

__all__ = ["Groups", "ServiceAccounts", "Users"]

MAX_NESTING = 16


class _Principals(Records[N]):
    """What goes with a principal that is deleted: its assignments, memberships, credentials.

    Whoever comes later under the same id inherits nothing (failure mode 38).
    """

    def _dependents(self, work: Work, noun: N) -> Sequence[Record]:
        ref = cast(str, getattr(noun, "ref"))  # noqa: B009  # N has no such bound
        parents = work.world.parents.get(ref) or ()
        return [
            *self._assignments(work, every(work.world.by_principal.get(ref))),
            *_memberships(work, [(group, ref) for group in parents]),
            *self._credentials(work, ref),
        ]

    def remove(self, work: Work, noun: N, *, cascade: bool) -> None:
        """Drop the principal and, in the same commit, end its requests, passes and access."""
        ref = cast(str, getattr(noun, "ref"))  # noqa: B009  # N has no such bound
        reason = f"{ref} was deleted"
        for field in ("subject", "requester"):
            cancel_requests(self._tenant.store, work, {field: ref}, reason)
        revoke_grants(self._tenant.store, work, ref, reason)
        super().remove(work, noun, cascade=cascade)

    def _credentials(self, work: Work, ref: str) -> Iterator[Record]:
        query = Query("credential", where={"principal": (ref,)}, limit=MAX_PAGE)
        listed: list[Credential] = []
        while True:
            page = self._tenant.store.find(self._tenant.account, query)
            listed.extend(decode(Credential, doc) for doc in page.docs)
            if page.next is None:
                break
            query = msgspec.structs.replace(query, after=page.next)
        for found in work.get_all(
            Credential, [("basic" if one.kind == "basic" else "token", one.id) for one in listed]
        ):
            if found is not None:
                yield found


class Users(_Principals[User]):
    """The people of an account."""

    noun = User
    operations = "users"
    sorts = (*Records.sorts, "email")

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """A user is known by id in the whole account."""
        name = id.removeprefix("user:")
        if fault := text_fault(name):
            raise Invalid(f"user id {name!r} {fault}")
        return (name,)

    def _parts(self, noun: User) -> tuple[str, ...]:
        return (noun.id,)

    def _placed(self, noun: User) -> User:
        return noun

    def _words(self, noun: User) -> tuple[str, ...]:
        return (noun.id, noun.name, noun.email)


class ServiceAccounts(_Principals[ServiceAccount]):
    """The programs of an account that have rights of their own."""

    noun = ServiceAccount
    operations = "service_accounts"


class Groups(_Principals[Group]):
    """Groups and who is in them. Groups nest, at most 16 deep, and never in a circle."""

    noun = Group
    operations = "groups"

    def _dependents(self, work: Work, noun: Group) -> Sequence[Record]:
        members = work.world.members.get(noun.ref) or ()
        return [
            *super()._dependents(work, noun),
            *_memberships(work, [(noun.ref, member) for member in sorted(members)]),
        ]

    def members(
        self,
        id: str,
        *,
        scope: str | None = None,
        skip: int = 0,
        limit: int = 100,
        actor: ActorLike = None,
    ) -> Listing[str]:
        """One numbered page of the direct members of a group, exact references in order."""

        def use_case(work: Work) -> Listing[str]:
            group = self._group(work, id, scope)
            work.authorize("groups.view", group.scope, group.id)
            members = tuple(work.snapshot.members.get(group.ref) or ())
            return cut(members, key=str, descending=False, skip=skip, limit=limit)

        return self._tenant.run(actor, use_case)

    def add_members(
        self,
        id: str,
        members: Iterable[str],
        *,
        scope: str | None = None,
        actor: ActorLike = None,
    ) -> tuple[str, ...]:
        """Put principals into a group; those who are in already stay. Returns who was added.

        Raises Invalid for a circle of groups, or for nesting deeper than 16.
        """
        wanted = tuple(members)

        def use_case(work: Work) -> tuple[str, ...]:
            group = self._group(work, id, scope)
            work.authorize("groups.edit", group.scope, group.id)
            added = self.put_members(work, group, wanted, bundle="")
            if added:
                work.record("group.members_added", id=group.id, count=len(added))
            return added

        return self._tenant.run(actor, use_case)

    def remove_members(
        self,
        id: str,
        members: Iterable[str],
        *,
        scope: str | None = None,
        actor: ActorLike = None,
    ) -> tuple[str, ...]:
        """Take principals out of a group; returns who was in it."""
        wanted = tuple(members)

        def use_case(work: Work) -> tuple[str, ...]:
            group = self._group(work, id, scope)
            work.authorize("groups.edit", group.scope, group.id)
            exact = dict.fromkeys(
                known_principal(work.world, member, group.scope, closed=False) for member in wanted
            )
            found = work.get_all(Membership, [(group.ref, member) for member in exact])
            removed = [membership for membership in found if membership is not None]
            for membership in removed:
                work.drop(membership)
            names = tuple(membership.member for membership in removed)
            if names:
                work.record("group.members_removed", id=group.id, count=len(names))
            return names

        return self._tenant.run(actor, use_case)

    def put_members(
        self, work: Work, group: Group, members: Iterable[str], *, bundle: str
    ) -> tuple[str, ...]:
        """Store the memberships that are missing; the caller authorizes and records."""
        wanted = [Membership(group=group.ref, member=member, bundle=bundle) for member in members]
        return tuple(added.member for added in self.put_memberships(work, wanted))

    def put_memberships(
        self, work: Work, memberships: Iterable[Membership]
    ) -> tuple[Membership, ...]:
        """`put_members` for many groups at once; returns what was missing."""
        # Everything is read before the first is stored: each look at the world after one costs.
        exact = dict[tuple[str, str], Membership]()
        for noun in memberships:
            scope = parse_principal(noun.group).owner or ""
            member = known_principal(work.world, noun.member, scope, closed=self._tenant.closed)
            if member == EVERYONE:
                raise Invalid("everyone is in every account already and cannot be in a group")
            exact[noun.group, member] = msgspec.structs.replace(noun, member=member)
        found = work.get_all(Membership, exact)
        added = [
            work.put(noun)
            for noun, known in zip(exact.values(), found, strict=True)
            if known is None
        ]
        for group in dict.fromkeys(
            noun.group for noun in added if noun.member.startswith("group:")
        ):
            refuse_circle(work.world, group)
        return tuple(added)

    def _group(self, work: Work, id: str, scope: str | None) -> Group:
        parts = self._key(id.removeprefix("group:"), scope)
        found = work.get(Group, *parts)
        if found is None:
            # The nearest one going up, as everywhere that a group is named in text.
            ref = known_group_or_none(work.snapshot, id, parts[0])
            found = None if ref is None else work.get(Group, *ref)
        if found is None:
            self._authorize_view(work, None, parts)
            raise NotFound(f"there is no group {id!r}")
        return found


def _memberships(work: Work, keys: Sequence[tuple[str, str]]) -> Iterator[Membership]:
    """Memberships of the world, as they are stored, or as this work has made them."""
    for (group, member), stored in zip(keys, work.get_all(Membership, keys), strict=True):
        yield stored or Membership(group=group, member=member)


def known_group_or_none(world: Snapshot, id: str, scope: str) -> tuple[str, str] | None:
    """The key parts of the nearest group that `id` names, going up from `scope`."""
    try:
        ref = parse_principal(known_group(world, f"group:{id.removeprefix('group:')}", scope))
    except Invalid:
        return None
    return (ref.owner or "", ref.id)


def refuse_circle(world: Snapshot, group: str) -> None:
    """Raise Invalid if `group` contains itself, or nests deeper than 16 (failure modes 24, 28)."""
    above = _layers(group, lambda ref: world.parents.get(ref) or ())
    below = _layers(
        group, lambda ref: (m for m in world.members.get(ref) or () if m.startswith("group:"))
    )
    if above is None or below is None:
        raise Invalid(f"{group!r} would contain itself, by way of other groups")
    if above + below - 1 > MAX_NESTING:
        raise Invalid(f"groups nest deeper than {MAX_NESTING} around {group!r}")


def _layers(group: str, near: Callable[[str], Iterable[str]]) -> int | None:
    """How many groups the longest way from `group` passes, itself included; None for a circle.

    Layer by layer, each group once a layer, so that a dense net of groups costs no more than a
    sparse one. A way longer than the limit is not followed to its end.
    """
    layer, layers = {group}, 0
    while layer and layers <= MAX_NESTING:
        layers += 1
        layer = {ref for current in layer for ref in near(current)}
        if group in layer:
            return None
    return layers
