"""The use cases that every administered noun has: create, get, list, update, delete.

A service of one noun says where its records live, how references become exact, and what goes with
a record that is deleted. `save` is also what a bundle applies its records through, so that there is
one way in for everybody.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

import msgspec

from placet.access.match import Placed
from placet.access.snapshot import Snapshot
from placet.errors import AlreadyExists, Conflict, Invalid, InvalidState, NotFound
from placet.model import Assignment, Record
from placet.refs import parse_owned, scope_level
from placet.services.base import MAX_LISTED, Listing, Order, Service, cut_by
from placet.services.endings import end_minted
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import check_types, decode
from placet.storage.kinds import KINDS, MAX_PAGE
from placet.storage.nouns import key_of, kind_of
from placet.storage.port import Query

__all__ = ["Records", "builtins_at_level"]

N = TypeVar("N", bound=Record)


class Records(Service, Generic[N]):
    """Use cases about one type of record."""

    noun: ClassVar[type[Any]]
    operations: ClassVar[str]
    """The prefix of this noun's operations in `placet.catalogue`."""
    sorts: ClassVar[tuple[str, ...]] = ("id", "name", "created_at", "updated_at")

    # -- use cases -----------------------------------------------------------------------------

    def create(self, noun: N, *, actor: ActorLike = None) -> N:
        """Store a new record; returns it as it is stored.

        Raises AlreadyExists, AccessDenied, or Invalid naming every mistake.
        """

        check_types(noun)
        return self._returned(self._tenant.run(actor, lambda work: self._created(work, noun)))

    def update(self, noun: N, *, actor: ActorLike = None) -> N:
        """Replace a record, whole. With an `etag`, only if it is still that version.

        Raises NotFound, Conflict for an `etag` that is not current any more, InvalidState for a
        record that code or a vendor's catalogue manages.
        """

        check_types(noun)

        def use_case(work: Work) -> N:
            placed = self._placed(noun)
            self._authorize_edit(work, placed)
            before = self._existing(work, placed)
            if noun.etag and noun.etag != before.etag:
                raise Conflict(
                    f"{self._what} {self._name_of(placed)!r} has changed since it was read "
                    f"(version {before.etag}, not {noun.etag}); read it again",
                    [key_of(placed)],
                )
            kept = msgspec.structs.replace(placed, bundle=before.bundle)
            saved = self.save(work, kept)
            work.record(f"{self._what}.updated", id=self._name_of(saved))
            return saved

        return self._returned(self._tenant.run(actor, use_case))

    def change(
        self,
        id: str,
        changed: Callable[[N], N],
        *,
        scope: str | None = None,
        actor: ActorLike = None,
    ) -> N:
        """Replace a record by what `changed` makes of it, read and written in one commit.

        `changed` is a pure function, called again where somebody else was faster; what it raises
        is raised, and nothing is stored. Raises NotFound, InvalidState for a managed record, and
        Invalid for a changed name.
        """

        def use_case(work: Work) -> N:
            wanted = self._key(id, scope)
            found = work.get(self.noun, *wanted)
            if found is None:
                self._authorize_view(work, None, wanted)
                if self._builtin_at(work.snapshot, wanted) is not None:
                    raise InvalidState(f"{self._what} {id!r} is built in and cannot be changed")
                raise NotFound(f"there is no {self._what} {id!r}{self._where(wanted)}")
            before = cast(N, found)
            self._authorize_edit(work, before)
            after = msgspec.structs.replace(changed(before), bundle=before.bundle)
            self._refuse_managed(before, "changed")
            if self._parts(after) != self._parts(before):
                raise Invalid(f"{self._what} {id!r} cannot be renamed or moved")
            saved = self.save(work, after)
            work.record(f"{self._what}.updated", id=self._name_of(saved))
            return saved

        return self._returned(self._tenant.run(actor, use_case))

    def get(self, id: str, *, scope: str | None = None, actor: ActorLike = None) -> N:
        """The record, its `etag` set. Raises NotFound or AccessDenied."""

        return self._tenant.run(actor, lambda work: self._read(work, id, scope))

    def list(
        self,
        *,
        scope: str | None = None,
        search: str = "",
        sort: str = "id",
        descending: bool = False,
        skip: int = 0,
        limit: int = 100,
        actor: ActorLike = None,
        where: Callable[[N], bool] | None = None,
        orders: Sequence[Order[N]] = (),
    ) -> Listing[N]:
        """One numbered page of the records of exactly this scope, with their total.

        `search` is looked for in id and name, whatever its case; `sort` is one of `sorts`; `where`
        is any further filter, and `orders` come before `sort`. `limit` goes from 1 to 1000.
        Built-in records usable at the scope's level are part of the list. At most 100,000 records
        of a scope can be listed.
        """
        if sort not in self.sorts:
            raise Invalid(f"{sort!r} is no sort of {self._what}s; it is one of {self.sorts}")
        words = search.casefold()

        def use_case(work: Work) -> Listing[N]:
            at = self._view.scope_or(scope)
            self._authorize_list(work, at)
            visible = self._sight(work)
            found = [
                noun
                for noun in self._all(work, at)
                if (not words or any(words in text.casefold() for text in self._words(noun)))
                and (where is None or where(noun))
                and visible(noun)
            ]
            last = Order[N](
                lambda noun: (_sortable(getattr(noun, sort)), self._name_of(noun)), descending
            )
            return cut_by(found, (*orders, last), skip=skip, limit=limit)

        return self._tenant.run(actor, use_case)

    def delete(
        self,
        id: str,
        *,
        scope: str | None = None,
        cascade: bool = False,
        actor: ActorLike = None,
    ) -> N:
        """Remove a record and, with `cascade`, what cannot be without it, in the same commit.

        Returns what was removed. Raises InvalidState where something still needs it.
        """
        return self._tenant.run(
            actor, lambda work: self._deleted(work, id, self._key(id, scope), cascade=cascade)
        )

    # -- what a bundle shares ------------------------------------------------------------------

    def save(self, work: Work, noun: N) -> N:
        """Authorize, make references exact, store; the caller records the event."""
        return self.save_all(work, (noun,))[0]

    def save_all(self, work: Work, nouns: Iterable[N], *, resolved: bool = False) -> Sequence[N]:
        """`save` for nouns that do not name each other.

        All references are read before the first noun is stored, since each look at `work.world`
        after one costs. `resolved` says that the caller has made them exact and checked them as
        `_exact` does, in the world that this work makes.
        """
        exact = []
        for noun in nouns:
            self._authorize_edit(work, noun)
            if getattr(noun, "managed", False):
                raise Invalid(
                    f"{self._what} {self._name_of(noun)!r} is managed: only code makes those"
                )
            noun.validate()
            self._refuse(work, noun)
            exact.append((noun, noun if resolved else self._exact(work, noun)))
        saved = [work.put(noun, validated=noun is written) for written, noun in exact]
        for noun in saved:
            self._verify(work, noun)
        return saved

    def refuse_fixed(self, work: Work, noun: N, before: N | None) -> None:
        """Raise InvalidState if `noun` is to replace what is built in, or a managed `before`."""
        if before is not None:
            self._refuse_managed(before, "changed")
        elif self._builtin(work.snapshot, noun) is not None:
            raise InvalidState(
                f"{self._what} {self._name_of(noun)!r} is built in and cannot be changed"
            )

    def discard(self, work: Work, noun: N) -> None:
        """Authorize, and drop a record that nothing needs; the caller records the event.

        Raises InvalidState where something needs it, or where it is managed.
        """
        self._authorize_delete(work, noun, self._parts(noun))
        self._refuse_managed(noun, "deleted")
        self.remove(work, noun, cascade=False)

    def remove(self, work: Work, noun: N, *, cascade: bool) -> None:
        """Drop the record and what goes with it; the caller authorizes and records."""
        dependents = [one for one in self._dependents(work, noun) if work.left(one) is not None]
        if dependents and not cascade:
            raise InvalidState(
                f"{self._what} {self._name_of(noun)!r} is still used by "
                f"{_counted(dependents)}; delete those first, or with cascade",
                {"dependents": len(dependents)},
            )
        gone = f"{self._what} {self._name_of(noun)} was deleted"
        for dependent in dependents:
            minted = isinstance(dependent, Assignment) and end_minted(work, dependent, gone)
            if not minted:
                work.drop(dependent)
        work.drop(noun)

    # -- use cases without their commit -------------------------------------------------------

    def _read(self, work: Work, id: str, scope: str | None) -> N:
        """The record, for a caller who may see it. Raises NotFound or AccessDenied."""
        wanted = self._key(id, scope)
        found = work.get(self.noun, *wanted)
        if found is None:
            found = self._builtin_at(work.snapshot, wanted)
        if found is None:
            # Who may not look at all learns nothing of what is there.
            self._authorize_view(work, None, wanted)
            raise NotFound(f"there is no {self._what} {id!r}{self._where(wanted)}")
        self._authorize_view(work, found, wanted)
        return cast(N, found)

    def _created(self, work: Work, noun: N) -> N:
        """Store a new record; the commit is the caller's."""
        placed = self._placed(noun)
        if self._stored(work, placed) is not None or self._builtin(work.snapshot, placed):
            # Who may not create any learns nothing of what is there.
            self._authorize_edit(work, placed)
            raise AlreadyExists(f"there is already a {self._what} {self._name_of(placed)!r}")
        saved = self.save(work, placed)
        work.record(f"{self._what}.created", id=self._name_of(saved))
        return saved

    def _deleted(
        self,
        work: Work,
        id: str,
        wanted: tuple[str, ...],
        *,
        cascade: bool,
        where: Callable[[N], bool] | None = None,
    ) -> N:
        """Remove the record with these key parts; one for which `where` is false is not found."""
        found = work.get(self.noun, *wanted)
        if found is None or (where is not None and not where(cast(N, found))):
            self._authorize_delete(work, None, wanted)
            if self._builtin_at(work.snapshot, wanted) is not None:
                raise InvalidState(f"{self._what} {id!r} is built in and cannot be deleted")
            raise NotFound(f"there is no {self._what} {id!r}{self._where(wanted)}")
        removed = cast(N, found)
        self._authorize_delete(work, removed, wanted)
        self._refuse_managed(removed, "deleted")
        self.remove(work, removed, cascade=cascade)
        work.record(f"{self._what}.deleted", id=self._name_of(removed))
        return removed

    # -- what a noun's own service says --------------------------------------------------------

    @property
    def _what(self) -> str:
        """The noun, as sentences and events name it."""
        return kind_of(self.noun)

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """The key parts of the record that `id` names; `id@/scope` is exact."""
        owned = parse_owned(id, self._what)
        at = self._view.scope_or(scope) if owned.owner is None else owned.owner
        return (at, owned.id)

    def _placed(self, noun: N) -> N:
        """The record in the scope of the view, where it names none of its own."""
        if self._view.scope and not getattr(noun, "scope", None):
            return msgspec.structs.replace(noun, scope=self._view.scope)
        return noun

    def _parts(self, noun: N) -> tuple[str, ...]:
        """The key parts of a record."""
        return (self._scope_of(noun), getattr(noun, "id"))  # noqa: B009  # N has no such bound

    def _scope_of(self, noun: N) -> str:
        """The scope at which the caller needs the right to touch the record."""
        return cast(str, getattr(noun, "scope", ""))

    def _name_of(self, noun: N) -> str:
        """The record as a sentence names it."""
        return cast(str, getattr(noun, "id"))  # noqa: B009  # N has no such bound

    def _words(self, noun: N) -> tuple[str, ...]:
        """The texts that a search looks through."""
        return (self._name_of(noun), cast(str, getattr(noun, "name", "")))

    def _refuse(self, work: Work, noun: N) -> None:
        """Raise Invalid or InvalidState for a record that must not be stored, or replaced."""

    def _exact(self, work: Work, noun: N) -> N:
        """The record with every reference exact; raises Invalid for one to nothing."""
        return noun

    def _verify(self, work: Work, noun: N) -> None:
        """Raise Invalid if `work.world`, with the record in it, must not be."""

    def _dependents(self, work: Work, noun: N) -> Sequence[Record]:
        """What cannot be without the record: a cascade drops it too."""
        return ()

    def _builtin_at(self, snapshot: Snapshot, parts: tuple[str, ...]) -> N | None:
        """The built-in record with these key parts."""
        return None

    def _builtins(self, snapshot: Snapshot, scope: str) -> Iterator[N]:
        """The built-in records that a list of `scope` shows."""
        return iter(())

    def _sight(self, work: Work) -> Callable[[N], bool]:
        """Of what a list holds, what the caller, who may list here, may see."""
        return lambda noun: True

    def _authorize_edit(self, work: Work, noun: N) -> None:
        """Raise AccessDenied unless the caller may create or change this record."""
        work.authorize(f"{self.operations}.edit", self._scope_of(noun), self._name_of(noun))

    def _authorize_delete(self, work: Work, noun: N | None, parts: tuple[str, ...]) -> None:
        """Raise AccessDenied unless the caller may delete this record."""
        work.authorize(f"{self.operations}.delete", self._scope_in(parts), parts[-1])

    def _authorize_view(self, work: Work, noun: N | None, parts: tuple[str, ...]) -> None:
        """Raise AccessDenied unless the caller may see this record."""
        work.authorize(f"{self.operations}.view", self._scope_in(parts), parts[-1])

    def _authorize_list(self, work: Work, scope: str) -> None:
        """Raise AccessDenied unless the caller may list the records of a scope."""
        work.authorize(f"{self.operations}.view", scope)

    # -- helpers -------------------------------------------------------------------------------

    def _stored(self, work: Work, noun: N) -> N | None:
        """The record as it is stored now."""
        return cast("N | None", work.get(self.noun, *self._parts(noun)))

    def _builtin(self, snapshot: Snapshot, noun: N) -> N | None:
        """The built-in record that `noun` would hide."""
        return self._builtin_at(snapshot, self._parts(noun))

    def _existing(self, work: Work, noun: N) -> N:
        """The stored record that `noun` is to replace; raises NotFound or InvalidState."""
        before = self._stored(work, noun)
        if before is None:
            self._authorize_edit(work, noun)
            if self._builtin(work.snapshot, noun) is not None:
                raise InvalidState(
                    f"{self._what} {self._name_of(noun)!r} is built in and cannot be changed"
                )
            raise NotFound(
                f"there is no {self._what} {self._name_of(noun)!r}{self._where(self._parts(noun))}"
            )
        self._refuse_managed(before, "changed")
        return before

    def _refuse_managed(self, noun: N, verb: str) -> None:
        """Raise InvalidState for a record that is managed."""
        if getattr(noun, "managed", False):
            raise InvalidState(
                f"{self._what} {self._name_of(noun)!r} is managed and cannot be {verb}"
            )

    def _assignments(self, work: Work, placed: Iterable[Placed]) -> Sequence[Assignment]:
        """The assignments of the index as they are stored, or as this work made them."""
        keys = [(one.scope, one.id) for one in placed]
        known = [
            stored or work.made(Assignment, *key)
            for stored, key in zip(work.get_all(Assignment, keys), keys, strict=True)
        ]
        return [found for found in known if found is not None]

    def _all(self, work: Work, scope: str) -> Iterator[N]:
        clause: dict[str, tuple[str | int, ...]] = {}
        scoped = hasattr(self.noun, "scope")
        if scoped and "scope" in KINDS[kind_of(self.noun)].fields:
            clause["scope"] = (scope,)
        query = Query(kind_of(self.noun), where=clause, limit=MAX_PAGE)
        store, account = self._tenant.store, self._tenant.account
        listed = 0
        yield from self._builtins(work.snapshot, scope)
        while True:
            page = store.find(account, query)
            for doc in page.docs:
                found = decode(self.noun, doc)
                if not scoped or (getattr(found, "scope", None) or "") == scope:
                    yield found
            listed += len(page.docs)
            if page.next is None:
                return
            if listed >= MAX_LISTED:
                raise InvalidState(f"there are more than {MAX_LISTED} {self._what}s to list here")
            query = msgspec.structs.replace(query, after=page.next)

    def _scope_in(self, parts: tuple[str, ...]) -> str:
        return parts[0] if hasattr(self.noun, "scope") else ""

    def _where(self, parts: tuple[str, ...]) -> str:
        return f" in {parts[0]}" if hasattr(self.noun, "scope") and parts[0] else ""

    def _returned(self, noun: N) -> N:
        """The record with the version that its commit gave it."""
        (doc,) = self._tenant.store.get(self._tenant.account, [key_of(noun)])
        return noun if doc is None else cast(N, decode(self.noun, doc))


def builtins_at_level(known: Iterable[N], scope: str) -> Iterator[N]:
    """Of records, the built-in ones that are usable at the level of `scope`."""
    level = scope_level(scope)
    for noun in known:
        if getattr(noun, "managed", False) and level in getattr(noun, "allowed_scope_levels", ()):
            yield noun


def _counted(nouns: Sequence[Record]) -> str:
    kinds: dict[str, int] = {}
    for noun in nouns:
        kinds[kind_of(type(noun))] = kinds.get(kind_of(type(noun)), 0) + 1
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())


def _sortable(value: Any) -> Any:
    return (value is not None, "" if value is None else value)
