"""Why not: every way in which a right is nearly there has a reason of its own."""

from typing import Any

import pytest

from placet import SYSTEM, Explanation
from placet.bundle import loads
from placet.testing import PlacetUnderTest, engine

BUNDLE = """
permissions = ["invoice.pay"]
users = [{id = "sam", attributes = {team = "a"}}, {id = "ron", disabled = true}]
groups = [
  {id = "ops", members = ["user:sam"]},
  {id = "old", disabled = true, members = ["user:sam", "group:ops"]},
]
roles = [{id = "clerk", permissions = ["invoice.pay"]}]
resource_groups = [{id = "seven", resources = [{type = "invoice", ids = ["7"]}]}]
"""


def told(more: str, on: str = "invoice:8", **said: Any) -> Explanation:
    under_test = engine(loads(BUNDLE + more, "toml"))
    return under_test.explain("user:sam", "invoice.pay", on, **said)


def given(line: str) -> str:
    return f'[[assignments]]\nto = ["user:sam"]\nrole = "clerk"\nid = "a"\n{line}\n'


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ('scope = "retail"', "wrong_scope", "does not reach the account"),
        ('resource_group = "seven"', "not_in_resource_group", "group seven excludes invoice:8"),
        ("expires_at = 2025-01-01T00:00:00Z", "expired", "expired at 2025-01-01T00:00:00+00:00"),
        ("not_before = 2027-01-01T00:00:00Z", "not_yet", "only from 2027-01-01T00:00:00+00:00"),
        ("disabled = true", "disabled", "the assignment is disabled"),
        ("when = \"subject.properties.team == 'b'\"", "condition_false", "team == 'b'"),
        ("when = \"context.ip == '::1'\"", "condition_missing", "lacks context.ip"),
        (
            'when = "subject.properties.team"',
            "condition_error",
            "condition failed: the condition is of type",
        ),
    ],
)
def test_an_allow_that_does_not_count_is_a_near_miss(line: str, code: str, says: str) -> None:
    (miss,) = told(given(line)).near_misses
    assert (miss.code, miss.assignment) == (code, "a")
    assert says in miss.text


def test_what_a_disabled_group_would_pass_on_is_a_near_miss() -> None:
    """Failure mode 29: one, though two ways lead to the group."""
    (miss,) = told('[[assignments]]\nto = ["group:old"]\nrole = "clerk"\n').near_misses
    assert miss.code == "group_disabled"
    assert miss.text == "group:old has role clerk in the account, but the group is disabled"


DENY = '[[assignments]]\nto = ["group:ops"]\nrole = "clerk"\neffect = "deny"\nid = "d"\n'


def test_the_deny_that_decides_is_named() -> None:
    explained = told(given("") + DENY)
    (reason,) = explained.reasons
    assert (reason.code, reason.assignment) == ("denied_by", "d")


def test_every_further_deny_is_named_as_well() -> None:
    more = DENY.replace('id = "d"', 'id = "e"').replace("group:ops", "user:sam")
    explained = told(DENY + more)
    named = {reason.assignment for reason in (*explained.reasons, *explained.near_misses)}
    assert named == {"d", "e"}


def test_a_deny_that_denies_for_want_of_data_says_what_it_lacks() -> None:
    explained = told(given("") + DENY + "when = \"context.ip == '::1'\"\n")
    assert [miss.code for miss in explained.near_misses] == ["condition_missing"]
    assert "it lacks context.ip" in explained.near_misses[0].text


def test_a_deny_that_denies_because_it_failed_says_so() -> None:
    (miss,) = told(given("") + DENY + 'when = "subject.properties.team"\n').near_misses
    assert miss.code == "condition_error"
    assert "the condition is of type string" in miss.text


POLICY = """
[[approval_policies]]
id = "elevation"
applies_to = ["invoice.pay"]
needed = "when_denied"
requesters = ["group:ops"]
reviews = ["1 from group:ops"]
"""


def test_what_can_be_requested_says_through_which_policy() -> None:
    explained = told(POLICY)
    assert explained.outcome == "approval_required"
    assert ("can_be_requested", "elevation@/") in [
        (reason.code, reason.policy) for reason in explained.reasons
    ]


def test_what_could_be_requested_if_nothing_denied_it_says_so() -> None:
    explained = told(POLICY + DENY)
    assert explained.outcome == "denied"
    (miss,) = explained.near_misses
    assert (miss.code, miss.policy) == ("can_be_requested", "elevation@/")


def test_a_plain_yes_has_no_near_misses() -> None:
    assert told(given("") + given('scope = "retail"').replace('"a"', '"b"')).near_misses == ()


def test_the_closest_near_misses_come_first_and_the_rest_is_counted() -> None:
    far = "".join(given('scope = "retail"').replace('"a"', f'"far{n}"') for n in range(25))
    explained = told(far + given("expires_at = 2025-01-01T00:00:00Z"))
    assert explained.near_misses[0].code == "expired"
    assert (len(explained.near_misses), explained.omitted) == (20, 6)
    assert str(explained).splitlines()[-1].strip() == "and 6 more"


def test_who_is_disabled_is_told_so() -> None:
    under_test: PlacetUnderTest = engine(loads(BUNDLE, "toml"))
    (reason,) = under_test.explain("user:ron", "invoice.pay").reasons
    assert reason.code == "principal_disabled"
    assert under_test.users.get("ron", actor=SYSTEM).disabled
