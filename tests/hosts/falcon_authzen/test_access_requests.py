"""Asking for what was denied: who may, for what, once, and how it is refused."""

from typing import Any

import msgspec
import pytest
from access_requests import DELETE, PEP2, READ, Requester, problem
from authzen_client import BOB, RECORD_1, RECORD_2

from placet import SYSTEM, Approval, Assignment
from placet.model import Rule, parse_reviews


def opened(requester: Requester) -> tuple[Approval, ...]:
    return requester.placet.approvals.list(descending=False, actor=SYSTEM).items


def item(requester: Requester, resource: Any, action: Any = READ, **members: Any) -> Any:
    token = requester.token(action, resource)
    return {
        "resource": resource,
        "action": action,
        "denial": {"binding_token": token},
        **members,
    }


def bundle(requester: Requester, *items: Any, **options: Any) -> Any:
    single = {"resource": None, "action": None, "denial": None}
    return requester.ask("", **{**single, "items": list(items), **options})


def test_a_request_opens_an_approval_for_the_subject_and_is_a_task(requester: Requester) -> None:
    result = requester.ask()
    task = result.json["task"]
    place = f"https://pdp.example.com/access/v1/requests/{task['id']}"
    assert (result.status_code, result.headers["Location"]) == (202, place)
    assert result.json == {
        "task": {
            "id": task["id"],
            "status": "pending",
            "status_endpoint": place,
            "expires_at": "2026-01-01T10:00:00Z",
            "links": {"cancel": f"{place}/cancel"},
        }
    }
    (approval,) = opened(requester)
    assert (approval.requester, approval.subject, approval.origin) == (
        "service_account:pep@/",
        "user:alice",
        "authzen",
    )


def test_the_approval_says_of_which_evaluation_it_came(requester: Requester) -> None:
    said = requester.evaluated()["context"]
    requester.ask(said["access_request"]["binding_token"])
    (approval,) = opened(requester)
    assert approval.labels["authzen.evaluation"] == said["evaluation_id"]
    assert int(approval.labels["authzen.revision"]) > 0


def test_what_a_policy_approves_by_itself_is_a_result_at_once(requester: Requester) -> None:
    with requester.placet.acting(SYSTEM):
        policy = requester.placet.policies.get("eyes")
        rule = Rule(name="always", verdict="approve", when="true")
        requester.placet.policies.update(msgspec.structs.replace(policy, rules=(rule,)))
    result = requester.ask()
    assert (result.status_code, result.json["task"]["status"]) == (201, "approved")
    assert result.json["result"]["mode"] == "reevaluate"


def test_a_person_may_ask_for_themselves(requester: Requester) -> None:
    assert requester.ask(by="user:alice").status_code == 202
    (approval,) = opened(requester)
    assert (approval.requester, approval.on_behalf_of) == ("user:alice", None)


def test_asking_for_others_needs_the_right_to(requester: Requester) -> None:
    looks = Assignment(id="looks", principal="user:eve", role="decision-point-client")
    requester.placet.assignments.create(looks, actor=SYSTEM)
    result = requester.ask(by="user:eve")
    assert result.status_code == 403
    assert "core_approval_requestfor" in result.text
    assert opened(requester) == ()


def test_neither_who_asks_nor_the_subject_reviews(requester: Requester) -> None:
    """T35: a program that asks for somebody is no second pair of eyes."""
    with requester.placet.acting(SYSTEM):
        members = ["service_account:pep", "user:alice"]
        requester.placet.groups.add_members("owners", members)
    requester.ask()
    (approval,) = opened(requester)
    for member in members:
        result = requester.http.simulate_post(
            f"/placet/v1/accounts/default/approvals/{approval.id}/reviews",
            json={"verdict": "approve"},
            headers={"x-api-key": requester.placet.credentials.issue(member, actor=SYSTEM).token},
        )
        assert result.status_code == 403


def test_the_time_that_is_asked_for_is_as_long_from_the_approval_on(requester: Requester) -> None:
    until = {"requested_until": "2026-01-01T09:20:00Z"}
    requester.ask(requested_access=until)
    requester.placet.clock.advance("30m")
    requester.decided()
    (approval,) = opened(requester)
    grant = requester.placet.grants.get(approval.grant or "", actor=SYSTEM)
    assert grant.ends_at is not None
    assert (grant.ends_at - grant.starts_at).total_seconds() == 20 * 60


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"requested_access": {"requested_until": "2026-01-01T08:00:00Z"}}, "not after the denial"),
        ({"requested_access": {"requested_until": "2026-01-01T08:00:00"}}, "timezone"),
        ({"callback": {"endpoint": "https://pep.example.com"}}, "nobody is called back"),
        ({"client": {"actor": {"id": "agent"}}}, "client.actor"),
        ({"client": {"actor": {"id": "pep", "act": {"sub": "alice"}}}}, "client.actor"),
        ({"resource": None}, "no resource and action"),
        ({"action": None}, "no resource and action"),
        ({"items": []}, "one of the two"),
        ({"items": [], "resource": None, "action": None}, "0 entries"),
        ({"items": [{}], "resource": None, "action": None}, "missing"),
        ({"subject": "alice"}, "subject"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_in_words(
    requester: Requester, members: dict[str, Any], says: str
) -> None:
    result = requester.ask(requester.token(), **members)
    assert (result.status_code, result.headers["Content-Type"]) == (
        400,
        "text/plain; charset=utf-8",
    )
    assert says in result.text
    assert opened(requester) == ()


def test_who_sends_it_may_be_named_as_the_actor(requester: Requester) -> None:
    assert requester.ask(client={"id": "gw", "actor": {"id": "pep"}}).status_code == 202


def test_members_that_nobody_knows_are_passed_over(requester: Requester) -> None:
    result = requester.ask(requested_access={"color": "red"}, x=1, client={"name": "gateway"})
    assert result.status_code == 202


def test_an_emergency_is_said_to_reviewers_and_changes_nothing_else(requester: Requester) -> None:
    result = requester.ask(requested_access={"emergency": True})
    assert result.json["task"]["status"] == "pending"
    assert opened(requester)[0].labels["authzen.emergency"] == "true"


# -- not requestable any more ----------------------------------------------------------------------


def test_what_is_allowed_by_now_is_not_requestable(requester: Requester) -> None:
    token = requester.token()
    requester.placet.policies.delete("eyes", actor=SYSTEM)
    assert problem(requester.ask(token)) == (400, "not_requestable")


def test_access_that_was_approved_is_not_asked_for_twice(requester: Requester) -> None:
    token = requester.token(DELETE, RECORD_2)
    requester.ask(token, action=DELETE, resource=RECORD_2)
    requester.decided()
    again = requester.ask(token, action=DELETE, resource=RECORD_2)
    assert problem(again) == (400, "not_requestable")
    assert len(opened(requester)) == 1


def test_what_is_denied_by_now_is_not_requestable(requester: Requester) -> None:
    token = requester.token()
    denied = Assignment(id="no", principal="user:alice", role="reader", effect="deny")
    requester.placet.assignments.create(denied, actor=SYSTEM)
    assert problem(requester.ask(token)) == (400, "not_requestable")


def test_what_would_yield_a_pass_without_an_end_by_now_is_not_requestable(
    requester: Requester,
) -> None:
    token = requester.token()
    with requester.placet.acting(SYSTEM):
        policy = requester.placet.policies.get("eyes")
        requester.placet.policies.update(msgspec.structs.replace(policy, use_within=None))
    assert problem(requester.ask(token)) == (400, "not_requestable")
    assert opened(requester) == ()


def test_a_subject_that_is_not_known_is_not_requestable(requester: Requester) -> None:
    token = requester.token()
    assert problem(requester.ask(token, subject={"type": "spaceship", "id": "1"})) == (
        400,
        "not_requestable",
    )


# -- the same again --------------------------------------------------------------------------------


def test_the_same_key_is_the_same_task_whatever_has_become_of_it(requester: Requester) -> None:
    token = requester.token()
    first = requester.ask(token, key="k")
    requester.decided("reject")
    requester.placet.clock.advance("1h")  # the denial is long over
    again = requester.ask(token, key="k")
    assert again.json["task"]["id"] == first.json["task"]["id"]
    assert (again.status_code, again.json["task"]["status"]) == (201, "denied")
    assert len(opened(requester)) == 1


def test_a_key_of_another_request_is_a_duplicate(requester: Requester) -> None:
    requester.ask(key="k")
    assert problem(requester.ask(subject=BOB, key="k")) == (409, "duplicate_request")
    assert len(opened(requester)) == 1


def test_keys_of_two_callers_do_not_meet(requester: Requester) -> None:
    requester.ask(key="k")
    assert requester.ask(subject=BOB, key="k", by=PEP2).status_code == 202


def test_without_a_key_the_same_request_is_the_same_task_while_it_is_pending(
    requester: Requester,
) -> None:
    first = requester.task()
    assert requester.task() == first
    requester.decided("reject")
    assert requester.task() != first


# -- several at once -------------------------------------------------------------------------------


def test_items_are_one_task_of_several_approvals(requester: Requester) -> None:
    items = [item(requester, RECORD_1), item(requester, RECORD_2, DELETE)]
    result = bundle(requester, *items)
    assert result.status_code == 202
    assert result.json["task"]["items"] == [
        {"resource": RECORD_1, "action": READ, "status": "pending"},
        {"resource": RECORD_2, "action": DELETE, "status": "pending"},
    ]
    assert {approval.resource for approval in opened(requester)} == {
        "record:record-1",
        "record:record-2",
    }


def test_items_are_asked_for_all_or_none(requester: Requester) -> None:
    items = [item(requester, RECORD_1), item(requester, RECORD_2, DELETE)]
    requester.placet.policies.delete("lift", actor=SYSTEM)
    assert problem(bundle(requester, *items)) == (400, "not_requestable")
    assert opened(requester) == ()


def test_items_are_asked_for_before_the_first_of_their_denials_is_too_old(
    requester: Requester,
) -> None:
    older = item(requester, RECORD_1)
    requester.placet.clock.advance("5m")
    newer = item(requester, RECORD_2)
    requester.placet.clock.advance("5m")
    assert problem(bundle(requester, older, newer)) == (410, "expired_denial")
    assert bundle(requester, newer).status_code == 202


def test_a_denial_for_all_items_has_to_cover_each(requester: Requester) -> None:
    denial = {"binding_token": requester.token()}
    bare = [{"resource": RECORD_1, "action": READ}, {"resource": RECORD_2, "action": READ}]
    assert problem(bundle(requester, *bare, denial=denial)) == (400, "invalid_denial_binding")
    assert bundle(requester, bare[0], denial=denial).json["task"]["items"][0]["action"] == READ


def test_an_item_that_is_there_twice_is_refused(requester: Requester) -> None:
    result = bundle(requester, item(requester, RECORD_1), item(requester, RECORD_1))
    assert (result.status_code, "items[1] is there twice" in result.text) == (400, True)
    assert opened(requester) == ()


def test_at_most_32_items(requester: Requester) -> None:
    one = item(requester, RECORD_1)
    assert "33 entries" in bundle(requester, *[one] * 33).text


def test_a_key_covers_all_items(requester: Requester) -> None:
    items = [item(requester, RECORD_1), item(requester, RECORD_2)]
    first = bundle(requester, *items, key="k")
    requester.decided()
    again = bundle(requester, *items, key="k")
    assert again.json["task"]["id"] == first.json["task"]["id"]
    assert again.json["task"]["status"] == "approved"
    assert problem(bundle(requester, items[0], key="k")) == (409, "duplicate_request")


def test_an_item_says_for_how_long_where_not_all_are_alike(requester: Requester) -> None:
    short = {"requested_until": "2026-01-01T09:05:00Z"}
    items = [item(requester, RECORD_1, requested_access=short), item(requester, RECORD_2)]
    bundle(requester, *items, requested_access={"requested_until": "2026-01-01T09:10:00Z"})
    assert {approval.resource: approval.seconds for approval in opened(requester)} == {
        "record:record-1": 300,
        "record:record-2": 600,
    }


def test_two_reviews_are_two_steps(requester: Requester) -> None:
    """What the policy asks for, and nothing that a body says, decides."""
    with requester.placet.acting(SYSTEM):
        policy = requester.placet.policies.get("eyes")
        two = msgspec.structs.replace(
            policy, requirement=parse_reviews("2 from group:owners"), allow_unsatisfiable=True
        )
        requester.placet.policies.update(two)
    handle = requester.task(requested_access={"emergency": True}, client={"id": "root"})
    requester.decided()
    assert requester.status(handle).json["task"]["status"] == "pending"
