"""Every mistake in a bundle: what can be seen in it alone, and what a store would make of it."""

from collections.abc import Iterable, Mapping

from placet.approvals.ways import ways
from placet.bundle.document import Bundle, TestEntry
from placet.bundle.nouns import ORDER, Item, nouns_of
from placet.bundle.report import Report
from placet.bundle.resolve import resolve
from placet.bundle.tokens import check_credentials
from placet.conditions import compile
from placet.errors import Invalid, Problem
from placet.model import (
    ApprovalPolicy,
    Assignment,
    Checker,
    ConditionHolds,
    Record,
    walk,
)
from placet.refs import parse_principal, parse_resource, parse_scope, text_fault
from placet.services.asking import Ask, ask
from placet.services.base import View
from placet.services.references import known_permission
from placet.storage.nouns import parts_of

__all__ = ["checked", "resource_of", "validate"]


def validate(bundle: Bundle, view: View | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with a bundle, each mistake with its path; empty if nothing is.

    Without a view, what the bundle says of itself; with one, also whether everything that it names
    is there, in the bundle or in the store, and whether it is for this account. Secrets are not
    looked for. Changes nothing and asks no rights: for whoever may read what the store holds.
    """
    report = Report()
    if view is not None:
        check_account(bundle, view, report)
    items = checked(bundle, report)
    if view is not None:
        snapshot = view.tenant.index.latest()
        world = resolve(snapshot, items, closed=view.tenant.closed, report=report).world
        for at, entry in enumerate(bundle.tests):
            path = f"tests[{at}]"
            if any(problem.path.startswith(f"{path}.") for problem in report.problems):
                continue
            if report.of(f"{path}.can", known_permission, world, entry.can):
                resource, _ = resource_of(entry.on)
                asked = Ask(entry.who, entry.can, resource, entry.scope)
                report.of(f"{path}.on", ask, View(view.tenant), world, asked)
    return tuple(report.problems)


def checked(bundle: Bundle, report: Report) -> dict[type[Record], list[Item]]:
    """The sound nouns of a bundle, credentials apart; what is wrong with the others is reported."""
    if fault := text_fault(bundle.bundle):
        report.fail("bundle", fault)
    items = nouns_of(bundle, report)
    sound = {noun: list(_sound(items[noun], report)) for noun in ORDER if noun in items}
    check_credentials(bundle, report)
    for at, entry in enumerate(bundle.tests):
        _check_test(entry, f"tests[{at}]", report)
    return sound


def check_account(bundle: Bundle, view: View, report: Report) -> None:
    """Report a bundle that is for another account."""
    account = view.tenant.account
    if bundle.account not in (None, account):
        report.fail("account", f"is {bundle.account!r}, and this is account {account!r}")


def resource_of(on: str | Mapping[str, object] | None) -> tuple[str | None, dict[str, object]]:
    """The resource that a test is about, as text, and its properties.

    >>> resource_of({"type": "release", "id": "7.2", "environment": "production"})
    ('release:7.2', {'environment': 'production'})
    """
    if on is None or isinstance(on, str):
        return on, {}
    properties = {key: value for key, value in on.items() if key not in ("type", "id")}
    if "id" not in on:
        return str(on.get("type", "")), properties
    return f"{on.get('type', '')}:{on['id']}", properties


def _sound(items: Iterable[Item], report: Report) -> Iterable[Item]:
    seen: dict[tuple[str, ...], str] = {}
    for item in items:
        before = len(report.problems)
        check = Checker()
        item.noun.check(check)
        for problem in check.problems:
            report.fail(item.at(problem.path), problem.message)
        _check_conditions(item, report)
        if len(report.problems) > before:
            continue
        name = parts_of(item.noun)
        if name in seen:
            report.fail(item.path, f"is the same {_called(item)} as {seen[name]}")
            continue
        seen[name] = item.path
        yield item


def _called(item: Item) -> str:
    if item.derived:
        return "assignment (same principal, role, scope and condition; give an id of its own)"
    if "members" in item.path:
        return "member"
    return "object (same id)"


def _check_conditions(item: Item, report: Report) -> None:
    noun = item.noun
    if isinstance(noun, Assignment) and noun.condition is not None:
        report.of(item.at("condition"), compile, noun.condition)
    if isinstance(noun, ApprovalPolicy):
        if noun.when is not None:
            report.of(item.at("when"), compile, noun.when)
        if noun.carry_if is not None:
            report.of(item.at("carry_if"), compile, noun.carry_if)
        for number, rule in enumerate(noun.rules):
            if rule.when is not None and rule.when.strip():
                report.of(f"{item.path}.rules[{number}].when", compile, rule.when)
        leaves = [leaf for leaf in walk(noun.requirement) if not hasattr(leaf, "of")]
        for leaf, place in zip(leaves, item.places, strict=True):
            if isinstance(leaf, ConditionHolds) and leaf.when.strip():
                report.of(place, compile, leaf.when)
        report.of(item.at("requirement"), ways, noun.requirement)


def _check_test(entry: TestEntry, path: str, report: Report) -> None:
    report.of(f"{path}.who", parse_principal, entry.who)
    if entry.scope is not None:
        report.of(f"{path}.scope", parse_scope, entry.scope)
    if isinstance(entry.on, dict):
        for key in ("type", "id"):
            if not isinstance(entry.on.get(key, ""), str):
                report.fail(f"{path}.on.{key}", f"is {entry.on[key]!r}; write text")
        if "type" not in entry.on:
            report.fail(f"{path}.on.type", "is missing; write the type of the resource")
            return
    try:
        if entry.on is not None:
            parse_resource(resource_of(entry.on)[0] or "")
    except Invalid as invalid:
        report.fail(f"{path}.on", invalid.message)
