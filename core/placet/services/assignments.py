"""Who has which role, on what, where."""

import secrets
import string
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from placet.access.exact import exact_principal
from placet.access.holders import administered, twin_of
from placet.access.match import Placed
from placet.access.placements import every
from placet.access.snapshot import Snapshot
from placet.catalogue import assignment_operation
from placet.conditions import compile
from placet.errors import AlreadyExists, Invalid, InvalidState
from placet.model import Assignment, IncludedScope
from placet.refs import (
    PrincipalKind,
    is_below,
    parse_principal,
    parse_scope,
    scope_level,
    text_fault,
)
from placet.services.base import Listing, Order, cut_by
from placet.services.records import Records
from placet.services.references import known_principal, known_resource_group, known_role
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = [
    "LISTED_KINDS",
    "Assignments",
    "check_level",
    "exact_assignment",
    "new_assignment_id",
]

H = TypeVar("H", bound=Hashable)
_LETTERS = string.ascii_letters + string.digits
LISTED_KINDS: tuple[PrincipalKind, ...] = ("user", "group", "service_account")
"""The kinds of principals that a directory knows: whose assignments a search is about."""


def new_assignment_id() -> str:
    """An id for an assignment that was given none.

    >>> len(new_assignment_id())
    36
    """
    return "role_assignment_" + "".join(secrets.choice(_LETTERS) for _ in range(20))


def exact_assignment(world: Snapshot, noun: Assignment, *, closed: bool) -> Assignment:
    """The assignment with every reference exact; raises Invalid for one to nothing."""
    scope, group = noun.scope, noun.resource_group
    principal = known_principal(world, noun.principal, scope, closed=closed)
    role = known_role(world, noun.role, scope)
    if group is not None:
        group = known_resource_group(world, group, scope)
    # Those of a bundle are exact already when it comes to storing them.
    if (principal, role, group) == (noun.principal, noun.role, noun.resource_group):
        return noun
    return msgspec.structs.replace(noun, principal=principal, role=role, resource_group=group)


def check_level(world: Snapshot, noun: Assignment) -> None:
    """Raise Invalid if the role or resource group of an assignment is not for its scope's level."""
    level = scope_level(noun.scope)
    role = world.roles.get(noun.role)
    if role is not None and level not in role.allowed_scope_levels:
        raise Invalid(
            f"role {role.id!r} cannot be assigned at {level} level, only at "
            f"{', '.join(role.allowed_scope_levels)}"
        )
    if noun.resource_group is None:
        return
    group = world.resource_groups.get(noun.resource_group)
    if group is not None and level not in group.allowed_scope_levels:
        raise Invalid(
            f"resource group {group.id!r} cannot be used at {level} level, only at "
            f"{', '.join(group.allowed_scope_levels)}"
        )


class Assignments(Records[Assignment]):
    """Assignments. Giving somebody a role is managing that somebody, and asks for that right."""

    noun = Assignment
    operations = "assignments"
    sorts = (
        "id", "scope", "principal", "role", "resource_group", "disabled", "managed", "created_at",
        "updated_at",
    )  # fmt: skip

    # -- use cases -----------------------------------------------------------------------------

    def create(
        self, noun: Assignment, *, actor: ActorLike = None, distinct: bool = False
    ) -> Assignment:
        """Store a new assignment; returns it as it is stored.

        With `distinct`, AlreadyExists is raised as well where the same role, on the same resources,
        is given to the same principal at the same scope already, under whatever id. The account's
        authority is checked in the commit, so of two at once one is refused. An assignment that
        denies, or that a condition, a time or an approval limits, repeats nothing.
        """

        def use_case(work: Work) -> Assignment:
            saved = self._created(work, noun)
            twin = twin_of(work.snapshot, saved) if distinct else None
            if twin is not None:
                raise AlreadyExists(
                    f"assignment {twin.id!r} gives {saved.principal} the same role on the same "
                    "resources already"
                )
            return saved

        return self._returned(self._tenant.run(actor, use_case))

    def delete(
        self,
        id: str,
        *,
        scope: str | None = None,
        cascade: bool = False,
        actor: ActorLike = None,
        where: Callable[[Assignment], bool] | None = None,
        leaves_admin: Callable[[Assignment], bool] | None = None,
    ) -> Assignment:
        """Remove an assignment; returns what was removed.

        One for which `where` is false is not found. One for which `leaves_admin` is true goes only
        if somebody still holds `_account_admin` on the whole account afterwards: InvalidState
        otherwise.
        """

        def use_case(work: Work) -> Assignment:
            key = self._key(id, scope)
            removed = self._deleted(work, id, key, cascade=cascade, where=where)
            if (
                leaves_admin is not None
                and leaves_admin(removed)
                and not administered(work.world, work.now, closed=work.closed)
            ):
                raise InvalidState(
                    f"without assignment {id!r} nobody would administer the account; make somebody "
                    "else its administrator first"
                )
            return removed

        return self._tenant.run(actor, use_case)

    def search(
        self,
        within: Sequence[IncludedScope],
        *,
        kinds: Sequence[PrincipalKind] = LISTED_KINDS,
        held_by: str | None = None,
        where: Callable[[Assignment], bool] | None = None,
        orders: Sequence[Order[Assignment]] = (),
        skip: int = 0,
        limit: int = 100,
        actor: ActorLike = None,
    ) -> Listing[Assignment]:
        """One numbered page of the assignments of these kinds of principals in some scopes.

        `held_by` narrows it to those that a principal has, through groups as well; `where` is any
        further filter; what `orders` leave equal goes by id. What the caller may not see is left
        out; AccessDenied is raised where that is all of these kinds. It is answered from the index,
        so that the items carry no `etag`.
        """

        def use_case(work: Work) -> Listing[Assignment]:
            found = list(self._within(work, within, kinds, held_by, where))
            by_id = Order[Assignment](lambda noun: noun.id)
            return cut_by(found, (*orders, by_id), skip=skip, limit=limit)

        return self._tenant.run(actor, use_case)

    def tally(
        self,
        within: Sequence[IncludedScope],
        by: Callable[[Assignment], H],
        *,
        kinds: Sequence[PrincipalKind] = LISTED_KINDS,
        where: Callable[[Assignment], bool] | None = None,
        actor: ActorLike = None,
    ) -> Counter[H]:
        """How many assignments that a caller may see there are of each sort; `by` names the sort.

        None at all, without an error, where the caller may see none.
        """

        def use_case(work: Work) -> Counter[H]:
            if not self._any_seen(work, within, kinds):
                return Counter()
            return Counter(by(noun) for noun in self._within(work, within, kinds, None, where))

        return self._tenant.run(actor, use_case)

    def faults(self, noun: Assignment, *, actor: ActorLike = None) -> dict[str, str]:
        """What keeps an assignment from being stored, by field: `principal`, `role`, and
        `resource_group`; a field without a fault is not in it. Everybody in the account may ask.
        """

        def use_case(work: Work) -> dict[str, str]:
            world, scope = work.snapshot, parse_scope(noun.scope)
            found: dict[str, str] = {}

            def tried(field: str, known: Callable[[], str]) -> None:
                try:
                    check_level(world, msgspec.structs.replace(placeholder, **{field: known()}))
                except Invalid as error:
                    found[field] = error.message

            placeholder = Assignment(id="-", scope=scope, principal="everyone", role="")
            tried(
                "principal",
                lambda: known_principal(world, noun.principal, scope, closed=work.closed),
            )
            tried("role", lambda: known_role(world, noun.role, scope))
            group = noun.resource_group
            if group is not None:
                tried("resource_group", lambda: known_resource_group(world, group, scope))
            return found

        return self._tenant.run(actor, use_case)

    # -- what makes it up ----------------------------------------------------------------------

    def _within(
        self,
        work: Work,
        within: Sequence[IncludedScope],
        kinds: Sequence[PrincipalKind],
        held_by: str | None,
        where: Callable[[Assignment], bool] | None,
    ) -> Iterator[Assignment]:
        if not self._any_seen(work, within, kinds):
            for root in within[:1]:
                work.authorize(assignment_operation(kinds[0], "view"), root.scope)
        world = work.snapshot
        exactly = {root.scope for root in within}
        below = [root.scope for root in within if root.include_child_scopes]
        held: Iterable[Placed] = world.every_placed()
        if held_by is not None:
            names = set(world.subjects(exact_principal(world, held_by, "")))
            held = (placed for name in names for placed in every(world.by_principal.get(name)))
        visible, wanted = self._sight(work), frozenset[str](kinds)
        inside = [
            placed
            for placed in held
            if (placed.scope in exactly or any(is_below(placed.scope, root) for root in below))
            and placed.principal.partition(":")[0] in wanted
        ]
        for noun in self._assignments(work, inside):
            if (where is None or where(noun)) and visible(noun):
                yield noun

    def _any_seen(
        self, work: Work, within: Sequence[IncludedScope], kinds: Sequence[PrincipalKind]
    ) -> bool:
        return any(
            work.may(assignment_operation(kind, "view"), root.scope)
            for root in within
            for kind in kinds
        )

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """An assignment is known by id in its scope."""
        if fault := text_fault(id):
            raise Invalid(f"assignment id {id!r} {fault}")
        return (self._view.scope_or(scope), id)

    def _words(self, noun: Assignment) -> tuple[str, ...]:
        return (noun.id, noun.principal, noun.role)

    def _refuse(self, work: Work, noun: Assignment) -> None:
        if noun.approval is not None or noun.policies:
            raise Invalid(
                f"assignment {noun.id!r} names an approval or its policies: only an approval "
                "that was given sets those"
            )
        before = work.get(Assignment, noun.scope, noun.id)
        if before is not None and before.approval is not None:
            raise InvalidState(
                f"assignment {noun.id!r} was given by approval {before.approval!r} and cannot be "
                "changed; revoke its grant"
            )

    def _exact(self, work: Work, noun: Assignment) -> Assignment:
        world = work.world
        exact = exact_assignment(world, noun, closed=work.closed)
        if noun.condition is not None:
            compile(noun.condition)
        check_level(world, exact)
        return exact

    def _authorize_edit(self, work: Work, noun: Assignment) -> None:
        self._authorize(work, noun.principal, noun.scope, "edit")
        before = work.get(Assignment, noun.scope, noun.id)
        if before is not None and before.principal != noun.principal:
            self._authorize(work, before.principal, noun.scope, "edit")

    def _authorize_delete(
        self, work: Work, noun: Assignment | None, parts: tuple[str, ...]
    ) -> None:
        if noun is None:
            self._authorize_list(work, parts[0])
        else:
            self._authorize(work, noun.principal, noun.scope, "edit")

    def _authorize_view(self, work: Work, noun: Assignment | None, parts: tuple[str, ...]) -> None:
        if noun is None:
            self._authorize_list(work, parts[0])
        else:
            self._authorize(work, noun.principal, noun.scope, "view")

    def _authorize_list(self, work: Work, scope: str) -> None:
        kinds: Iterable[str] = ("users", "groups", "service_accounts", "roles")
        if not any(work.may(f"{kind}.view", scope) for kind in kinds):
            work.authorize("users.view", scope)

    def _sight(self, work: Work) -> Callable[[Assignment], bool]:
        # Asked once for each kind of principal and scope, not for each of a hundred thousand.
        answers: dict[tuple[str, str], bool] = {}

        def visible(noun: Assignment) -> bool:
            kind = noun.principal.partition(":")[0]
            answer = answers.get((kind, noun.scope))
            if answer is None:
                operation = assignment_operation(parse_principal(noun.principal).kind, "view")
                answer = answers[kind, noun.scope] = work.may(operation, noun.scope)
            return answer

        return visible

    def _authorize(self, work: Work, principal: str, scope: str, what: str) -> None:
        ref = parse_principal(principal)
        work.authorize(assignment_operation(ref.kind, what), scope, ref.id or None)
