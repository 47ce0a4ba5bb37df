"""What a change may give, and the ways in which somebody comes to it.

A gain may name more than there is to gain; it never leaves any out.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from placet.access.match import Placed
from placet.access.placements import every
from placet.access.reach import Holdings, Reach, attributes_read, reach_of
from placet.access.snapshot import Snapshot
from placet.model import ApprovalPolicy, Assignment, Delegation, Noun, Permission, Role
from placet.refs import EVERYONE, spoken

__all__ = ["Change", "Edge", "Gain", "harmless"]


class Edge(NamedTuple):
    """One noun that a change touches, as it was and as it is; None for not there."""

    before: Noun | None
    after: Noun | None


class Gain(NamedTuple):
    """Something that `holder` could not and can now.

    `deed` is what giving it is, as a sentence says it, with `{what}` in it; `cause` is the noun
    that was written. `bindable` says that the right to assign its role is enough, `coverable` that
    holding it oneself is, and `new` that who held it otherwise before has gained nothing.
    `newcomer` says that the holder was nobody before, and has no attributes that are asked for.
    """

    holder: str
    reach: Reach
    cause: str
    deed: str
    bindable: bool = True
    coverable: bool = True
    new: bool = True
    newcomer: bool = False


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


class Change:
    """An account before and after some nouns were written, as one thing to ask about.

    `edges` are those nouns, `fresh` the permissions that mean something else by now: nobody held
    that before.
    """

    def __init__(
        self,
        before: Snapshot,
        after: Snapshot,
        edges: Iterable[Edge],
        now: datetime,
        *,
        closed: bool,
    ) -> None:
        self.before = before
        self.after = after
        self.edges = tuple(edge for edge in edges if not harmless(edge))
        self.now = now
        self.closed = closed
        self.fresh = frozenset(_fresh(self.edges))

    def roles_changed(self) -> Iterator[str]:
        """The roles that hold something else by now, or something that means something else."""
        if not any(isinstance(edge.after or edge.before, Role | Permission) for edge in self.edges):
            return
        before, after = self.before.role_perms, self.after.role_perms
        for ref in dict.fromkeys((*after, *before)):
            had, has = before.get(ref) or frozenset(), after.get(ref) or frozenset()
            if had != has or not self.fresh.isdisjoint(has):
                yield ref

    def freed(
        self, holder: str, denied: Reach, cause: str, *, left: str | None = None
    ) -> Iterator[Gain]:
        """The gain of a deny that is gone, as far as no other one of the holder's says the same.

        `left` is who may be denied it by other ways still, where that is not the holder.
        """
        if not denied.permissions or self.gone(left or holder):
            return
        still = Holdings(self.after, left or holder, self.now, effect="deny")
        freed = {
            id
            for id in denied.permissions
            if (known := self.after.permissions.get(id)) is not None
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

    def gone(self, ref: str) -> bool:
        """Whether a principal is not there any more, so that nothing can be of use to it."""
        kind, _, _ = ref.partition(":")
        return (
            self.closed
            and kind in ("user", "service_account")
            and ref not in self.after.users
            and ref not in self.after.service_accounts
        )

    def inherited(self, holder: str, subjects: Iterable[str], cause: str) -> Iterator[Gain]:
        """What a holder gains by being `subjects` as well."""
        for subject in sorted(subjects):
            for placed in every(self.after.by_principal.get(subject)):
                reach = reach_of(self.after, placed, self.now)
                if reach is not None and placed.terms.effect == "allow":
                    yield Gain(holder, reach, cause, f"give {spoken(holder)} {{what}}")

    def left(self, holder: str, subjects: Iterable[str], cause: str, left: str) -> Iterator[Gain]:
        """What a holder is freed from by not being `subjects` any more."""
        for subject in sorted(subjects):
            for placed in every(self.before.by_principal.get(subject)):
                reach = reach_of(self.before, placed, self.now)
                if reach is not None and placed.terms.effect == "deny":
                    yield from self.freed(holder, reach, cause, left=left)

    def undecided(
        self, holder: str, placed: Placed, root: str, names: frozenset[str] | None, cause: str
    ) -> Iterator[Gain]:
        """What an assignment may come to, once the attributes that its condition reads differ."""
        if placed.terms.condition is None:
            return
        read = attributes_read(placed.terms.condition.text, root)
        if read is not None and not (read if names is None else read & names):
            return
        reach = reach_of(self.after, placed, self.now)
        if reach is not None:
            allows = placed.terms.effect == "allow"
            deed = f"give {spoken(holder)}" if allows else f"free {spoken(holder)} from the deny of"
            yield Gain(holder, reach.clear(), cause, f"{deed} {{what}}", new=allows)

    def let_go(self, policy: ApprovalPolicy, permissions: frozenset[str], cause: str) -> Gain:
        """That holders act without the approval, or under another one, from now on."""
        return Gain(
            EVERYONE,
            Reach(permissions, roots=((policy.scope, True),)),
            cause,
            f"take {{what}} out of what approval policy {spoken(policy.ref)!r} asks",
            bindable=False,
            coverable=False,
            new=False,
        )


def _fresh(edges: Iterable[Edge]) -> Iterator[str]:
    for edge in edges:
        was, now = edge
        if isinstance(now, Permission) and now.grants and (
            not isinstance(was, Permission)
            or not was.grants
            or (was.resource_type, was.action) != (now.resource_type, now.action)
            or not set(now.allowed_scope_levels) <= set(was.allowed_scope_levels)
        ):  # fmt: skip
            yield now.id
