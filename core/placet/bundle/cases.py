"""The `[[tests]]` of a bundle: questions with their right answers."""

import msgspec

from placet.access.advance import of_catalogue
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.bundle.apply import apply
from placet.bundle.document import Bundle, TestEntry
from placet.bundle.validate import resource_of
from placet.catalogue import CORE_CATALOGUE, merged
from placet.clock import SystemClock
from placet.errors import Invalid
from placet.hooks import Hooks
from placet.model import SYSTEM
from placet.services.asking import Ask, ask
from placet.services.base import View
from placet.services.index import AccountIndex
from placet.services.tenant import Settings, Tenant
from placet.storage.memory import MemoryStore

__all__ = ["CaseResult", "run_tests", "test"]


class CaseResult(msgspec.Struct, frozen=True):
    """One test and how it went: `got` is the outcome, or "invalid" for what cannot be asked."""

    name: str
    expected: str
    got: str
    why: str

    @property
    def passed(self) -> bool:
        """Whether the answer was the expected one."""
        return self.expected == self.got

    def __str__(self) -> str:
        if self.passed:
            return f"passed: {self.name}: {self.got}"
        return f"FAILED: {self.name}: expected {self.expected}, got {self.got}: {self.why}"


def run_tests(view: View, bundle: Bundle) -> tuple[CaseResult, ...]:
    """Ask the questions of a bundle's tests of an account as it is now, with all it holds."""
    return tuple(_run(View(view.tenant), entry) for entry in bundle.tests)


def test(  # a use case, which pytest is told below
    bundle: Bundle,
    view: View | None = None,  # noqa: PT028  # see above
) -> tuple[CaseResult, ...]:
    """Apply a bundle to an empty account in memory, and run its tests there.

    A view lends its catalogue, clock and settings, and nothing that it stores. Credentials are
    left out: no secret is needed to test a policy. Raises Invalid for a bundle that is not valid.

    >>> from placet.bundle.load import loads
    >>> results = test(loads('''
    ... permissions = ["invoice.pay"]
    ... [[tests]]
    ... who = "user:sam"
    ... can = "invoice.pay"
    ... expect = "denied"
    ... ''', "toml"))
    >>> [str(result) for result in results]
    ['passed: user:sam invoice.pay: denied']
    """
    fresh = View(_fresh(bundle, None if view is None else view.tenant))
    apply(fresh, msgspec.structs.replace(bundle, credentials=()), actor=SYSTEM)
    return run_tests(fresh, bundle)


# What a caller imports under this name is no test of its own.
test.__test__ = False  # type: ignore[attr-defined]  # pytest reads it


def _fresh(bundle: Bundle, like: Tenant | None) -> Tenant:
    hooks = Hooks() if like is None else like.hooks
    store, account = MemoryStore(), bundle.account or "default"
    base = of_catalogue(merged(CORE_CATALOGUE, *hooks.catalogues()))
    return Tenant(
        store,
        account,
        index=AccountIndex(store, account, base),
        clock=SystemClock() if like is None else like.clock,
        hooks=hooks,
        settings=Settings() if like is None else like.settings,
    )


def _run(view: View, entry: TestEntry) -> CaseResult:
    resource, properties = resource_of(entry.on)
    name = entry.name or " ".join(
        part for part in (entry.who, entry.can, resource and f"on {resource}") if part
    )
    tenant = view.tenant
    snapshot = tenant.index.latest()
    try:
        asked = Ask(entry.who, entry.can, resource, entry.scope, properties, entry.context)
        question = ask(view, snapshot, asked)
        decision = decide(Inquiry(snapshot, question, tenant.clock.now(), closed=tenant.closed))
    except Invalid as invalid:
        return CaseResult(name, entry.expect, "invalid", invalid.message)
    why = "; ".join(reason.text for reason in decision.reasons)
    return CaseResult(name, entry.expect, decision.outcome, why)
