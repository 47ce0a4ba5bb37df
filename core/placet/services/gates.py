"""Gates: named protections of an action, for pipelines and for people."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from placet.approvals.digest import digest_of
from placet.approvals.gates import gate_status
from placet.approvals.lifecycle import Wanted
from placet.catalogue import OPERATIONS
from placet.errors import Invalid, InvalidState, NotFound
from placet.model import Approval, Claim, Gate, GateStatus, Grant
from placet.refs import encode, text_fault
from placet.services.approvals import open_under
from placet.services.grants import take_pass
from placet.services.records import Records
from placet.services.references import known_policy
from placet.services.tenant import ActorLike
from placet.services.work import Work
from placet.storage.codec import canonical

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
        actor: ActorLike = None,
    ) -> Approval:
        """Ask that the gate open for `digest` (that of an artifact, say); by default for `labels`.

        The same request again, while it waits or the gate is open, is the same approval.
        """

        def use_case(work: Work) -> Approval:
            gate = self._found(work, id, scope)
            work.authorize("gates.request", gate.scope, gate.id)
            bound = self._digest(digest, labels)
            found, grant = self._asked(work, gate, bound)
            if gate_status(found, grant, work.now) in ("waiting", "open"):
                assert found is not None, "only an approval makes a gate wait or open"
                return found
            policy = work.snapshot.policies.get(gate.policy)
            if policy is None:
                raise InvalidState(f"gate {id!r} names policy {gate.policy!r}, which is gone")
            wanted = self._wanted(work, gate, bound, work.actor.subject)
            wanted = msgspec.structs.replace(
                wanted,
                justification=justification,
                contributors=tuple(contributors),
                labels={**gate.labels, **(labels or {})},
                origin=origin,
            )
            return open_under(work, wanted, policy, (policy.ref,), self._claim(gate, bound))

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
            found, grant = self._asked(work, gate, bound)
            status = gate_status(found, grant, work.now)
            return GateState(gate.ref, bound, status, None if found is None else found.id)

        return self._tenant.run(actor, use_case)

    def take(
        self,
        id: str,
        digest: str | None = None,
        *,
        scope: str | None = None,
        labels: Mapping[str, str] | None = None,
        actor: ActorLike = None,
    ) -> Grant:
        """Pass the gate with `digest`: of two who do, one gets through.

        A change between taking and the caller's own act is outside of placet. Raises InvalidState,
        with the gate's status, where it is not open for exactly this digest.
        """

        def use_case(work: Work) -> Grant:
            gate = self._found(work, id, scope)
            work.authorize("gates.take", gate.scope, gate.id)
            bound = self._digest(digest, labels)
            found, grant = self._asked(work, gate, bound)
            status = gate_status(found, grant, work.now)
            if status != "open" or grant is None or work.snapshot.policies.get(gate.policy) is None:
                raise InvalidState(
                    f"gate {id!r} is {status} for {bound}, not open", {"status": status}
                )
            return take_pass(work, grant, grant.principal, grant.digest)

        return self._tenant.run(actor, use_case)

    def _exact(self, work: Work, noun: Gate) -> Gate:
        policy = known_policy(work.world, noun.policy, noun.scope)
        return msgspec.structs.replace(noun, policy=policy)

    def _found(self, work: Work, id: str, scope: str | None) -> Gate:
        parts = self._key(id, scope)
        gate = None if text_fault(parts[1]) else work.get(Gate, *parts)
        if gate is None:
            self._authorize_view(work, None, parts)
            raise NotFound(f"there is no gate {id!r}{self._where(parts)}")
        return gate

    def _asked(self, work: Work, gate: Gate, digest: str) -> tuple[Approval | None, Grant | None]:
        claim = work.get(Claim, "gate", self._claim(gate, digest).key)
        approval = None if claim is None else work.get(Approval, claim.holder)
        if approval is None or approval.grant is None:
            return approval, None
        return approval, work.get(Grant, approval.grant)

    def _claim(self, gate: Gate, digest: str) -> Claim:
        return Claim(purpose="gate", key=encode(gate.scope, gate.id, digest), holder="")

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
