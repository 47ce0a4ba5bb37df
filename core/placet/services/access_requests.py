"""What an enforcement point asks for on somebody's behalf, and the evaluation after it.

An access request is one approval or several, opened in one commit; it is no noun of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from placet.access.answers import Decision, Question
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.approvals.compose import compose
from placet.approvals.digest import bound_values, digest_of
from placet.approvals.grants import grant_status
from placet.approvals.lifecycle import covers
from placet.errors import AccessDenied, Invalid, InvalidState
from placet.model import SYSTEM, Approval, ApprovalPolicy, Grant, PassYield
from placet.refs import parse_principal, spoken, text_fault
from placet.services.approval_sight import as_of
from placet.services.approval_writing import wanted_of
from placet.services.approvals import Approvals, requested
from placet.services.asking import Ask, ask
from placet.services.base import Service
from placet.services.grants import grant_as_of
from placet.services.idempotency import Once
from placet.services.questions import Asker
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["MAX_WISHES", "AccessRequests", "Reevaluation", "Requested", "Wish"]

MAX_WISHES = 32
"""The most that one access request asks for."""


class Wish(msgspec.Struct, frozen=True):
    """One thing to ask for: the question that was denied, for `seconds` at most, with labels."""

    ask: Ask
    seconds: int | None = None
    labels: Mapping[str, str] = {}


class Requested(msgspec.Struct, frozen=True):
    """An approval that was asked for, its status as it is now, and the grant that it yielded."""

    approval: Approval
    grant: Grant | None = None


class Reevaluation(msgspec.Struct, frozen=True):
    """An answer that an approval was brought to: `decision` without it, and the `grant` of the
    approval where that is good for exactly this, now, and for who asks.
    """

    decision: Decision
    grant: Grant | None = None

    @property
    def allowed(self) -> bool:
        """Whether the answer is yes: by rights, or by the pass that the approval yielded."""
        passed = self.grant is not None and self.grant.kind == "pass"
        return self.decision.allowed or (self.decision.requestable and passed)


class AccessRequests(Service):
    """Access requests: a program asks for a person, and asks again once that was approved."""

    def offers(self, asked: Ask, decision: Decision) -> bool:
        """Whether an access request could be made of a question that was answered so.

        Not for what an approval does not bind (properties of the action, trusted ones of the
        subject), for a group, nor where what it yields would never end.
        """
        snapshot = self._tenant.index.current()
        known = (snapshot.policies.get(ref) for ref in decision.policies)
        policies = [policy for policy in known if policy is not None]
        if not decision.requestable or not policies:
            return False
        return _fault(ask(self._view, snapshot, asked), compose(policies)) is None

    def request(
        self,
        wishes: Sequence[Wish],
        *,
        justification: str = "",
        origin: str = "embedded",
        offered_until: datetime | None = None,
        idempotency_key: str | None = None,
        actor: ActorLike = None,
    ) -> tuple[Requested, ...]:
        """Ask for everything in `wishes`, all or nothing, for the one principal they are about.

        Whoever is not that principal needs the right to request for others where each resource
        lives. At `offered_until`, an aware moment, it is too late to ask, but not to hear again
        what an `idempotency_key` stands for. From 1 to 32 wishes. Raises as `Approvals.request`;
        InvalidState with the outcome "expired" where it is too late.
        """
        if not 1 <= len(wishes) <= MAX_WISHES:
            raise Invalid(f"{len(wishes)} items are asked for; it goes from 1 to {MAX_WISHES}")
        once = Once(
            idempotency_key,
            "access",
            lambda: {
                "wishes": [msgspec.to_builtins((wish.ask, wish.seconds)) for wish in wishes],
                "justification": justification,
            },
        )

        def use_case(work: Work) -> tuple[Requested, ...]:
            questions = [ask(self._view, work.snapshot, wish.ask) for wish in wishes]
            _speak_for(work, questions)
            approvals = once.all_before(work)
            if approvals is None:
                if offered_until is not None and work.now >= offered_until:
                    raise InvalidState(
                        f"this could be asked for until {offered_until.isoformat()}; evaluate "
                        "again, and ask with what that answers",
                        {"outcome": "expired"},
                    )
                approvals = tuple(self._opened(work, wishes, questions, justification, origin))
                once.all_done(work, approvals)
            return tuple(_with_grant(work, approval) for approval in approvals)

        return self._tenant.run(actor, use_case)

    def get(self, ids: Sequence[str], *, actor: ActorLike = None) -> tuple[Requested, ...]:
        """The approvals of an access request as they are now; nothing is decided by looking.

        Raises NotFound where the caller may not know of one of them.
        """
        approvals = Approvals(self._view)
        found = [approvals.get(id, actor=actor) for id in ids]
        standings = approvals.standings(found, actor=actor)
        return tuple(map(Requested, found, (standing.grant for standing in standings)))

    def cancel(
        self, ids: Sequence[str], *, reason: str = "", actor: ActorLike = None
    ) -> tuple[Requested, ...]:
        """End what is pending of an access request. Raises as `Approvals.cancel_all`."""
        Approvals(self._view).cancel_all(ids, reason=reason, actor=actor)
        return self.get(ids, actor=actor)

    def reevaluate(self, asked: Ask, approval: str, *, actor: ActorLike = None) -> Reevaluation:
        """The answer to a question, now that `approval` may be there for it.

        The question is decided anew by what holds now. A pass lets through what else needs
        approval, and only that, while it is active, for the very question that was approved, and
        for who asked or is allowed by it; it is not consumed. Raises as `Questions.decide`.
        """

        def use_case(work: Work) -> Reevaluation:
            question = ask(self._view, work.snapshot, asked)
            asker = Asker(self._tenant, work.actor, work.snapshot)
            asker.authorize(question.principal, question.scope)
            decision = decide(Inquiry(work.snapshot, question, work.now, closed=work.closed))
            found = None if text_fault(approval) else work.get(Approval, approval)
            if found is None or not _answers(found, question, work):
                return Reevaluation(decision)
            grant = None if found.grant is None else work.get(Grant, found.grant)
            good = (
                grant is not None
                and grant.ends_at is not None
                and grant_status(grant, work.now) == "active"
                and covers(found, decision.policies)
            )
            return Reevaluation(decision, grant if good else None)

        return self._tenant.run(actor, use_case)

    def _opened(
        self,
        work: Work,
        wishes: Sequence[Wish],
        questions: Sequence[Question],
        justification: str,
        origin: str,
    ) -> Iterator[Approval]:
        seen: set[str] = set()
        for at, (wish, question) in enumerate(zip(wishes, questions, strict=True)):
            _, wanted = wanted_of(
                self,
                work,
                wish.ask.permission,
                wish.ask.on,
                wish.ask.context,
                scope=question.scope,
                properties=wish.ask.properties,
                seconds=wish.seconds,
            )
            if wanted.digest in seen:
                raise Invalid(f"items[{at}] is there twice; ask for it once")
            seen.add(wanted.digest)
            wanted = msgspec.structs.replace(
                wanted, justification=justification, labels=dict(wish.labels), origin=origin
            )
            approval = requested(self._tenant, work, question, wanted, more=False)
            fault = _fault(question, approval.policy)
            if fault is not None:
                raise AccessDenied(
                    fault,
                    permission=wanted.permission,
                    resource=wanted.resource,
                    scope=wanted.scope,
                )
            yield approval


def _speak_for(work: Work, questions: Sequence[Question]) -> None:
    """Go on for the one whom all questions are about. Raises AccessDenied for who may not."""
    people = {question.principal for question in questions}
    if len(people) > 1:
        raise Invalid(f"one access request is for one subject, and not for {len(people)}")
    (person,) = people
    if person == work.actor.subject:
        return
    for question in questions:
        work.authorize("approvals.request_for", question.scope)
    work.act_for(person, questions[0].scope)


def _fault(question: Question, policy: ApprovalPolicy) -> str | None:
    """Why an approval under `policy` could not answer a question like this; None where it can."""
    who = question.principal
    kind = parse_principal(who).kind
    if kind not in ("user", "service_account"):
        return f"{spoken(who)} is not one somebody: who is among them could say yes to themselves"
    if kind != "user" and not policy.allow_unattributed:
        return (
            f"{spoken(who)} is a program, and policy {spoken(policy.ref)} does not "
            "allow_unattributed"
        )
    if question.action_properties or question.subject_properties:
        return "an approval binds no properties of the action, and none of the subject"
    if isinstance(policy.yields, PassYield) and policy.use_within is None:
        return (
            f"policy {spoken(policy.ref)} yields a pass without an end, which an evaluation cannot "
            "use up; give it a use_within"
        )
    return None


def _answers(approval: Approval, question: Question, work: Work) -> bool:
    """Whether an approval is a yes to exactly this question, and the caller's to bring along."""
    caller = work.actor
    own = caller is SYSTEM or caller.principal in (approval.requester, approval.subject)
    if not own or approval.status != "approved" or approval.gate is not None:
        return False
    if question.action_properties or question.subject_properties:
        return False
    asked = digest_of(
        account=work.account,
        scope=question.scope,
        subject=question.principal,
        permission=question.permission.id,
        resource=str(question.resource),
        arguments=bound_values(question.context, "arguments"),
        properties=bound_values(question.properties, "properties"),
        starts_at=approval.starts_at,
        seconds=approval.seconds,
    )
    return asked == approval.digest


def _with_grant(work: Work, approval: Approval) -> Requested:
    if approval.grant is None:
        return Requested(as_of(approval, work))
    made = work.made(Grant, approval.grant) or work.get(Grant, approval.grant)
    return Requested(as_of(approval, work), None if made is None else grant_as_of(made, work))
