"""Approval policies: when somebody else has to say yes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from placet.access.answers import Decision
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.snapshot import Snapshot
from placet.access.sources import listed_by
from placet.approvals.compose import compose
from placet.approvals.lifecycle import Wanted
from placet.approvals.reaching import seats_short
from placet.approvals.transition import status_of
from placet.approvals.ways import ways
from placet.catalogue import OPERATIONS
from placet.conditions import compile
from placet.errors import ApprovalRequired, Invalid, InvalidState, NotFound
from placet.model import (
    SYSTEM,
    AccessYield,
    Approval,
    ApprovalPolicy,
    ConditionHolds,
    Gate,
    Grant,
    PolicyVersion,
    Record,
    Reviews,
    walk,
)
from placet.refs import scope_level, spoken
from placet.services.approval_writing import asked_before, pass_for, wanted_of
from placet.services.approvals import Approvals
from placet.services.base import Listing
from placet.services.gate_policies import refuse_other
from placet.services.grant_writing import take_pass
from placet.services.policy_versions import (
    keep_current,
    keep_version,
    last_number,
    version_of,
    versions_of,
)
from placet.services.records import Records
from placet.services.references import (
    exact_requirement,
    exact_source,
    known_permission,
    known_role,
)
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import decode
from placet.storage.kinds import MAX_PAGE
from placet.storage.port import Query

__all__ = ["Policies", "check_satisfiable", "check_yield"]

_WAITED_FOR = frozenset({"gates.take", "policies.edit", "policies.delete"})
_ADMINISTRATION = frozenset(
    operation.permission for name, operation in OPERATIONS.items() if name not in _WAITED_FOR
) - {OPERATIONS[name].permission for name in _WAITED_FOR}
"""Permissions that the services ask for themselves: no approval is waited for there."""


def check_yield(world: Snapshot, policy: ApprovalPolicy) -> None:
    """Raise Invalid if a policy yields a role that does not give what the policy is about."""
    if not isinstance(policy.yields, AccessYield):
        return
    role = policy.yields.role
    level = scope_level(policy.scope)
    known = world.roles.get(role)
    if known is not None and level not in known.allowed_scope_levels:
        raise Invalid(
            f"policy {policy.id!r} yields role {role!r}, which cannot be given at {level} level, "
            f"only at {', '.join(known.allowed_scope_levels)}"
        )
    given = world.role_perms.get(role) or frozenset()
    missing = [permission for permission in policy.applies_to if permission not in given]
    if missing:
        raise Invalid(
            f"policy {policy.id!r} yields role {role!r}, which does not give "
            f"{', '.join(missing)}: whoever is approved would still be denied"
        )


def check_satisfiable(world: Snapshot, policy: ApprovalPolicy) -> None:
    """Raise Invalid if nobody could meet a policy today, unless it allows for that.

    Those who cannot be listed count as enough: holders of roles and permissions, owners, managers.
    """

    def people(_: int, leaf: Reviews) -> frozenset[str] | None:
        found = [listed_by(world, source) for source in leaf.sources]
        return None if None in found else frozenset[str]().union(*filter(None, found))

    numbered = compose((policy,))
    short = None if policy.allow_unsatisfiable else seats_short(numbered, people)
    if short is not None:
        there = len(people(0, short) or ())
        raise Invalid(
            f"policy {policy.id!r} needs {short.count} from {spoken(short.source)}, and the people "
            f"there are today ({there} for this) cannot fill every seat: add some, or say "
            "allow_unsatisfiable"
        )


_REMOVAL: Mapping[str, Any] = {"removal": True}


def _bound(policy: ApprovalPolicy) -> dict[str, Any]:
    """What an approval of a policy is bound to: all that it says, and nothing that is kept."""
    said = msgspec.to_builtins(policy)
    kept = ("etag", "created_at", "updated_at", "created_by", "bundle", "version")
    return {"policy": {name: value for name, value in said.items() if name not in kept}}


class _Needed(NamedTuple):
    """That a change of the policies needs approval: what is to be approved, and the pass for it."""

    decision: Decision
    wanted: Wanted
    grant: Grant | None


class Policies(Records[ApprovalPolicy]):
    """Approval policies. A stored one replaces a default of the same id and scope; each change of
    one is a new `version`, and approvals keep the one that they were opened under.
    """

    noun = ApprovalPolicy
    operations = "policies"

    def versions(
        self,
        id: str,
        *,
        scope: str | None = None,
        limit: int = 50,
        after: str | None = None,
        actor: ActorLike = None,
    ) -> Listing[PolicyVersion]:
        """One page of what was published under a policy's name, newest first, for whoever may read
        the policy; `limit` goes from 1 to 1000.

        A number is given once: a policy that is made again after it was removed goes on where the
        one before ended, which is listed too. What was published by a release that kept no
        versions is in the log alone, but for the one that was current when a later release changed
        it. Raises NotFound or AccessDenied as `get`.

        >>> from placet import SYSTEM
        >>> from placet.bundle import loads
        >>> from placet.testing import engine
        >>> placet = engine(loads('''
        ... bundle = "demo"
        ... permissions = ["invoice.pay"]
        ... users = [{id = "dana"}]
        ... [[approval_policies]]
        ... id = "four-eyes"
        ... applies_to = ["invoice.pay"]
        ... reviews = ["1 from user:dana"]
        ... ''', "toml"))
        >>> found = placet.policies.versions("four-eyes", actor=SYSTEM).items
        >>> [(version.number, version.published_by) for version in found]
        [(1, 'system')]
        """
        if not 1 <= limit <= MAX_PAGE:
            raise Invalid(f"limit is {limit}; it goes from 1 to {MAX_PAGE}")

        def use_case(work: Work) -> Listing[PolicyVersion]:
            policy = self._read(work, id, scope)
            if policy.created_at is None:  # it comes from code, which has published nothing else
                return Listing((PolicyVersion(policy=policy),))
            store, account = self._tenant.store, self._tenant.account
            return versions_of(store, account, policy, limit=limit, after=after)

        return self._tenant.run(actor, use_case)

    def version(
        self, id: str, number: int, *, scope: str | None = None, actor: ActorLike = None
    ) -> PolicyVersion:
        """One version of a policy. Raises NotFound or AccessDenied as `versions`."""

        def use_case(work: Work) -> PolicyVersion:
            policy = self._read(work, id, scope)
            if policy.created_at is not None:
                found = version_of(work, policy, number)
            else:
                found = PolicyVersion(policy=policy) if number == policy.version else None
            if found is None:
                raise NotFound(f"no version {number} of policy {id!r} is kept")
            return found

        return self._tenant.run(actor, use_case)

    def propose(
        self, policy: ApprovalPolicy, *, justification: str = "", actor: ActorLike = None
    ) -> Approval:
        """Ask that a policy be published just as it is, where a policy about policies wants that
        (failure mode T44).

        Once it is approved, the caller publishes it by `create` or `update`, which uses the pass.
        Raises InvalidState where nothing needs to be asked.
        """
        placed = self._placed(policy)
        operation = OPERATIONS["policies.edit"]
        return Approvals(self._view).request(
            operation.permission,
            f"{operation.resource_type}:{placed.id}",
            _bound(placed),
            scope=placed.scope,
            justification=justification,
            actor=actor,
        )

    def propose_removal(
        self,
        id: str,
        *,
        scope: str | None = None,
        justification: str = "",
        actor: ActorLike = None,
    ) -> Approval:
        """The same for removing one, which `delete` then does."""
        at, name = self._key(id, scope)
        operation = OPERATIONS["policies.delete"]
        return Approvals(self._view).request(
            operation.permission,
            f"{operation.resource_type}:{name}",
            _REMOVAL,
            scope=at,
            justification=justification,
            actor=actor,
        )

    def save_all(
        self, work: Work, nouns: Iterable[ApprovalPolicy], *, resolved: bool = False
    ) -> Sequence[ApprovalPolicy]:
        """As for any record; each policy is kept as the version that it is, in the same commit."""
        asked = tuple(nouns)
        saved = super().save_all(work, asked, resolved=resolved)
        for noun, policy in zip(asked, saved, strict=True):
            approval = self._pass_used(work, "policies.edit", noun.id, noun.scope, _bound(noun))
            keep_version(work, policy, self._stored(work, policy), approval)
        return saved

    def remove(self, work: Work, noun: ApprovalPolicy, *, cascade: bool) -> None:
        """Drop the policy; the last of its numbers is kept, so that none is given twice."""
        super().remove(work, noun, cascade=cascade)
        keep_current(work, noun)

    def _authorize_edit(self, work: Work, noun: ApprovalPolicy) -> None:
        super()._authorize_edit(work, noun)
        self._use_pass(work, "policies.edit", noun.id, noun.scope, _bound(noun))

    def _authorize_delete(
        self, work: Work, noun: ApprovalPolicy | None, parts: tuple[str, ...]
    ) -> None:
        super()._authorize_delete(work, noun, parts)
        if noun is not None:
            self._use_pass(work, "policies.delete", noun.id, noun.scope, _REMOVAL)

    def _use_pass(
        self, work: Work, operation: str, id: str, scope: str, bound: Mapping[str, Any]
    ) -> None:
        """Use up the caller's pass for exactly this, in this commit, where one is needed.

        Raises ApprovalRequired where there is none. The embedding program's own code needs none.
        """
        needed = self._needed(work, operation, id, scope, bound)
        if needed is None:
            return
        wanted, grant = needed.wanted, needed.grant
        if grant is not None:
            if work.left(grant) is grant:
                take_pass(work, grant, work.actor.subject, wanted.digest)
            return
        waiting = asked_before(work, wanted)
        pending = waiting is not None and status_of(waiting, work.now) == "pending"
        raise ApprovalRequired(
            f"{wanted.permission} on {wanted.resource} needs approval first; propose the change",
            approval=waiting.id if waiting is not None and pending else None,
            status="pending" if pending else "",
            url=self._tenant.approval_url(waiting.id) if waiting is not None and pending else None,
            why="; ".join(reason.text for reason in needed.decision.reasons),
        )

    def _pass_used(
        self, work: Work, operation: str, id: str, scope: str, bound: Mapping[str, Any]
    ) -> str | None:
        """The approval whose pass this work has used up for exactly this, if it has used one."""
        needed = self._needed(work, operation, id, scope, bound)
        return None if needed is None or needed.grant is None else needed.grant.approval

    def _needed(
        self, work: Work, operation: str, id: str, scope: str, bound: Mapping[str, Any]
    ) -> "_Needed | None":
        """The approval that exactly this needs first; None where it needs none."""
        asked = OPERATIONS[operation]
        if work.actor is SYSTEM or not work.snapshot.policies_for.get(asked.permission):
            return None
        on = f"{asked.resource_type}:{id}"
        question, wanted = wanted_of(self, work, asked.permission, on, bound, scope=scope)
        decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
        if not decision.requestable:
            return None
        return _Needed(decision, wanted, pass_for(work, wanted, decision.policies))

    def _exact(self, work: Work, noun: ApprovalPolicy) -> ApprovalPolicy:
        world = work.world
        for permission in noun.applies_to:
            known_permission(world, permission)
            if permission in _ADMINISTRATION:
                raise Invalid(
                    f"{permission} is asked by placet's own services, which wait for no approval: "
                    "give it to fewer people instead"
                )
        if noun.when is not None:
            compile(noun.when)
        for leaf in walk(noun.requirement):
            if isinstance(leaf, ConditionHolds):
                compile(leaf.when)
        for text in (noun.carry_if, *(rule.when for rule in noun.rules)):
            if text is not None:
                compile(text)
        ways(noun.requirement)
        before = work.get(ApprovalPolicy, noun.scope, noun.id)
        exact = msgspec.structs.replace(
            noun,
            version=1 + (self._last_number(noun) if before is None else before.version),
            requesters=self._sources(work, noun, noun.requesters),
            override_by=self._sources(work, noun, noun.override_by),
            rules=tuple(
                msgspec.structs.replace(
                    rule, subjects=self._sources(work, noun, rule.subjects), leaves=()
                )
                for rule in noun.rules
            ),
            requirement=exact_requirement(world, noun.requirement, noun.scope, closed=work.closed),
        )
        if isinstance(noun.yields, AccessYield):
            role = known_role(world, noun.yields.role, noun.scope)
            yields = msgspec.structs.replace(noun.yields, role=role)
            exact = msgspec.structs.replace(exact, yields=yields)
            check_yield(world, exact)
        check_satisfiable(world, exact)
        return exact

    def _last_number(self, noun: ApprovalPolicy) -> int:
        return last_number(self._tenant.store, self._tenant.account, noun.ref)

    def _sources(
        self, work: Work, noun: ApprovalPolicy, sources: tuple[str, ...]
    ) -> tuple[str, ...]:
        return tuple(
            exact_source(work.world, source, noun.scope, closed=work.closed) for source in sources
        )

    def _dependents(self, work: Work, noun: ApprovalPolicy) -> Sequence[Record]:
        for gate in self._gates(work, noun):
            raise InvalidState(f"policy {noun.id!r} is that of gate {gate.ref!r}")
        return ()

    def _verify(self, work: Work, noun: ApprovalPolicy) -> None:
        if noun.when is not None:
            for gate in self._gates(work, noun):
                refuse_other(work.world, gate.id, noun.ref)

    def _gates(self, work: Work, noun: ApprovalPolicy) -> Iterator[Gate]:
        """The gates that the policy opens, as this work would leave them."""
        page = self._tenant.store.find(self._tenant.account, Query("gate", limit=MAX_PAGE))
        for doc in page.docs:
            gate = work.left(decode(Gate, doc))
            if gate is not None and gate.policy == noun.ref:
                yield gate

    def _builtin(self, snapshot: Snapshot, noun: ApprovalPolicy) -> ApprovalPolicy | None:
        """None: a default may be replaced."""
        return None

    def _builtin_at(self, snapshot: Snapshot, parts: tuple[str, ...]) -> ApprovalPolicy | None:
        return snapshot.builtin_policies.get(f"{parts[1]}@/{parts[0]}")

    def _builtins(self, snapshot: Snapshot, scope: str) -> Iterator[ApprovalPolicy]:
        for policy in snapshot.builtin_policies.values():
            if policy.scope == scope and snapshot.policies.get(policy.ref) is policy:
                yield policy
