"""Everything that a policy and a gate can say, said in a bundle."""

import pytest

from placet import SYSTEM, ApprovalPolicy, Gate, Invalid
from placet.bundle import loads
from placet.model import Blackout, InOrder, Input, Reviews, Rule, Window
from placet.testing import engine

BUNDLE = """
permissions = ["release.deploy"]
users = [{id = "ana"}, {id = "bo"}, {id = "lea"}]
groups = [{id = "qa", members = ["user:ana", "user:bo"]}, {id = "leads", members = ["user:lea"]}]

[[approval_policies]]
id = "production"
applies_to = ["release.deploy"]
shared_seats = true
carry_if = "!('build' in context.changed)"
remind_after = "4h"
override_by = ["group:leads"]
override_for = "30m"
inputs = [{name = "window", required = true, allowed = ["day", "night"]}]
[[approval_policies.stages]]
name = "quality"
reviews = ["1 from group:qa"]
escalate_after = "8h"
escalate_to = ["group:leads"]
[[approval_policies.rules]]
name = "nights"
verdict = "reject"
during = [{start = "22:00", end = "06:00", zone = "Europe/Berlin"}]
comment = "not at night"
[[approval_policies.rules]]
name = "leads"
verdict = "approve"
subjects = ["group:leads"]
stages = ["quality"]
inputs = {window = "day"}

[[gates]]
id = "prod"
policy = "production"
latest_only = true
windows = [{days = ["mon", "tue"], start = "09:00", end = "17:00"}]
blackouts = [{starts_at = 2026-12-24T00:00:00Z, ends_at = 2027-01-02T00:00:00Z, reason = "feast"}]
"""


def _applied() -> tuple[ApprovalPolicy, Gate]:
    with engine(loads(BUNDLE, "toml")) as placet:
        assert not placet.diff(loads(BUNDLE, "toml"), actor=SYSTEM).drift
        return (
            placet.policies.get("production", actor=SYSTEM),
            placet.gates.get("prod", actor=SYSTEM),
        )


def test_a_policy_says_all_of_it() -> None:
    policy, _ = _applied()
    assert policy.shared_seats
    assert policy.carry_if == "!('build' in context.changed)"
    assert (policy.remind_after, policy.override_for) == (4 * 3600, 1800)
    assert policy.inputs == (Input(name="window", required=True, allowed=("day", "night")),)


def test_sources_are_exact_wherever_they_stand() -> None:
    """T31."""
    policy, _ = _applied()
    assert policy.requirement == InOrder(
        of=(
            Reviews(
                name="quality",
                count=1,
                source="group:qa@/",
                escalate_after=8 * 3600,
                escalate_to=("group:leads@/",),
            ),
        )
    )
    assert policy.override_by == ("group:leads@/",)
    assert policy.rules[1].subjects == ("group:leads@/",)


def test_rules_are_those_of_the_file() -> None:
    policy, _ = _applied()
    assert policy.rules[0] == Rule(
        name="nights",
        verdict="reject",
        during=(Window(start="22:00", end="06:00", zone="Europe/Berlin"),),
        comment="not at night",
    )


def test_a_gate_has_its_windows_and_blackouts() -> None:
    _, gate = _applied()
    assert gate.latest_only
    assert gate.windows == (Window(days=("mon", "tue"), start="09:00", end="17:00"),)
    assert [type(one) for one in gate.blackouts] == [Blackout]


@pytest.mark.parametrize(
    ("was", "now", "path"),
    [
        ('remind_after = "4h"', 'remind_after = "often"', "remind_after"),
        ('escalate_after = "8h"', 'escalate_after = "soon"', "stages[0].escalate_after"),
        ('escalate_to = ["group:leads"]', "", "requirement"),
        ('reviews = ["1 from group:qa"]\nescalate', 'condition = "true"\nescalate', "stages[0]"),
        ('subjects = ["group:leads"]', 'subjects = ["group:gone"]', "rules[1].subjects[0]"),
        ('verdict = "reject"', 'verdict = "perhaps"', "rules[0].verdict"),
        ('zone = "Europe/Berlin"', 'zone = "Mars"', "rules[0].during[0].zone"),
        ("carry_if = \"!('build'", "carry_if = \"or ('build'", "carry_if"),
    ],
)
def test_a_mistake_is_named_with_its_place(was: str, now: str, path: str) -> None:
    assert was in BUNDLE
    with (
        pytest.raises(Invalid) as refused,
        engine(loads(BUNDLE.replace(was, now), "toml")) as placet,
    ):
        placet.check("user:ana", "release.deploy")
    assert path in str(refused.value)
