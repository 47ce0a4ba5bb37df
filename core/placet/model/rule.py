"""A rule that reviews: it says yes or no by itself, and is seen to have said it."""

from typing import Literal

import msgspec

from placet.model._base import MAX_TEXT, Checker, JsonObject
from placet.model.requirement import parse_source
from placet.model.schedule import Window, check_schedule

__all__ = ["Rule", "check_rules"]

MAX_RULES = 16


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Reviews as `service:rule.NAME` where all that it asks for holds: `when`, a condition;
    `during`, one of some windows; `subjects`, sources of whom the request is for ("group:oncall").

    An approval of a rule fills one seat of every leaf that it counts for: those under the nodes
    that `stages` names, or all. A rejection of a rule is final, also beside approvals. `leaves` are
    the same by number, written down when an approval freezes its policy.
    """

    name: str
    verdict: Literal["approve", "reject"]
    when: str | None = None
    during: tuple[Window, ...] = ()
    subjects: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    comment: str = ""
    inputs: JsonObject = {}
    leaves: tuple[int, ...] = ()

    @property
    def reviewer(self) -> str:
        """The service principal as which it reviews."""
        return f"service:rule.{self.name}"


def check_rules(check: Checker, rules: tuple[Rule, ...], path: str) -> None:
    """Report rules that would say something about every request, or bear one name."""
    if len(rules) > MAX_RULES:
        check.fail(path, f"has {len(rules)} entries; {MAX_RULES} is the most")
    seen: set[str] = set()
    for at, rule in enumerate(rules):
        here = f"{path}[{at}]"
        check.id(f"{here}.name", rule.name)
        if rule.name in seen:
            check.fail(f"{here}.name", f"is {rule.name!r} once more")
        seen.add(rule.name)
        check.text(f"{here}.comment", rule.comment, MAX_TEXT)
        if rule.when is None and not rule.during and not rule.subjects:
            check.fail(here, "holds always; say when, during or subjects")
        if rule.when is not None and not rule.when.strip():
            check.fail(f"{here}.when", "is empty")
        check_schedule(check, rule.during, f"{here}.during")
        for number, source in enumerate(rule.subjects):
            check.parses(f"{here}.subjects[{number}]", parse_source, source)
