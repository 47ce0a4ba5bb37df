"""Gates: named protections of an action, for pipelines and for people."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from placet.access.sources import Directory
from placet.approvals.compose import compose
from placet.approvals.digest import digest_of
from placet.approvals.lifecycle import Said, Wanted, review, supersede
from placet.approvals.transition import status_of
from placet.catalogue import OPERATIONS
from placet.clock import milliseconds
from placet.errors import AccessDenied, Invalid, InvalidState, NotFound
from placet.model import (
    Approval,
    Gate,
    GateStatus,
    Grant,
)
from placet.refs import parse_owned, text_fault
from placet.services.approval_changes import write_override
from placet.services.approval_pages import all_of, labelled, queries
from placet.services.approval_writing import open_under, refuse_veto, write_transition
from placet.services.gate_policies import refuse_access, refuse_other
from placet.services.gate_standing import claim_of, standing
from placet.services.grant_writing import take_pass
from placet.services.idempotency import Once
from placet.services.records import Records
from placet.services.references import known_policy
from placet.services.tenant import ActorLike
from placet.services.waiting import Watched
from placet.services.work import Work
from placet.storage.codec import canonical
from placet.storage.kinds import MAX_PAGE
from placet.storage.nouns import key_for

__all__ = ["GateState", "Gates"]


class GateState(msgspec.Struct, frozen=True):
    """What a gate says about one digest, and the approval that it follows from."""

    gate: str
    digest: str
    status: GateStatus
    approval: str | None = None


class Gates(Records[Gate]):
    """Gates. A request names the digest of what is to pass; the gate opens for that and nothing
    else, once.
    """

    noun = Gate
    operations = "gates"

    def request(
        self,
        id: str,
        digest: str | None = None,
        *,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        justification: str = "",
        contributors: Sequence[str] = (),
        origin: str = "embedded",
        on_behalf_of: str | None = None,
        idempotency_key: str | None = None,
        actor: ActorLike = None,
    ) -> Approval:
        """Ask that the gate open for `digest` (that of an artifact, say); by default for `labels`.

        The same request again, while it waits or the gate is open, is the same approval. Under an
        `idempotency_key` it is the same in any case; raises AlreadyExists for a key that was used
        for something else.
        """
        once = Once(
            idempotency_key,
            "gate",
            lambda: {
                "gate": id,
                "digest": digest,
                "scope": scope,
                "labels": dict(labels or {}),
                "contributors": list(contributors),
                "on_behalf_of": on_behalf_of,
            },
        )

        def use_case(work: Work) -> Approval:
            gate = self._found(work, id, scope)
            work.authorize("gates.request", gate.scope, gate.id)
            if on_behalf_of is not None:
                work.act_for(on_behalf_of, gate.scope)
            if (before := once.before(work)) is not None:
                return before
            return once.done(work, asked(work, gate))

        def asked(work: Work, gate: Gate) -> Approval:
            bound = self._digest(digest, labels)
            at = standing(work, gate, bound, labels)
            if at.approval is not None and at.waits_or_opens:
                return at.approval
            if at.status == "not_required":
                raise InvalidState(
                    f"gate {id!r} asks for nothing here; pass it", {"status": at.status}
                )
            policy = work.snapshot.policies.get(gate.policy)
            if policy is None:
                raise InvalidState(f"gate {id!r} names policy {gate.policy!r}, which is gone")
            if gate.latest_only:
                self._supersede(work, gate)
            wanted = self._wanted(work, gate, bound, work.actor.subject)
            wanted = msgspec.structs.replace(
                wanted,
                justification=justification,
                contributors=tuple(contributors),
                labels={**(labels or {}), **gate.labels},
                origin=origin,
            )
            claim = claim_of(gate, bound)
            frozen = compose((policy,))
            return open_under(self._tenant, work, wanted, frozen, (policy.ref,), claim)

        return self._tenant.run(actor, use_case)

    def status(
        self,
        id: str,
        digest: str | None = None,
        *,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        actor: ActorLike = None,
    ) -> GateState:
        """What the gate says about `digest` now."""

        def use_case(work: Work) -> GateState:
            gate = self._found(work, id, scope)
            if not work.may("gates.take", gate.scope, gate.id):
                work.authorize("gates.view", gate.scope, gate.id)
            bound = self._digest(digest, labels)
            at = standing(work, gate, bound, labels)
            approval = None if at.approval is None else at.approval.id
            return GateState(gate.ref, bound, at.status, approval)

        return self._tenant.run(actor, use_case)

    def wait(
        self,
        id: str,
        digest: str | None = None,
        *,
        timeout: float,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        actor: ActorLike = None,
    ) -> GateState:
        """What the gate says about `digest` once it says more than that it is closed, waits or is
        blocked; after `timeout` seconds, what it says then. Raises what `status` does.
        """
        return self.awaiting(id, digest, scope=scope, labels=labels, actor=actor).wait(timeout)

    def awaiting(
        self,
        id: str,
        digest: str | None = None,
        *,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        actor: ActorLike = None,
    ) -> Watched[GateState]:
        """The same for whoever waits in another way than by blocking a thread."""

        def look() -> GateState:
            return self.status(id, digest, scope=scope, labels=labels, actor=actor)

        # What wakes is the approval that there is by now; one that comes is seen by looking.
        return Watched(
            self._tenant,
            lambda: key_for(Approval, look().approval or ""),
            look,
            lambda found: found.status not in ("closed", "waiting", "blocked"),
            lambda found: None,
        )

    def take(
        self,
        id: str,
        digest: str | None = None,
        *,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        actor: ActorLike = None,
    ) -> Grant | None:
        """Pass the gate with `digest`: of two who do, one gets through. None where it asks for no
        approval, so that no pass is used up.

        All that it says is looked at again, and the pass is used up in the same commit. A change
        between taking and the caller's own act is outside of placet. Raises InvalidState, with the
        gate's status, where it is not open for exactly this digest.
        """

        def use_case(work: Work) -> Grant | None:
            gate = self._found(work, id, scope)
            work.authorize("gates.take", gate.scope, gate.id)
            bound = self._digest(digest, labels)
            at = standing(work, gate, bound, labels)
            if at.status == "not_required":
                return None
            if at.status != "open" or at.grant is None:
                raise InvalidState(
                    f"gate {id!r} is {at.status} for {bound}, not open", {"status": at.status}
                )
            return take_pass(work, at.grant, at.grant.principal, at.grant.digest)

        return self._tenant.run(actor, use_case)

    def review(
        self,
        name: str,
        verdict: Literal["approve", "reject"],
        *,
        labels: Mapping[str, str],
        comment: str = "",
        actor: ActorLike = None,
    ) -> Approval:
        """Decide about the latest request with these `labels` that waits at a gate called `name`:
        the gate's name, or its id where it has none.

        Those may whom the gate's policy names; who holds the right to override gates may in their
        stead. Raises InvalidState where nothing of the kind waits, AccessDenied for anybody else.
        """
        said = Said(verdict, comment)

        def use_case(work: Work) -> Approval:
            found = self._waiting(work, name, labels)
            if found is None:
                raise InvalidState(
                    f"nothing with these labels waits at a gate {name!r}", {"status": "closed"}
                )
            approval, gate = found
            directory = Directory(work.snapshot, approval, work.now, closed=work.closed)
            try:
                done = review(approval, work.actor, said, directory)
            except AccessDenied:
                if not work.may("gates.override", gate.scope, gate.id):
                    raise
                return write_override(self._tenant, work, approval, said, directory)
            if done.happened:
                refuse_veto(self._tenant, work, approval, said.verdict)
            write_transition(work, approval, done)
            return done.approval

        return self._tenant.run(actor, use_case)

    def _waiting(
        self, work: Work, name: str, labels: Mapping[str, str]
    ) -> tuple[Approval, Gate] | None:
        store, account = self._tenant.store, self._tenant.account
        where, carrying = labelled(store, account, {}, labels)
        asked = tuple(queries(where, {"pending"}, milliseconds(work.now)))
        for doc in all_of(store, account, asked, descending=True, carrying=carrying):
            at = doc.index.get("gate")
            if not isinstance(at, str):
                continue
            ref = parse_owned(at, "gate")
            gate = work.get(Gate, ref.owner or "", ref.id)
            if gate is None or (gate.name or gate.id) != name:
                continue
            approval = work.get(Approval, doc.key.id)
            if approval is not None and status_of(approval, work.now) == "pending":
                return approval, gate
        return None

    def _exact(self, work: Work, noun: Gate) -> Gate:
        policy = known_policy(work.world, noun.policy, noun.scope)
        refuse_access(work.world, noun.id, policy)
        refuse_other(work.world, noun.id, policy)
        return msgspec.structs.replace(noun, policy=policy)

    def _found(self, work: Work, id: str, scope: str | None) -> Gate:
        parts = self._key(id, scope)
        gate = None if text_fault(parts[1]) else work.get(Gate, *parts)
        if gate is None:
            self._authorize_view(work, None, parts)
            raise NotFound(f"there is no gate {id!r}{self._where(parts)}")
        return gate

    def _supersede(self, work: Work, gate: Gate) -> None:
        """Let a new request of the caller take the place of those that wait at the gate."""
        where = {"gate": (gate.ref,), "subject": (work.actor.subject,)}
        (query,) = queries(where, {"pending"}, milliseconds(work.now))
        page = self._tenant.store.find(
            self._tenant.account, msgspec.structs.replace(query, limit=MAX_PAGE)
        )
        for approval in work.get_all(Approval, ((doc.key.id,) for doc in page.docs)):
            if approval is not None and status_of(approval, work.now) == "pending":
                work.put(supersede(approval, work.actor, work.now))
                work.record("approval.superseded", approval=approval.id)

    def _digest(self, digest: str | None, labels: Mapping[str, str] | None) -> str:
        if digest is None:
            if not labels:
                raise Invalid("say what is to pass the gate: a digest, or labels")
            return "sha256:" + hashlib.sha256(canonical(dict(labels))).hexdigest()
        if fault := text_fault(digest):
            raise Invalid(f"digest {digest!r} {fault}")
        return digest

    def _wanted(self, work: Work, gate: Gate, digest: str, subject: str) -> Wanted:
        operation = OPERATIONS["gates.take"]
        bound: dict[str, Any] = {
            "scope": gate.scope,
            "permission": operation.permission,
            "resource": f"{operation.resource_type}:{gate.id}",
            "arguments": {"digest": digest},
            "properties": {},
        }
        return Wanted(
            digest=digest_of(account=work.account, subject=subject, **bound),
            gate=gate.ref,
            **bound,
        )
