"""When somebody else has to say yes, who, and what that yields."""

from typing import Literal

import msgspec

from placet.model._base import MAX_NAME, Checker, Noun, Record, Time
from placet.model.inputs import Input, check_inputs, input_problems
from placet.model.requirement import Requirement, check_requirement, parse_source, walk
from placet.model.rule import Rule, check_rules
from placet.refs import parse_owned, parse_scope

__all__ = [
    "AccessYield",
    "ApprovalPolicy",
    "Exclusion",
    "PassYield",
    "PolicyVersion",
    "Quorum",
    "RejectWhen",
    "Yield",
]

MAX_SECONDS = 10 * 366 * 24 * 3600
MAX_POLICY = 32 * 1024
"""Bytes: every approval keeps a copy of its policy."""

Exclusion = Literal["contributors", "earlier_reviewers"]


class PassYield(msgspec.Struct, frozen=True, tag_field="kind", tag="pass", omit_defaults=True):
    """An approval yields a single use, bound to the digest of what was approved."""


class AccessYield(msgspec.Struct, frozen=True, tag_field="kind", tag="access", omit_defaults=True):
    """An approval yields `role` (an exact reference) for `seconds`, on what was asked for."""

    role: str
    seconds: int


Yield = PassYield | AccessYield


class Quorum(msgspec.Struct, frozen=True):
    """So many rejections reject."""

    quorum: int


RejectWhen = Literal["any", "unreachable"] | Quorum


class ApprovalPolicy(Record, frozen=True, kw_only=True, omit_defaults=True):
    """For which permissions, and when, an approval is needed, and what it takes.

    `needed` "always" is four eyes: only holders of the permission may ask, and they must.
    "when_denied" is elevation: the `requesters` (sources, as in a requirement) may ask for what
    they do not hold. `decide_within` and `use_within` are seconds; None sets no limit. A pass is
    good for `use_within` seconds after approval. Lower scopes only tighten: every policy that
    applies has to be met.

    One person fills one seat, unless `shared_seats` lets them fill one of every leaf. `inputs` are
    what a reviewer fills in, `rules` review by themselves. A revision keeps the reviews of the
    revision before where `carry_if` holds: a condition in whose `context` stand `before` and
    `after`, the arguments, and `changed`, the names of those that differ. Every `remind_after`
    seconds those who are waited for are reminded. Whoever `override_by` names may, with the right
    to, decide in the reviewers' stead, for `override_for` seconds at most. A policy that nobody
    could meet is refused unless it says `allow_unsatisfiable`.
    """

    id: str
    scope: str = ""
    version: int = 1
    name: str = ""
    description: str = ""
    applies_to: tuple[str, ...]
    when: str | None = None
    needed: Literal["always", "when_denied"] = "always"
    requesters: tuple[str, ...] = ()
    requirement: Requirement
    yields: Yield = PassYield()
    decide_within: int | None = None
    use_within: int | None = None
    also_exclude: tuple[Exclusion, ...] = ()
    allow_self_review: bool = False
    allow_unattributed: bool = False
    reject_when: RejectWhen = "any"
    override_by: tuple[str, ...] = ()
    override_for: int = 3600
    shared_seats: bool = False
    inputs: tuple[Input, ...] = ()
    rules: tuple[Rule, ...] = ()
    carry_if: str | None = None
    remind_after: int | None = None
    allow_unsatisfiable: bool = False
    managed: bool = False

    @property
    def ref(self) -> str:
        """The reference by which others name this policy."""
        return f"{self.id}@/{self.scope}"

    def check(self, check: Checker) -> None:
        """Report everything that would make the policy say what nobody meant."""
        check.owned_id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.text("name", self.name, MAX_NAME)
        check.text("description", self.description)
        if not self.applies_to:
            check.fail("applies_to", "is empty; name the permissions that need approval")
        for at, permission in enumerate(self.applies_to):
            check.id(f"applies_to[{at}]", permission)
        for field in ("requesters", "override_by"):
            for at, source in enumerate(getattr(self, field)):
                check.parses(f"{field}[{at}]", parse_source, source)
        check_requirement(check, self.requirement, "requirement")
        size = len(msgspec.json.encode(self))
        if size > MAX_POLICY:
            check.fail("requirement", f"makes a policy of {size} bytes; {MAX_POLICY} is the most")
        check_inputs(check, self.inputs, "inputs")
        check_rules(check, self.rules, "rules")
        named = {node.name for node in walk(self.requirement) if node.name}
        for at, rule in enumerate(self.rules):
            for stage in rule.stages:
                if stage not in named:
                    check.fail(f"rules[{at}].stages", f"has {stage!r}, which no stage is called")
            approving = rule.verdict == "approve"
            for problem in input_problems(self.inputs, rule.inputs, approving=approving):
                check.fail(f"rules[{at}].{problem.path}", problem.message)
        for field in ("decide_within", "use_within", "override_for", "remind_after"):
            seconds = getattr(self, field)
            if seconds is not None:
                _check_seconds(check, field, seconds)
        if isinstance(self.yields, AccessYield):
            check.parses("yields.role", parse_owned, self.yields.role, "role")
            _check_seconds(check, "yields.for", self.yields.seconds)
        if isinstance(self.reject_when, Quorum) and self.reject_when.quorum < 1:
            check.fail("reject_when.quorum", "is below 1")


class PolicyVersion(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One version of an approval policy, `policy` being what it said: what is published stays.

    `published_by` is who published it, perhaps for somebody (`on_behalf_of`), and `approval` the
    one whose pass that took; None where none was needed. A default that comes from code was
    published by nobody, at no moment. Where a release kept no versions, `published_by` is empty,
    but for the first one: who changed a policy after that is in the log alone.
    """

    policy: ApprovalPolicy
    published_at: Time | None = None
    published_by: str = ""
    on_behalf_of: str | None = None
    approval: str | None = None

    @property
    def number(self) -> int:
        """Which version it is; the first is 1."""
        return self.policy.version


def _check_seconds(check: Checker, path: str, seconds: int) -> None:
    if not 1 <= seconds <= MAX_SECONDS:
        check.fail(path, f"is {seconds} seconds; it goes from 1 to {MAX_SECONDS}, ten years")
