"""Policy as code: one TOML or JSON document an account; load, validate, preview, apply, test.

Applying is one commit, all or nothing, and idempotent: applied again, a bundle changes nothing. It
owns what it creates and never removes anything else. Design section 8 is the page on its shape.
"""

from placet.bundle.apply import apply, plan_of, preview_of
from placet.bundle.cases import CaseResult, run_tests, test
from placet.bundle.document import Bundle
from placet.bundle.load import load, loads
from placet.bundle.plan import Plan, Step
from placet.bundle.preview import Preview
from placet.bundle.validate import validate

__all__ = [
    "Bundle",
    "CaseResult",
    "Plan",
    "Preview",
    "Step",
    "apply",
    "load",
    "loads",
    "plan_of",
    "preview_of",
    "run_tests",
    "test",
    "validate",
]
