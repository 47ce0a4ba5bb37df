"""Applying: one commit, all or nothing, and nothing at all the second time."""

from collections.abc import Callable

import pytest

from placet import (
    SYSTEM,
    AccessDenied,
    Assignment,
    Event,
    Invalid,
    Permission,
    Placet,
    Role,
    User,
)
from placet.bundle import Bundle, Plan

Log = Callable[[], list[Event]]
Toml = Callable[[str], Bundle]

ROLE = 'permissions = ["a.b"]\n[[roles]]\nid = "r"\npermissions = ["a.b"]\n'


def said(plan: Plan) -> list[str]:
    return [f"{step.action} {step.kind} {step.id}" for step in plan.steps]


def test_applying_the_example_gives_what_it_says(acme: Placet, release: Bundle) -> None:
    acme.apply(release, actor=SYSTEM)

    assert acme.decide("user:sam", "release.deploy", "release:7.2").outcome == "approval_required"
    assert acme.check("user:sam", "release.deploy", "release:7.3")
    assert acme.check("service_account:ci", "release.read", "release:7.3", scope="retail")
    assert not acme.check("user:ana", "release.deploy", "release:7.3")


def test_one_event_carries_every_change(acme: Placet, release: Bundle, log: Log) -> None:
    plan = acme.apply(release, actor=SYSTEM)

    (event,) = log()
    assert event.kind == "bundle.applied"
    assert (event.data["bundle"], event.data["created"]) == ("release", len(plan.steps))
    # Beside each policy, the version that it is.
    changed = [change for change in event.changes if change.kind != "policy_version"]
    assert len(changed) == len(plan.steps)


def test_applying_again_changes_nothing(acme: Placet, release: Bundle, log: Log) -> None:
    """Failure mode 48: sending it once more is safe."""
    acme.apply(release, actor=SYSTEM)
    head = acme.store.head("acme")

    assert acme.apply(release, actor=SYSTEM) == Plan("release")
    assert acme.store.head("acme") == head
    assert len(log()) == 1


def test_there_is_no_drift_after_applying(acme: Placet, release: Bundle) -> None:
    assert acme.diff(release, actor=SYSTEM).drift
    acme.apply(release, actor=SYSTEM)

    assert not acme.diff(release, actor=SYSTEM).drift


def test_a_diff_is_what_applying_then_does(acme: Placet, release: Bundle) -> None:
    planned = acme.diff(release, actor=SYSTEM)
    assert acme.store.head("acme").version == 0

    assert acme.apply(release, actor=SYSTEM) == planned


def test_drift_names_the_fields(acme: Placet, release: Bundle) -> None:
    acme.apply(release, actor=SYSTEM)
    sam = acme.users.get("sam", actor=SYSTEM)
    acme.users.update(User(id="sam", name="Samuel", attributes=sam.attributes), actor=SYSTEM)

    plan = acme.diff(release, actor=SYSTEM)

    assert [(step.kind, step.id, step.fields) for step in plan.steps] == [
        ("user", "user:sam", ("name",))
    ]
    assert acme.apply(release, actor=SYSTEM).drift
    assert acme.users.get("sam", actor=SYSTEM).name == "Sam"


def test_the_plan_says_what_is_given_and_taken(acme: Placet, toml: Toml) -> None:
    given = acme.apply(toml(ROLE + '[[assignments]]\nto = ["user:sam"]\nrole = "r"'), actor=SYSTEM)
    taken = acme.apply(toml(ROLE), prune=True, actor=SYSTEM)

    assert "gives role r to user:sam" in str(given)
    assert "takes role r from user:sam" in str(taken)


def test_the_plan_of_a_policy_that_changes_is_a_new_version(acme: Placet, toml: Toml) -> None:
    text = ROLE + (
        '[[approval_policies]]\nid = "p"\napplies_to = ["a.b"]\nreviews = ["{} from owner"]'
    )
    acme.apply(toml(text.format(1)), actor=SYSTEM)
    plan = acme.apply(toml(text.format(2)), actor=SYSTEM)

    assert [step.fields for step in plan.steps] == [("requirement",)]
    assert acme.policies.get("p", actor=SYSTEM).version == 2


def test_a_plan_is_json(acme: Placet, toml: Toml) -> None:
    assert acme.diff(toml('[[users]]\nid = "sam"'), actor=SYSTEM).as_dict() == {
        "bundle": "default",
        "steps": [
            {
                "action": "create", "kind": "user", "id": "user:sam", "scope": "",
                "fields": [], "summary": "",
            }
        ],
        "leftovers": [],
        "drift": True,
    }  # fmt: skip


def test_what_a_bundle_creates_carries_its_name(acme: Placet, release: Bundle) -> None:
    acme.apply(release, actor=SYSTEM)

    assert acme.roles.get("reader", actor=SYSTEM).bundle == "release"


def test_what_others_created_is_updated_and_stays_theirs(acme: Placet, toml: Toml) -> None:
    acme.users.create(User(id="sam", name="Samuel"), actor=SYSTEM)
    acme.apply(toml('[[users]]\nid = "sam"\nname = "Sam"'), actor=SYSTEM)
    user = acme.users.get("sam", actor=SYSTEM)

    assert (user.name, user.bundle) == ("Sam", "")
    assert acme.apply(toml(""), prune=True, actor=SYSTEM) == Plan("default")


def test_an_update_keeps_what_a_bundle_cannot_say(acme: Placet, toml: Toml) -> None:
    acme.apply(toml(ROLE), actor=SYSTEM)
    acme.assignments.create(
        Assignment(id="i", principal="user:sam", role="r", reason="ticket 7"), actor=SYSTEM
    )
    acme.apply(
        toml(ROLE + '[[assignments]]\nid = "i"\nto = ["user:dana"]\nrole = "r"'), actor=SYSTEM
    )
    assignment = acme.assignments.get("i", actor=SYSTEM)

    assert (assignment.principal, assignment.reason) == ("user:dana", "ticket 7")


def test_leftovers_are_told_and_kept(acme: Placet, toml: Toml) -> None:
    acme.apply(toml('[[users]]\nid = "sam"'), actor=SYSTEM)
    plan = acme.apply(toml(""), actor=SYSTEM)

    assert not plan.drift
    assert [step.id for step in plan.leftovers] == ["user:sam"]
    assert acme.users.get("sam", actor=SYSTEM).id == "sam"


def test_pruning_removes_every_leftover(acme: Placet, release: Bundle, toml: Toml) -> None:
    created = acme.apply(release, actor=SYSTEM)
    plan = acme.apply(toml('bundle = "release"'), prune=True, actor=SYSTEM)

    assert not plan.leftovers
    assert len(plan.steps) == len(created.steps)
    assert {step.action for step in plan.steps} == {"remove"}


def test_pruning_leaves_another_bundle_alone(acme: Placet, toml: Toml) -> None:
    acme.apply(toml('bundle = "one"\n[[users]]\nid = "sam"'), actor=SYSTEM)

    assert acme.apply(toml('bundle = "two"'), prune=True, actor=SYSTEM) == Plan("two")


def test_pruning_keeps_what_others_still_need(acme: Placet, toml: Toml) -> None:
    acme.apply(toml(ROLE), actor=SYSTEM)
    acme.assignments.create(Assignment(id="i", principal="user:sam", role="r"), actor=SYSTEM)

    plan = acme.apply(toml('permissions = ["a.b"]'), prune=True, actor=SYSTEM)

    assert said(plan) == []
    assert [(step.id, step.summary) for step in plan.leftovers] == [
        ("r", "role 'r' is still used by 1 assignment; delete those first, or with cascade")
    ]
    assert acme.check("user:sam", "a.b")


def test_pruning_keeps_what_the_bundle_itself_begins_to_need(acme: Placet, toml: Toml) -> None:
    acme.apply(toml(ROLE), actor=SYSTEM)
    text = 'permissions = ["a.b"]\n[[assignments]]\nto = ["user:sam"]\nrole = "r"'

    plan = acme.apply(toml(text), prune=True, actor=SYSTEM)

    assert [step.id for step in plan.leftovers] == ["r"]
    assert acme.check("user:sam", "a.b")


def test_roles_that_include_each_other_are_pruned_together(acme: Placet, toml: Toml) -> None:
    acme.apply(
        toml(ROLE + '[[roles]]\nid = "s"\nincludes = ["r"]\n[[roles]]\nid = "q"\nincludes = ["s"]'),
        actor=SYSTEM,
    )

    plan = acme.apply(toml(""), prune=True, actor=SYSTEM)

    assert not plan.leftovers


def test_a_policy_goes_when_its_gate_names_another(acme: Placet, toml: Toml) -> None:
    one = '[[approval_policies]]\nid = "{}"\napplies_to = ["a.b"]\nreviews = ["1 from owner"]\n'
    gate = '[[gates]]\nid = "g"\npolicy = "{}"'
    acme.apply(toml('permissions = ["a.b"]\n' + one.format("p") + gate.format("p")), actor=SYSTEM)

    plan = acme.apply(
        toml('permissions = ["a.b"]\n' + one.format("q") + gate.format("q")),
        prune=True,
        actor=SYSTEM,
    )

    assert said(plan) == ["create policy q", "update gate g", "remove policy p"]


def test_a_policy_stays_while_its_gate_names_it(acme: Placet, toml: Toml) -> None:
    one = '[[approval_policies]]\nid = "p"\napplies_to = ["a.b"]\nreviews = ["1 from owner"]\n'
    gate = '[[gates]]\nid = "g"\npolicy = "p"\n'
    acme.apply(toml('permissions = ["a.b"]\n' + one + gate), actor=SYSTEM)

    plan = acme.apply(
        toml('permissions = ["a.b"]\n' + gate + 'name = "new"'), prune=True, actor=SYSTEM
    )

    assert said(plan) == ["update gate g"]
    assert [step.id for step in plan.leftovers] == ["p"]


def test_a_mistake_anywhere_stores_nothing(acme: Placet, toml: Toml) -> None:
    """Failure mode 48: all of it, or nothing."""
    with pytest.raises(Invalid, match=r"assignments\[0\]\.role"):
        acme.apply(
            toml('[[users]]\nid = "sam"\n[[assignments]]\nto = ["user:sam"]\nrole = "x"'),
            actor=SYSTEM,
        )

    assert acme.store.head("acme").version == 0


def test_what_is_built_in_cannot_be_changed(acme: Placet, toml: Toml) -> None:
    with pytest.raises(Invalid) as caught:
        acme.apply(toml('[[users]]\nid = "a"\n[[roles]]\nid = "_account_admin"'), actor=SYSTEM)

    (problem,) = caught.value.problems
    assert str(problem) == "roles[0]: role '_account_admin' is built in and cannot be changed"
    assert acme.store.head("acme").version == 0


def test_access_that_an_approval_gave_is_not_a_bundles_to_change(acme: Placet, toml: Toml) -> None:
    acme.apply(toml(ROLE), actor=SYSTEM)
    minted = Assignment(id="m", principal="user:sam", role="r@/", approval="x", policies=("p@/",))
    work = acme._tenant.work(SYSTEM)
    work.put(minted)
    work.record("assignment.created")
    work.commit()

    with pytest.raises(Invalid, match="'m' names an approval or its policies"):
        acme.apply(
            toml(ROLE + '[[assignments]]\nid = "m"\nto = ["user:eve"]\nrole = "r"'), actor=SYSTEM
        )


def test_an_assignment_to_nothing_is_told_before_one_that_is_there_twice(
    acme: Placet, toml: Toml
) -> None:
    entry = '[[assignments]]\nto = ["user:sam"]\nrole = "{}"\n'
    with pytest.raises(Invalid) as caught:
        acme.apply(toml(ROLE + "".join(map(entry.format, ("r", "r@/", "none")))), actor=SYSTEM)

    assert [problem.path for problem in caught.value.problems] == [
        "assignments[2].role",
        "assignments[1]",
    ]


def test_the_bundle_of_another_account_is_refused(acme: Placet, release: Bundle) -> None:
    with pytest.raises(Invalid, match="account: is 'acme', and this is account 'globex'"):
        acme.tenant("globex").apply(release, actor=SYSTEM)


def test_an_actor_needs_the_right_to_every_part(acme: Placet, toml: Toml) -> None:
    acme.permissions.create(Permission.dotted("a.b"), actor=SYSTEM)
    may = ("core_account_edit", "core_user_manage")
    acme.roles.create(Role(id="people", permissions=may), actor=SYSTEM)
    acme.assignments.create(Assignment(id="i", principal="user:eve", role="people"), actor=SYSTEM)

    acme.apply(toml('[[users]]\nid = "sam"'), actor="user:eve")
    with pytest.raises(AccessDenied, match="lacks core_role_edit"):
        acme.apply(toml('[[users]]\nid = "dana"\n[[roles]]\nid = "r"'), actor="user:eve")

    assert acme.users.list(actor=SYSTEM).total == 1


def test_pruning_needs_the_right_to_delete(acme: Placet, toml: Toml) -> None:
    acme.apply(toml('permissions = ["a.b"]'), actor=SYSTEM)
    acme.roles.create(Role(id="editor", permissions=("core_account_edit",)), actor=SYSTEM)
    acme.assignments.create(Assignment(id="i", principal="user:eve", role="editor"), actor=SYSTEM)

    with pytest.raises(AccessDenied, match="lacks core_permission_delete"):
        acme.apply(toml(""), prune=True, actor="user:eve")


@pytest.mark.parametrize("text", ["", 'permissions = ["a.b"]', 'permissions = ["a.c"]'])
def test_a_plan_tells_nothing_to_who_may_not_edit_the_account(
    acme: Placet, toml: Toml, text: str
) -> None:
    acme.apply(toml('permissions = ["a.b"]'), actor=SYSTEM)

    for call in (acme.diff, acme.apply):
        with pytest.raises(AccessDenied, match="lacks core_account_edit"):
            call(toml(text), actor="user:eve")


def test_an_assignment_without_an_id_has_the_same_one_every_time(acme: Placet, toml: Toml) -> None:
    short = '[[groups]]\nid = "g"\n[[assignments]]\nto = ["group:g"]\nrole = "r"'
    exact = '[[groups]]\nid = "g"\n[[assignments]]\nto = ["group:g@/"]\nrole = "r@/"'
    acme.apply(toml(ROLE + short), actor=SYSTEM)

    assert acme.apply(toml(ROLE + exact), actor=SYSTEM) == Plan("default")


def test_an_expiry_that_changes_is_an_update(acme: Placet, toml: Toml) -> None:
    text = ROLE + '[[assignments]]\nto = ["user:sam"]\nrole = "r"\nexpires_at = {}-01-01T00:00:00Z'
    acme.apply(toml(text.format(2030)), actor=SYSTEM)

    plan = acme.apply(toml(text.format(2031)), actor=SYSTEM)

    assert [(step.action, step.fields) for step in plan.steps] == [("update", ("expires_at",))]


def test_the_scope_of_a_view_means_nothing_to_a_bundle(acme: Placet, toml: Toml) -> None:
    acme.at("retail").apply(toml(ROLE), actor=SYSTEM)

    assert acme.roles.get("r@/", actor=SYSTEM).scope == ""


def test_nested_groups_pass_rights_on(acme: Placet, toml: Toml) -> None:
    text = ROLE + (
        '[[groups]]\nid = "outer"\nmembers = ["group:inner"]\n'
        '[[groups]]\nid = "inner"\nmembers = ["user:sam"]\n'
        '[[assignments]]\nto = ["group:outer"]\nrole = "r"'
    )
    acme.apply(toml(text), actor=SYSTEM)

    assert acme.check("user:sam", "a.b")


def test_an_engine_that_is_opened_with_a_bundle_has_applied_it(release: Bundle) -> None:
    with Placet.open("memory://", account="acme", bundle=release) as placet:
        assert placet.check("user:sam", "release.deploy", "release:7.3")


def test_ten_thousand_assignments_are_one_commit(acme: Placet, toml: Toml) -> None:
    people = ", ".join(f'"user:u{number}"' for number in range(10_000))
    bundle = toml(ROLE + f'[[assignments]]\nto = [{people}]\nrole = "r"')

    assert len(acme.apply(bundle, actor=SYSTEM).steps) == 10_002
    assert acme.store.head("acme").version == 1
    assert acme.check("user:u9999", "a.b")
    assert not acme.diff(bundle, actor=SYSTEM).drift
