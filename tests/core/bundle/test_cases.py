"""The `[[tests]]` of a bundle."""

from collections.abc import Callable

from placet import SYSTEM, Assignment, Placet
from placet.bundle import Bundle, run_tests, test

ASKS = """
permissions = ["a.b"]
[[roles]]
id = "r"
permissions = ["a.b"]
[[tests]]
who = "user:sam"
can = "a.b"
on = "a:1"
expect = "allowed"
"""


def test_the_tests_of_the_example_pass(release: Bundle) -> None:
    results = test(release)

    assert [result.got for result in results] == ["approval_required", "allowed", "denied"]
    assert all(result.passed for result in results)


def test_a_test_that_fails_says_what_it_got_and_why(toml: Callable[[str], Bundle]) -> None:
    (result,) = test(toml(ASKS))

    assert not result.passed
    assert str(result) == (
        "FAILED: user:sam a.b on a:1: expected allowed, got denied: "
        "no assignment gives user:sam a.b on a:1 in the account"
    )


def test_a_test_may_have_a_name(release: Bundle) -> None:
    assert [result.name for result in test(release)] == [
        "user:sam release.deploy on release:7.2",
        "staging is free",
        "user:ana release.deploy on release:7.3",
    ]


def test_tests_run_against_what_an_account_holds(
    acme: Placet, toml: Callable[[str], Bundle]
) -> None:
    bundle = toml(ASKS)
    acme.apply(bundle, actor=SYSTEM)
    acme.assignments.create(Assignment(id="i", principal="user:sam", role="r"), actor=SYSTEM)

    assert [result.passed for result in run_tests(acme.roles.view, bundle)] == [True]
    assert [result.passed for result in test(bundle, acme.roles.view)] == [False]


def test_a_trial_touches_no_store(acme: Placet, release: Bundle) -> None:
    test(release, acme.roles.view)

    assert acme.store.head("acme").version == 0


def test_a_trial_needs_no_secret(toml: Callable[[str], Bundle]) -> None:
    secret = '[[credentials]]\nfor = "user:a"\nkind = "basic"\nsecret_env = "PLACET_TEST_ABSENT"\n'

    assert len(test(toml(ASKS + secret))) == 1


def test_the_table_form_brings_properties(toml: Callable[[str], Bundle]) -> None:
    text = """
        permissions = ["a.b"]
        [[roles]]
        id = "r"
        permissions = ["a.b"]
        [[assignments]]
        to = ["user:sam"]
        role = "r"
        when = "resource.properties.size < 3 && context.ip == 'x'"
        [[tests]]
        who = "user:sam"
        can = "a.b"
        on = {type = "a", id = "1", size = 2}
        context = {ip = "x"}
        expect = "allowed"
        [[tests]]
        who = "user:sam"
        can = "a.b"
        on = {type = "a", id = "1", size = 3}
        context = {ip = "x"}
        expect = "denied"
    """

    assert [result.passed for result in test(toml(text))] == [True, True]


def test_a_question_that_cannot_be_asked_is_a_failed_test(
    toml: Callable[[str], Bundle],
) -> None:
    (result,) = test(toml('[[tests]]\nwho = "user:a"\ncan = "x.y"\nexpect = "denied"'))

    assert result.got == "invalid"
    assert "'x.y' is not registered" in result.why
