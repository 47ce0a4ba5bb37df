"""Validation: what a bundle cannot mean, each mistake with its path and the nearest right word."""

import os
from collections.abc import Callable

import pytest

from placet import SYSTEM, Invalid, Placet
from placet.bundle import Bundle, loads, validate

BASE = """
permissions = ["release.read", "release.deploy"]
[[groups]]
id = "qa"
[[roles]]
id = "deployer"
permissions = ["release.deploy"]
"""


def policy(keys: str) -> str:
    return f"""
        [[approval_policies]]
        id = "p"
        applies_to = ["release.deploy"]
        {keys}
    """


ALONE = [
    ('permissions = ["deploy"]', "permissions[0]", "has no dot"),
    (
        'permissions = ["a.b", "a.b"]',
        "permissions[1]",
        "the same object (same id) as permissions[0]",
    ),
    ('bundle = ""', "bundle", "is empty"),
    ('[[users]]\nid = " sam"', "users[0].id", "has a blank at an end"),
    ('[[users]]\nid = "a"\n[[users]]\nid = "a"', "users[1]", "as users[0]"),
    ('[[roles]]\nid = "a"\nscope = "a/b/c"', "roles[0].scope", "has 3 parts"),
    ('[[roles]]\nid = "a"\npermissions = ["*.x"]', "roles[0].permissions[0]", "'prefix.*'"),
    ('[[assignments]]\nto = []\nrole = "r"', "assignments[0].to", "is empty"),
    ('[[assignments]]\nto = ["sam"]\nrole = "r"', "assignments[0].to[0]", "is not a principal"),
    (
        '[[assignments]]\nid = "i"\nto = ["user:a", "user:b"]\nrole = "r"',
        "assignments[0].id",
        "exactly one principal",
    ),
    (
        '[[assignments]]\nto = ["user:a"]\nrole = "r"\nwhen = "true or"',
        "assignments[0].when",
        "line 1, column 6",
    ),
    (
        '[[assignments]]\nto = ["user:a", "user:a"]\nrole = "r"',
        "assignments[0]",
        "give an id of its own",
    ),
    (
        '[[assignments]]\nto = ["user:a"]\nrole = "r"\nnot_before = 2026-01-02T00:00:00Z\n'
        "expires_at = 2026-01-01T00:00:00Z",
        "assignments[0].expires_at",
        "not after not_before",
    ),
    (policy(""), "approval_policies[0]", "has none of stages, reviews and requirement"),
    (
        policy('reviews = ["1 from owner"]\nstages = []'),
        "approval_policies[0]",
        "has stages and reviews",
    ),
    (policy("stages = []"), "approval_policies[0].stages", "is empty"),
    (policy("reviews = []"), "approval_policies[0].reviews", "is empty"),
    (policy('reviews = ["two of qa"]'), "approval_policies[0].reviews[0]", "2 from group:qa"),
    (policy('reviews = ["0 from owner"]'), "approval_policies[0].reviews[0]", "the least is 1"),
    (
        policy('[[approval_policies.stages]]\nname = "s"\nreviews = ["1 from owner", "1 from qa"]'),
        "approval_policies[0].stages[0].reviews[1]",
        "names nobody",
    ),
    (
        policy('requirement = {at_least = 2, of = ["1 from owner"]}'),
        "approval_policies[0].requirement.at_least",
        "it goes from 1 to 1",
    ),
    (
        policy('requirement = {of = ["1 from owner"]}'),
        "approval_policies[0].requirement",
        "exactly one of",
    ),
    (
        policy('requirement = {any_of = ["1 from owner", {condition = "1 +"}]}'),
        "approval_policies[0].requirement.any_of[1].condition",
        "line 1",
    ),
    (
        policy('reviews = ["1 from owner"]\ndecide_within = "8 hours"'),
        "approval_policies[0].decide_within",
        "such as '8h'",
    ),
    (
        policy('reviews = ["1 from owner"]\nuse_within = "0s"'),
        "approval_policies[0].use_within",
        "no time at all",
    ),
    (
        policy('reviews = ["1 from owner"]\nyields = {role = "deployer", for = "long"}'),
        "approval_policies[0].yields.for",
        "such as '8h'",
    ),
    (
        policy('reviews = ["1 from owner"]\nrequesters = ["qa"]'),
        "approval_policies[0].requesters[0]",
        "names nobody",
    ),
    (
        policy('reviews = ["1 from owner"]\nwhen = "resource.type ="'),
        "approval_policies[0].when",
        "line 1, column 15",
    ),
    (
        policy('reviews = ["1 from owner"]\nreject_when = {quorum = 0}'),
        "approval_policies[0].reject_when.quorum",
        "is below 1",
    ),
    ('[[gates]]\nid = "g"', "gates[0]", "has none of stages, reviews and requirement"),
    (
        '[[gates]]\nid = "g"\npolicy = "p"\nreviews = ["1 from owner"]',
        "gates[0].reviews",
        "it names another",
    ),
    (
        '[[gates]]\nid = "g"\nreviews = ["1 from owner"]\nwhen = "true ="',
        "gates[0].when",
        "line 1, column 6",
    ),
    (
        '[[gates]]\nid = "g"\nreviews = ["1 from owner"]\nyields = {role = "r", for = "1h"}',
        "gates[0].yields",
        "write 'pass'",
    ),
    ('[[credentials]]\nfor = "user:a"\nkind = "token"', "credentials[0]", "secret_env or"),
    (
        '[[credentials]]\nfor = "user:a"\nkind = "token"\nid = "t"\nsecret_hash = "x"',
        "credentials[0].secret_hash",
        "is no SHA-256",
    ),
    (
        f'[[credentials]]\nfor = "user:a"\nkind = "token"\nsecret_hash = "{"0" * 64}"',
        "credentials[0].id",
        "part of the token",
    ),
    ('[[credentials]]\nfor = "sam"\nkind = "token"\nsecret_env = "X"', "credentials[0].for", "sam"),
    (
        '[[tests]]\nwho = "sam"\ncan = "a.b"\nexpect = "allowed"',
        "tests[0].who",
        "is not a principal",
    ),
    (
        '[[tests]]\nwho = "user:a"\ncan = "a.b"\non = {id = "7"}\nexpect = "denied"',
        "tests[0].on.type",
        "is missing",
    ),
    (
        '[[tests]]\nwho = "user:a"\ncan = "a.b"\non = {type = "t", id = 7}\nexpect = "denied"',
        "tests[0].on.id",
        "write text",
    ),
]


@pytest.mark.parametrize(("text", "path", "words"), ALONE)
def test_a_mistake_is_seen_without_a_store(text: str, path: str, words: str) -> None:
    (problem,) = validate(loads(text, "toml"))

    assert problem.path == path
    assert words in problem.message


NAMED = [
    (
        '[[assignments]]\nto = ["user:sam"]\nrole = "deploier"',
        "assignments[0].role",
        "did you mean 'deployer'?",
    ),
    (
        '[[assignments]]\nto = ["user:sam", "group:qaa"]\nrole = "deployer"',
        "assignments[0].to[1]",
        "did you mean 'qa'?",
    ),
    (
        '[[assignments]]\nto = ["user:sam"]\nrole = "deployer"\nresource_group = "rg"',
        "assignments[0].resource_group",
        "there is no resource group 'rg'",
    ),
    (
        '[[roles]]\nid = "r"\nallowed_scope_levels = ["project"]\n'
        '[[assignments]]\nto = ["user:sam"]\nrole = "r"',
        "assignments[0].scope",
        "only at project",
    ),
    (
        '[[assignments]]\nto = ["group:qa", "group:qa@/"]\nrole = "deployer"',
        "assignments[0]",
        "is the same assignment as assignments[0]",
    ),
    (
        '[[roles]]\nid = "r"\npermissions = ["release.read", "release.deplloy"]',
        "roles[1].permissions[1]",
        "did you mean 'release.deploy'?",
    ),
    (
        '[[roles]]\nid = "r"\npermissions = ["realese.*"]',
        "roles[1].permissions[0]",
        "no registered permission begins with 'realese.'",
    ),
    (
        '[[roles]]\nid = "r"\npermissions = ["release.read", "release.read"]',
        "roles[1].permissions[1]",
        "twice",
    ),
    ('[[roles]]\nid = "r"\nincludes = ["deploy"]', "roles[1].includes[0]", "mean 'deployer'?"),
    ('[[groups]]\nid = "g"\nmembers = ["group:x"]', "groups[1].members[0]", "no group 'x'"),
    ('[[groups]]\nid = "g"\nmembers = ["everyone"]', "groups[1].members[0]", "everyone is in"),
    ('[[groups]]\nid = "g"\nmembers = ["group:g"]', "groups[1].members", "would contain itself"),
    (policy('reviews = ["1 from group:q"]'), "approval_policies[0].reviews[0]", "mean 'qa'?"),
    (
        policy('requirement = {any_of = ["1 from owner", {reviews = ["1 from role:deploy"]}]}'),
        "approval_policies[0].requirement.any_of[1].reviews[0]",
        "mean 'deployer'?",
    ),
    (
        policy('reviews = ["1 from owner"]\noverride_by = ["owner", "permission:release.red"]'),
        "approval_policies[0].override_by[1]",
        "mean 'release.read'?",
    ),
    (
        policy('reviews = ["1 from owner"]\nyields = {role = "deployr", for = "1h"}'),
        "approval_policies[0].yields.role",
        "mean 'deployer'?",
    ),
    (
        '[[approval_policies]]\nid = "p"\napplies_to = ["release.read"]\n'
        'reviews = ["1 from owner"]\nyields = {role = "deployer", for = "1h"}',
        "approval_policies[0].yields.role",
        "does not give release.read",
    ),
    (
        '[[approval_policies]]\nid = "p"\napplies_to = ["release.dploy"]\n'
        'reviews = ["1 from owner"]',
        "approval_policies[0].applies_to[0]",
        "mean 'release.deploy'?",
    ),
    ('[[gates]]\nid = "g"\npolicy = "p"', "gates[0].policy", "no approval policy 'p'"),
    (
        '[[tests]]\nwho = "user:sam"\ncan = "release.raed"\nexpect = "denied"',
        "tests[0].can",
        "mean 'release.read'?",
    ),
    (
        '[[tests]]\nwho = "user:sam"\ncan = "release.read"\non = "invoice:7"\nexpect = "denied"',
        "tests[0].on",
        "is about 'release'",
    ),
]


@pytest.mark.parametrize(("text", "path", "words"), NAMED)
def test_a_reference_to_nothing_is_seen_against_the_store(
    acme: Placet, text: str, path: str, words: str
) -> None:
    (problem,) = validate(loads(BASE + text, "toml"), acme.roles.view)

    assert problem.path == path
    assert words in problem.message


def test_what_the_store_holds_may_be_named(acme: Placet, toml: Callable[[str], Bundle]) -> None:
    acme.apply(toml(BASE), actor=SYSTEM)

    more = toml('bundle = "more"\n[[assignments]]\nto = ["group:qa"]\nrole = "deployer"')

    assert validate(more, acme.roles.view) == ()


def test_each_role_of_a_circle_is_named(acme: Placet, toml: Callable[[str], Bundle]) -> None:
    bundle = toml('[[roles]]\nid = "a"\nincludes = ["b"]\n[[roles]]\nid = "b"\nincludes = ["a"]')

    problems = validate(bundle, acme.roles.view)

    assert [problem.path for problem in problems] == ["roles[0].includes", "roles[1].includes"]


def test_a_closed_directory_knows_its_users(toml: Callable[[str], Bundle]) -> None:
    text = '[[users]]\nid = "sam"\n[[roles]]\nid = "r"\n[[assignments]]\nto = ["{}"]\nrole = "r"'
    with Placet.open("memory://", directory="closed") as placet:
        (problem,) = validate(toml(text.format("user:sma")), placet.roles.view)
        assert validate(toml(text.format("user:sam")), placet.roles.view) == ()

    assert problem.path == "assignments[0].to[0]"
    assert "did you mean 'user:sam'?" in problem.message


def test_the_bundle_of_another_account_is_refused(acme: Placet) -> None:
    (problem,) = validate(loads('account = "globex"', "toml"), acme.roles.view)

    assert str(problem) == "account: is 'globex', and this is account 'acme'"


def test_mistakes_of_both_kinds_are_told_at_once(
    acme: Placet, toml: Callable[[str], Bundle]
) -> None:
    text = BASE + '[[assignments]]\nto = ["sam"]\nrole = "deployer"\n' + (
        '[[assignments]]\nto = ["user:sam"]\nrole = "deploier"\n'
        '[[users]]\nid = ""\n'
    )  # fmt: skip

    with pytest.raises(Invalid) as caught:
        acme.apply(toml(text), actor=SYSTEM)

    assert [problem.path for problem in caught.value.problems] == [
        "users[0].id", "assignments[0].to[0]", "assignments[1].role",
    ]  # fmt: skip


def test_validation_never_looks_for_a_secret(release: Bundle, acme: Placet) -> None:
    text = '[[credentials]]\nfor = "user:sam"\nkind = "token"\nsecret_env = "PLACET_TEST_ABSENT"'
    assert "PLACET_TEST_ABSENT" not in os.environ

    assert validate(loads(text, "toml"), acme.roles.view) == ()


def test_a_sound_bundle_has_no_mistakes(release: Bundle, acme: Placet) -> None:
    assert validate(release) == ()
    assert validate(release, acme.roles.view) == ()


def test_a_requirement_that_nests_too_deeply_is_refused(toml: Callable[[str], Bundle]) -> None:
    nested = "{any_of = [" * 40 + '"1 from owner"' + "]}" * 40

    (problem,) = validate(toml(policy(f"requirement = {nested}")))

    assert problem.path.endswith(".any_of")
    assert problem.message == "nests deeper than 16"


def test_attributes_that_nest_too_deeply_are_refused(toml: Callable[[str], Bundle]) -> None:
    nested = "[" * 100 + "]" * 100

    (problem,) = validate(toml(f'[[users]]\nid = "sam"\nattributes = {{x = {nested}}}'))

    assert str(problem) == "users[0].attributes: nests deeper than 64"
