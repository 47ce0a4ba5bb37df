"""Loading: every mistake in the shape of a file at once, with its path and the nearest word."""

import json
from pathlib import Path

import pytest

from placet import Invalid
from placet.bundle import Bundle, load, loads

RELEASE = Path(__file__).with_name("release.toml")


def test_a_loaded_bundle_passes_through(release: Bundle) -> None:
    assert load(release) is release


def test_json_is_the_same_document(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps({"bundle": "b", "users": [{"id": "sam"}]}))

    assert load(path) == loads('bundle = "b"\nusers = [{id = "sam"}]', "toml")


def test_the_owner_is_called_default_where_the_file_does_not_say() -> None:
    assert loads("", "toml").bundle == "default"


def test_a_mistake_in_the_syntax_of_toml_has_line_and_column() -> None:
    with pytest.raises(Invalid, match=r"not valid TOML: .*at line 2, column 7"):
        loads('bundle = "b"\nusers nonsense', "toml")


def test_a_mistake_in_the_syntax_of_json_has_line_and_column() -> None:
    with pytest.raises(Invalid, match=r"not valid JSON: .*at line 2, column 11"):
        loads('{\n"bundle": nonsense}', "json")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"gone\.toml' cannot be read: No such file"):
        load(tmp_path / "gone.toml")


def test_a_file_of_another_sort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"ends in \.toml or \.json"):
        load(tmp_path / "bundle.yaml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.toml"
    path.write_bytes(b'bundle = "\xff"')

    with pytest.raises(Invalid, match="not UTF-8 at byte 10"):
        load(path)


@pytest.mark.parametrize("opener", ['{"all_of":[', '{"any_of":['])
def test_a_document_that_is_nested_without_end_is_refused(opener: str) -> None:
    text = '{"gates":[{"id":"g","requirement":' + opener * 100_000

    with pytest.raises(Invalid):
        loads(text, "json")


SHAPES = [
    ({"rols": []}, "rols: is no key here; did you mean 'roles'?"),
    (
        {"roles": [{"id": "a"}, {"id": "b", "permisions": []}]},
        "roles[1].permisions: is no key here; did you mean 'permissions'?",
    ),
    ({"roles": [{}]}, "roles[0].id: is missing; write text"),
    ({"roles": [{"id": 7}]}, "roles[0].id: is a number; write text"),
    (
        {"roles": [{"id": "a", "permissions": ["x", 1]}]},
        "roles[0].permissions[1]: is a number; write text",
    ),
    ({"roles": {"id": "a"}}, "roles: is a table; write a list"),
    ({"users": ["sam"]}, "users[0]: is text; write a table"),
    (
        {"users": [{"id": "sam", "disabled": "no"}]},
        "users[0].disabled: is text; write true or false",
    ),
    ({"users": [{"id": "sam", "name": None}]}, "users[0].name: is null; write text"),
    (
        {"assignments": [{"to": ["user:a"], "role": "r", "effect": "denny"}]},
        "assignments[0].effect: is 'denny'; did you mean 'deny'?",
    ),
    (
        {"assignments": [{"to": ["user:a"], "role": "r", "expires_at": "2026-01-01T00:00:00"}]},
        "assignments[0].expires_at: is no time with an offset; "
        "write one such as 2026-01-31T09:00:00Z",
    ),
    (
        {"credentials": [{"for": "user:a", "kind": "password"}]},
        "credentials[0].kind: is 'password'; it is 'api_key' or 'basic' or 'token'",
    ),
    (
        {"credentials": [{"kind": "token"}]},
        "credentials[0].for: is missing; write text",
    ),
    (
        {"approval_policies": [{"id": "p", "applies_to": [], "yields": 4}]},
        "approval_policies[0].yields: is a number; write 'pass' or a table",
    ),
    (
        {"approval_policies": [{"id": "p", "applies_to": [], "yields": {"role": "r", "four": ""}}]},
        "approval_policies[0].yields.four: is no key here; did you mean 'for'?",
    ),
    (
        {"approval_policies": [{"id": "p", "applies_to": [], "reject_when": "none"}]},
        "approval_policies[0].reject_when: is 'none'; it is 'any' or 'unreachable'",
    ),
    (
        {"gates": [{"id": "g", "requirement": {"all_of": [{"anyof": []}]}}]},
        "gates[0].requirement.all_of[0].anyof: is no key here; did you mean 'any_of'?",
    ),
    (
        {"gates": [{"id": "g", "labels": {"a": 1}}]},
        "gates[0].labels.a: is a number; write text",
    ),
    (
        {"resource_groups": [{"id": "g", "included_scopes": [{"scop": "a"}]}]},
        "resource_groups[0].included_scopes[0].scop: is no key here; did you mean 'scope'?",
    ),
    (
        {"permissions": ["a.b", {"id": "c.d", "status": "activ"}]},
        "permissions[1].status: is 'activ'; did you mean 'active'?",
    ),
    (
        {"tests": [{"who": "user:a", "can": "x.y", "expect": "allow"}]},
        "tests[0].expect: is 'allow'; did you mean 'allowed'?",
    ),
    ([], ": is a list; write a table"),
]


@pytest.mark.parametrize(("document", "problem"), SHAPES)
def test_a_mistake_has_its_path_and_says_what_would_be_right(
    document: object, problem: str
) -> None:
    with pytest.raises(Invalid) as caught:
        loads(json.dumps(document), "json")

    assert [f"{found.path}: {found.message}" for found in caught.value.problems] == [problem]


def test_all_mistakes_are_told_at_once() -> None:
    text = """
        rolls = []
        [[users]]
        name = 7
        [[groups]]
        id = "g"
        membrs = []
    """

    with pytest.raises(Invalid) as caught:
        loads(text, "toml")

    assert [problem.path for problem in caught.value.problems] == [
        "rolls", "users[0].name", "users[0].id", "groups[0].membrs",
    ]  # fmt: skip
