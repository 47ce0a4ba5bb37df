"""A request for a decision, and what was said to it."""

from datetime import datetime
from typing import Literal

import msgspec

from placet.model._base import MAX_NAME, MAX_TEXT, Checker, JsonObject, Noun, Time
from placet.model.policy import ApprovalPolicy
from placet.refs import parse_principal, parse_scope

__all__ = [
    "TERMINAL",
    "Approval",
    "ApprovalStatus",
    "Resolution",
    "Review",
    "Verdict",
]

ApprovalStatus = Literal[
    "pending", "approved", "rejected", "expired", "cancelled", "superseded", "failed"
]
TERMINAL = frozenset({"approved", "rejected", "expired", "cancelled", "superseded", "failed"})
Verdict = Literal["approve", "reject", "abstain"]

MAX_LABELS = 16
MAX_SHOWN = 64 * 1024
MAX_REVIEWS = 50
MAX_COMMENT = 2048


class Review(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one principal said about one digest. The log keeps every one; the approval keeps the
    latest of each person, a withdrawn one with `withdrawn_at`.

    `on_behalf_of` is whom the reviewer acted for, `seat_of` the delegator whose seat it fills, and
    `rule` the name of the rule that said it. `claimed_by` keeps what a body said about who decided,
    where that differs from who was authenticated: never believed. `carried_from` is the digest that
    was reviewed, where a revision has kept the review.
    """

    reviewer: str
    verdict: Verdict
    digest: str
    at: Time
    comment: str = ""
    inputs: JsonObject = {}
    on_behalf_of: str | None = None
    seat_of: str | None = None
    chain: tuple[str, ...] = ()
    rule: str = ""
    claimed_by: str = ""
    carried_from: str = ""
    withdrawn_at: Time | None = None

    @property
    def seat(self) -> str:
        """Whose seat it fills: a delegator's, or the reviewer's own."""
        return self.seat_of or self.reviewer


class Resolution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an approval ended: by whom, when, and in which way."""

    kind: Literal["reviews", "rule", "override", "withdrawn", "cancelled", "deadline", "system"]
    at: Time
    by: str = ""
    reason: str = ""


class Approval(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A request that somebody be allowed something, with everything it rests on.

    `policy` is a frozen snapshot: a later edit never loosens a waiting request (failure mode
    T38). `digest` binds every review to exactly what was shown; it covers the account, the
    subject, the permission, the resource, the scope and the arguments. `status` is as stored: past
    `decide_by` a pending approval has expired, whether or not anybody wrote it down.

    `starts_at` and `seconds` are when what it yields should begin, and how long that should last at
    most, where the requester said so. `overrides` is the approval whose override this one looks at
    afterwards; it yields nothing.
    """

    id: str
    scope: str = ""
    requester: str
    on_behalf_of: str | None = None
    chain: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()
    permission: str
    resource: str
    properties: JsonObject = {}
    arguments: JsonObject = {}
    justification: str = ""
    labels: dict[str, str] = {}
    origin: str = "embedded"
    revision: int = 1
    digest: str
    policy: ApprovalPolicy
    policies: tuple[str, ...] = ()
    created_at: Time
    updated_at: Time
    revised_at: Time | None = None
    told_at: Time | None = None
    starts_at: Time | None = None
    seconds: int | None = None
    decide_by: Time | None = None
    status: ApprovalStatus = "pending"
    reviews: tuple[Review, ...] = ()
    resolution: Resolution | None = None
    grant: str | None = None
    gate: str | None = None
    overrides: str | None = None

    @property
    def asked_at(self) -> datetime:
        """Since when what is asked for is as it is now."""
        return self.revised_at or self.created_at

    @property
    def subject(self) -> str:
        """Who would be allowed: `on_behalf_of`, or else the requester."""
        return self.on_behalf_of or self.requester

    def check(self, check: Checker) -> None:
        """Report what a request must not carry."""
        check.parses("scope", parse_scope, self.scope)
        check.parses("requester", parse_principal, self.requester)
        for at, contributor in enumerate(self.contributors):
            check.parses(f"contributors[{at}]", parse_principal, contributor)
        check.text("justification", self.justification, MAX_TEXT)
        # What a request carries and what is said to it fit into one document, whatever is said:
        # a request that is full could neither be decided nor end.
        shown = len(msgspec.json.encode((self.arguments, self.properties, self.contributors)))
        if shown > MAX_SHOWN:
            check.fail(
                "arguments",
                f"with properties and contributors are {shown} bytes; {MAX_SHOWN} is the most",
            )
        if len(self.reviews) > MAX_REVIEWS:
            check.fail("reviews", f"are {len(self.reviews)}; {MAX_REVIEWS} is the most")
        if self.resolution is not None:
            check.text("resolution.reason", self.resolution.reason, MAX_COMMENT)
        check.text("origin", self.origin, MAX_NAME)
        if self.seconds is not None and self.seconds < 1:
            check.fail("seconds", f"is {self.seconds}; the least is 1")
        if len(self.labels) > MAX_LABELS:
            check.fail("labels", f"has {len(self.labels)} entries; {MAX_LABELS} is the most")
        for key, value in self.labels.items():
            check.id("labels", key)
            check.text(f"labels.{key}", value, MAX_NAME)
        for at, review in enumerate(self.reviews):
            check.text(f"reviews[{at}].comment", review.comment, MAX_COMMENT)
            if review.inputs:
                said = len(review.comment.encode(errors="replace"))
                if said + len(msgspec.json.encode(review.inputs)) > MAX_COMMENT:
                    check.fail(
                        f"reviews[{at}].inputs",
                        f"and the comment are longer than {MAX_COMMENT} bytes",
                    )
            check.text(f"reviews[{at}].claimed_by", review.claimed_by, MAX_NAME)
