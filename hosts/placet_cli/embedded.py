"""A store, opened in this process by an engine of its own, with what a service would load."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, cast, get_args

import msgspec

from placet import Placet
from placet.access.answers import Decision, Explanation
from placet.bundle import test, validate
from placet.errors import Invalid
from placet.model import SYSTEM, Actor, Approval, ApprovalPolicy, ApprovalStatus, plain
from placet.services.approval_simulation import Supposed
from placet.services.asking import Ask
from placet.services.base import Listing
from placet.services.checkpoints import Checkpoint
from placet.services.past import AsOf
from placet_cli.backend import (
    Asking,
    BundleText,
    Exported,
    Filter,
    Json,
    NewKey,
    Of,
    Passing,
    Question,
    Supposing,
    Time,
    Verdict,
)
from placet_falcon.settings import ServiceSettings, open_placet

__all__ = ["Embedded"]


class Embedded:
    """The backend that is a store; `actor` is who calls."""

    def __init__(self, placet: Placet, actor: Actor) -> None:
        self._placet = placet
        self._actor = actor

    @classmethod
    def open(
        cls,
        url: str,
        account: str,
        actor: Actor,
        *,
        directory: Literal["open", "closed"],
        secret_keys: Iterable[str] = (),
    ) -> "Embedded":
        """An engine on the store at `url`, as a service would open it."""
        settings = ServiceSettings(
            store=url, account=account, directory=directory, secret_keys=tuple(secret_keys)
        )
        return cls(open_placet(settings), actor)

    def decide(self, question: Question) -> Json:
        """The decision: outcome, reasons, policies, revision."""
        if question.at is not None:
            past = self._placet.audit.as_of(question.at, actor=self._actor)
            decision = self._denied(question, past) or past.decide(
                **msgspec.structs.asdict(_words(question))
            )
            return {**_json(decision), **_as_of(past)}
        unknown = self._unregistered(question)
        if unknown is not None:
            return _json(unknown)
        questions = self._placet.questions
        return _json(questions.decide(_words(question), consistency="latest", actor=self._actor))

    def explain(self, question: Question) -> Json:
        """The explanation: the decision, with near misses."""
        if question.at is not None:
            past = self._placet.audit.as_of(question.at, actor=self._actor)
            denied = self._denied(question, past)
            if denied is not None:
                return {**_json(_explained(question, denied)), **_as_of(past)}
            return {
                **_json(past.explain(**msgspec.structs.asdict(_words(question)))),
                **_as_of(past),
            }
        unknown = self._unregistered(question)
        if unknown is not None:
            return _json(_explained(question, unknown))
        questions = self._placet.questions
        return _json(questions.explain(_words(question), consistency="latest", actor=self._actor))

    def request(self, asking: Asking) -> Json:
        """The approval that was opened, or found."""
        return _json(
            self._placet.approvals.request(
                asking.permission,
                asking.on,
                asking.args,
                scope=asking.scope,
                properties=asking.properties,
                justification=asking.justification,
                origin="cli",
                actor=self._actor,
            )
        )

    def review(self, id: str, verdict: Verdict, comment: str) -> Json:
        """The approval after the review."""
        return _json(self._placet.approvals.review(id, verdict, comment=comment, actor=self._actor))

    def approvals(self, filter: Filter) -> Json:
        """A page of approvals: items, next."""
        if filter.status is not None and filter.status not in get_args(ApprovalStatus):
            raise Invalid(f"{filter.status!r} is no status of an approval")
        page = self._placet.approvals.list(
            status=cast("ApprovalStatus | None", filter.status),
            scope=filter.scope,
            requester=filter.requester,
            limit=filter.limit,
            after=filter.after,
            actor=self._actor,
        )
        return _page(page)

    def approval(self, id: str) -> Json:
        """One approval, its status as of now."""
        return _json(self._placet.approvals.get(id, actor=self._actor))

    def explanation(self, id: str) -> Json:
        """Why an approval stands as it does: approval, status, why, tree."""
        return _json(self._placet.approvals.explain(id, actor=self._actor))

    def inbox(self, of: Of) -> Json:
        """A page of what waits for somebody: items, next."""
        return _page(self._placet.approvals.inbox(**self._of(of)))

    def requests(self, of: Of) -> Json:
        """A page of what somebody asked for: items, next."""
        return _page(self._placet.approvals.requests(**self._of(of)))

    def reviewers(self, id: str) -> Json:
        """Who could say yes now: approval, status, leaves."""
        return _json(self._placet.approvals.eligible_reviewers(id, actor=self._actor))

    def simulate(self, id: str, supposing: Supposing) -> Json:
        """How an approval would stand: approval, status, why, tree, refused."""
        try:
            policy = msgspec.convert(supposing.policy, ApprovalPolicy | None)
            add = msgspec.convert(supposing.add, tuple[Supposed, ...])
        except msgspec.ValidationError as error:
            raise Invalid(f"what is supposed cannot be right: {error}") from error
        return _json(
            self._placet.approvals.simulate(
                id,
                add=add,
                remove=supposing.remove,
                at=None if supposing.at is None else datetime.fromisoformat(supposing.at),
                policy=policy,
                actor=self._actor,
            )
        )

    def metrics(self, time: Time) -> Json:
        """How approvals went: requested, outcomes and times."""
        return _json(
            self._placet.approvals.metrics(
                datetime.fromisoformat(time.since),
                None if time.until is None else datetime.fromisoformat(time.until),
                scope=time.scope,
                permission=time.permission,
                actor=self._actor,
            )
        )

    def gate_request(self, passing: Passing, justification: str) -> Json:
        """The approval that was opened for a gate, or found."""
        return _json(
            self._placet.gates.request(
                **msgspec.structs.asdict(passing),
                justification=justification,
                origin="cli",
                actor=self._actor,
            )
        )

    def gate_status(self, passing: Passing, wait_s: float) -> Json:
        """What a gate says: gate, digest, status, approval; after `wait_s` seconds at the most."""
        said = msgspec.structs.asdict(passing)
        return _json(self._placet.gates.wait(**said, timeout=wait_s, actor=self._actor))

    def gate_take(self, passing: Passing) -> Json:
        """The pass that was used up, or a status that says that none is needed."""
        taken = self._placet.gates.take(**msgspec.structs.asdict(passing), actor=self._actor)
        return {"status": "not_required"} if taken is None else _json(taken)

    def issue(self, key: NewKey) -> Json:
        """A new credential and its token, shown this once."""
        expires_at = None if key.expires_at is None else datetime.fromisoformat(key.expires_at)
        issued = self._placet.credentials.issue(
            key.principal, id=key.id, name=key.name, expires_at=expires_at, actor=self._actor
        )
        credential = _json(issued.credential)
        del credential["secret_hash"]
        return {"credential": credential, "token": issued.token}

    def verification(self, checkpoints: Sequence[Checkpoint] = ()) -> Json:
        """What a walk along the log found: events, head, ok, fault, checkpoint_faults."""
        found = self._placet.audit.verify(checkpoints=checkpoints, actor=self._actor)
        return {**_json(found), "ok": found.ok}

    def checkpoint(self, since: Checkpoint | None) -> Checkpoint:
        """What the log ends with now, signed."""
        return self._placet.audit.checkpoint(since=since, actor=self._actor)

    def export(self, wanted: Exported) -> Iterator[bytes]:
        """The events as lines of JSON with their seals, as they come."""
        return self._placet.audit.export(
            after=wanted.after, kind=wanted.kind, principal=wanted.principal, actor=self._actor
        )

    def validate(self, bundle: BundleText) -> Json:
        """What is wrong with the bundle: problems, none if it is valid."""
        found = validate(bundle.load(), self._placet.audit.view)
        return {"problems": [_json(problem) for problem in found]}

    def diff(self, bundle: BundleText, *, prune: bool) -> Json:
        """What applying the bundle would change, with gains and losses of access."""
        return self._placet.preview(bundle.load(), prune=prune, actor=self._actor).as_dict()

    def apply(self, bundle: BundleText, *, prune: bool) -> Json:
        """What applying the bundle changed."""
        return self._placet.apply(bundle.load(), prune=prune, actor=self._actor).as_dict()

    def test(self, bundle: BundleText) -> Json:
        """How the tests of the bundle came out, on an empty account in memory."""
        results = test(bundle.load(), self._placet.audit.view)
        return {"results": [{**_json(one), "passed": one.passed} for one in results]}

    def close(self) -> None:
        """Let go of the store."""
        self._placet.close()

    def _of(self, of: Of) -> dict[str, Any]:
        """The arguments of a page of somebody's approvals."""
        if of.principal is None and self._actor is SYSTEM:
            raise Invalid("on a store, say whose: WHO, or --as user:...")
        return {**msgspec.to_builtins(of), "limit": of.limit, "actor": self._actor}

    def _unregistered(self, question: Question) -> Decision | None:
        """The denial of a permission that nobody has registered: an answer, not an error."""
        questions = self._placet.questions
        reason = questions.unregistered(question.permission, consistency="latest")
        if reason is None:
            return None
        return Decision("denied", (reason,), questions.view.tenant.index.current().revision)

    def _denied(self, question: Question, past: AsOf) -> Decision | None:
        """The same of the past."""
        reason = past.unregistered(question.permission)
        return None if reason is None else Decision("denied", (reason,), past.revision)


def _explained(question: Question, denied: Decision) -> Explanation:
    """A denial as an explanation: there is nothing more to say."""
    return Explanation(
        denied.outcome,
        question.principal,
        question.permission,
        question.on or "",
        question.scope or "",
        denied.reasons,
        (),
        denied.revision,
    )


def _as_of(past: AsOf) -> Json:
    """What an answer says about its moment, where that is not the present."""
    return {"as_of": {"at": cast(str, plain(past.at)), "revision": past.revision}}


def _page(listing: Listing[Approval]) -> Json:
    return {"items": [_json(one) for one in listing.items], "next": listing.next}


def _words(question: Question) -> Ask:
    return Ask(
        question.principal, question.permission, question.on, question.scope, question.properties
    )


def _json(value: msgspec.Struct) -> Json:
    """The value as the native API answers it."""
    return cast(Json, plain(value))
