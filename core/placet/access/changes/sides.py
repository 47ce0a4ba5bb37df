"""One side of a comparison: an account before a change, or after it, as pieces of what is held."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from placet.access.answers import Question
from placet.access.check import Inquiry
from placet.access.placements import every
from placet.access.reach import Reach, reach_of
from placet.access.snapshot import Snapshot
from placet.model import ApprovalPolicy, Permission
from placet.refs import EVERYONE, ResourceRef

__all__ = ["ANY", "Holding", "Offer", "Piece", "Side"]


ANY = Permission(id="any", resource_type="any", action="any")


_OWNER = frozenset({"owner"})


class Piece(NamedTuple):
    """An assignment of somebody: what it reaches, and what makes it more than that.

    `satisfied` are the policies under which an approval has given it, `resource_group` what it is
    assigned on.
    """

    reach: Reach
    deny: bool = False
    satisfied: frozenset[str] = frozenset()
    resource_group: str | None = None


class Offer(NamedTuple):
    """A policy that lets somebody ask for what they do not hold; on one resource, or on all."""

    policy: ApprovalPolicy
    resource: ResourceRef | None = None

    def ids(self, type: str) -> frozenset[str] | None:
        """The resources of a type that it is about; None for all of them."""
        if self.resource is None:
            return None
        return frozenset({self.resource.id or ""} if self.resource.type == type else ())


class Holding(NamedTuple):
    """Everything of somebody on one side."""

    pieces: tuple[Piece, ...] = ()
    offers: tuple[Offer, ...] = ()


class Side:
    """An account at one revision, for the questions of a comparison."""

    def __init__(self, snapshot: Snapshot, now: datetime, *, closed: bool) -> None:
        self.snapshot = snapshot
        self._now = now
        self._closed = closed
        self._pieces: dict[str, tuple[Piece, ...]] = {}
        self._protecting: dict[str, tuple[ApprovalPolicy, ...]] = {}
        self._owners: dict[str, list[ResourceRef]] | None = None
        self._offering = tuple(
            policy for policy in snapshot.policies.values() if policy.needed == "when_denied"
        )

    def subjects(self, subject: str) -> tuple[str, ...]:
        """All that a principal is; nothing where it may nothing at all.

        A group stands for what it makes of its members: where it passes nothing on, they are only
        everyone.
        """
        if subject.startswith("group:"):
            known = self.snapshot.groups.get(subject)
            return self.snapshot.subjects(subject) if known and not known.disabled else (EVERYONE,)
        question = Question(subject, ANY, ResourceRef(ANY.resource_type), "")
        asked = Inquiry(self.snapshot, question, self._now, closed=self._closed)
        return () if asked.principal_refusal() else self.snapshot.subjects(subject)

    def pieces(self, subject: str) -> tuple[Piece, ...]:
        """What exactly this subject is assigned."""
        known = self._pieces.get(subject)
        if known is None:
            known = self._pieces[subject] = tuple(self._placed(subject))
        return known

    def offers(self, sources: frozenset[str]) -> Iterator[Offer]:
        """The policies that let some of these sources ask."""
        for policy in self._offering:
            if not sources.isdisjoint(policy.requesters):
                yield Offer(policy)

    def offers_of_owner(self, principal: str) -> Iterator[Offer]:
        """The policies that let the owner of a resource ask, for each that somebody owns."""
        owned = self._owned()
        for name in dict.fromkeys((principal, principal.removeprefix("user:"))):
            for resource in owned.get(name, ()):
                for offer in self.offers(_OWNER):
                    if resource.type in self.types(offer.policy.applies_to):
                        yield offer._replace(resource=resource)

    def _owned(self) -> dict[str, list[ResourceRef]]:
        """Owner, as the attribute has it -> the resources, where anybody may ask as an owner."""
        if self._owners is None:
            self._owners = {}
            if next(self.offers(_OWNER), None) is not None:
                for resource in self.snapshot.resources.values():
                    owner = resource.attributes.get("owner")
                    if isinstance(owner, str):
                        this = ResourceRef(resource.type, resource.id)
                        self._owners.setdefault(owner, []).append(this)
        return self._owners

    def offered(self) -> set[str]:
        """The permissions that somebody may ask for."""
        return {id for policy in self._offering if policy.requesters for id in policy.applies_to}

    def types(self, permissions: Iterable[str]) -> Iterator[str]:
        """The types of resources that permissions are about."""
        for permission in permissions:
            known = self.snapshot.permissions.get(permission)
            if known is not None:
                yield known.resource_type

    def protecting(self, permission: str) -> tuple[ApprovalPolicy, ...]:
        """The policies of four eyes that are about a permission."""
        known = self._protecting.get(permission)
        if known is None:
            policies = self.snapshot.policies
            found = (policies.get(ref) for ref in self.snapshot.policies_for.get(permission) or ())
            known = self._protecting[permission] = tuple(
                policy for policy in found if policy is not None and policy.needed == "always"
            )
        return known

    def _placed(self, subject: str) -> Iterator[Piece]:
        for placed in every(self.snapshot.by_principal.get(subject)):
            reach = reach_of(self.snapshot, placed, self._now)
            if reach is not None:
                yield Piece(
                    reach,
                    placed.terms.effect == "deny",
                    frozenset(placed.terms.policies),
                    placed.resource_group,
                )
