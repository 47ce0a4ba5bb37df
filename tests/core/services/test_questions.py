"""Many questions at once, and lists with cursors."""

from typing import Any

import pytest
from office import office

from placet import (
    SYSTEM,
    AccessDenied,
    Assignment,
    Decision,
    Invalid,
    Resource,
    ServiceAccount,
    User,
)
from placet.services.asking import Ask
from placet.testing import PlacetUnderTest


@pytest.fixture
def placet() -> PlacetUnderTest:
    placet = office()
    for number in range(5):
        placet.resources.create(Resource(type="invoice", id=str(number)), actor=SYSTEM)
    return placet


def test_many_questions_are_answered_in_their_order(placet: PlacetUnderTest) -> None:
    assert placet.check_many(
        [
            ("user:sam", "invoice.read"),
            Ask("user:eve", "invoice.read", "invoice:7"),
            ("user:sam", "invoice.pay"),
        ]
    ) == (True, False, False)


def test_a_question_that_cannot_be_asked_is_named_by_its_index(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match=r"question 1: .*did you mean 'invoice.pay'"):
        placet.check_many([("user:sam", "invoice.read"), ("user:sam", "invoice.pya")])
    with pytest.raises(Invalid, match=r"question 0: .* is no question"):
        placet.check_many([("user:sam",)])


def test_for_a_host_one_bad_question_does_not_spoil_the_others(placet: PlacetUnderTest) -> None:
    first, second, third = placet.questions.answers(
        [("user:sam", "invoice.read"), ("sam", "invoice.read"), ("user:eve", "invoice.read")],
        actor="user:root",
    )
    assert isinstance(first, Decision)
    assert first.allowed
    assert isinstance(second, Invalid)
    assert isinstance(third, Decision)
    assert not third.allowed


def test_of_many_questions_those_about_others_need_the_right(placet: PlacetUnderTest) -> None:
    own, other = placet.questions.answers(
        [("user:sam", "invoice.read"), ("user:kim", "invoice.read")], actor="user:sam"
    )
    assert isinstance(own, Decision)
    assert isinstance(other, AccessDenied)
    with pytest.raises(AccessDenied):
        placet.questions.check_many([("user:kim", "invoice.read")], actor="user:sam")


@pytest.mark.parametrize("call", ["who_can", "what_can", "which", "filter"])
def test_about_others_only_who_may_view_access_searches(placet: PlacetUnderTest, call: str) -> None:
    words = {
        "who_can": ("invoice.read",),
        "what_can": ("user:kim", "invoice:1"),
        "which": ("user:kim", "invoice.read"),
        "filter": ("user:kim", "invoice.read"),
    }[call]
    search = getattr(placet.searches, call)
    assert search(*words, actor="user:root")
    with pytest.raises(AccessDenied, match="core_access_view"):
        search(*words, actor="user:sam")


@pytest.mark.parametrize("call", ["what_can", "which", "filter"])
def test_about_oneself_everybody_searches(placet: PlacetUnderTest, call: str) -> None:
    words = {"what_can": ("user:sam",)}.get(call, ("user:sam", "invoice.read"))
    assert getattr(placet.searches, call)(*words, actor="user:sam")


def test_a_policy_that_wants_approval_keeps_everybody_out_of_the_lists(
    placet: PlacetUnderTest,
) -> None:
    assert placet.who_can("invoice.pay").principals == ()
    assert placet.who_can("invoice.read").principals == ("user:kim", "user:sam")
    assert placet.what_can("user:sam") == ("invoice.read",)


def test_a_page_ends_with_a_cursor_and_the_last_one_without(placet: PlacetUnderTest) -> None:
    first = placet.which("user:sam", "invoice.read", limit=3)
    assert first.resources == ("invoice:0", "invoice:1", "invoice:2")
    last = placet.which("user:sam", "invoice.read", limit=3, after=first.next)
    assert (last.resources, last.next) == (("invoice:3", "invoice:4"), None)


def test_a_cursor_goes_on_where_it_was_whatever_has_changed(placet: PlacetUnderTest) -> None:
    first = placet.which("user:sam", "invoice.read", limit=2)
    placet.resources.delete("invoice:1", actor=SYSTEM)
    placet.resources.create(Resource(type="invoice", id="00"), actor=SYSTEM)
    placet.resources.create(Resource(type="invoice", id="35"), actor=SYSTEM)
    rest = placet.which("user:sam", "invoice.read", after=first.next)
    assert rest.resources == ("invoice:2", "invoice:3", "invoice:35", "invoice:4")


def test_a_cursor_of_another_question_is_refused(placet: PlacetUnderTest) -> None:
    after = placet.which("user:sam", "invoice.read", limit=1).next
    with pytest.raises(Invalid, match="belongs to another question"):
        placet.which("user:kim", "invoice.read", after=after)
    with pytest.raises(Invalid, match="belongs to another question"):
        placet.which("user:sam", "invoice.read", context={"ip": "::1"}, after=after)
    with pytest.raises(Invalid, match="belongs to another question"):
        placet.who_can("invoice.read", after=after)


@pytest.mark.parametrize("after", ["", "!", "e30", "bnVsbA", "\udc00", "W10", "a" * 10_000])
def test_what_is_no_cursor_is_refused(placet: PlacetUnderTest, after: str) -> None:
    """Failure mode 44."""
    with pytest.raises(Invalid, match="is not one that a page gave out"):
        placet.who_can("invoice.read", after=after)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_refused(placet: PlacetUnderTest, limit: int) -> None:
    with pytest.raises(Invalid, match="it goes from 1 to 1000"):
        placet.who_can("invoice.read", limit=limit)


def test_a_kind_that_is_none_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="no kind of principal"):
        placet.who_can("invoice.read", kinds=("everyone",))


def test_a_type_that_no_permission_is_about_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="did you mean 'invoice'"):
        placet.what_can("user:sam", "invoicee:7")


def test_where_everyone_may_the_list_says_that_it_is_not_whole(placet: PlacetUnderTest) -> None:
    assert not placet.who_can("invoice.read").unlisted
    everyone = Assignment(id="all", principal="everyone", role="clerk")
    placet.assignments.create(everyone, actor=SYSTEM)
    page = placet.who_can("invoice.read")
    assert page.unlisted
    assert "user:eve" in page.principals


def test_in_a_closed_directory_everyone_is_listed() -> None:
    placet = office(directory="closed")
    everyone = Assignment(id="all", principal="everyone", role="clerk")
    placet.assignments.create(everyone, actor=SYSTEM)
    page = placet.who_can("invoice.read")
    assert not page.unlisted
    assert page.principals == tuple(
        f"user:{name}" for name in ("dana", "eve", "finn", "kim", "root", "sam")
    )


def test_properties_of_the_action_reach_conditions(placet: PlacetUnderTest) -> None:
    soft = Assignment(
        id="soft", principal="user:eve", role="clerk", condition="action.properties.soft"
    )
    placet.assignments.create(soft, actor=SYSTEM)
    assert placet.check("user:eve", "invoice.read", action_properties={"soft": True})
    assert not placet.check("user:eve", "invoice.read", action_properties={"soft": False})
    assert not placet.check("user:eve", "invoice.read")


def conditional(placet: PlacetUnderTest, text: str) -> None:
    placet.assignments.create(
        Assignment(id="if", principal="user:eve", role="clerk", condition=text), actor=SYSTEM
    )


def test_a_filter_takes_along_only_the_kinds_of_facts_that_its_conditions_name(
    placet: PlacetUnderTest,
) -> None:
    conditional(placet, "resource.properties.amount < context.limit")
    filter = placet.filter("user:eve", "invoice.read", context={"limit": 5})
    (condition,) = [part for part in filter.as_dict()["tree"]["of"] if part["is"] == "condition"]
    assert condition == {
        "is": "condition",
        "text": "resource.properties.amount < context.limit",
        "context": {"limit": 5},
    }


def test_a_condition_that_is_not_about_the_resource_is_decided_at_once(
    placet: PlacetUnderTest,
) -> None:
    conditional(placet, "context.ip == '::1'")
    here = placet.filter("user:eve", "invoice.read", context={"ip": "::1"})
    assert here.as_dict()["tree"] == {"is": "type_is", "type": "invoice"}
    assert placet.filter("user:eve", "invoice.read").as_dict()["tree"] == {"is": "nothing"}


def test_what_a_filter_cannot_carry_is_an_error_that_names_the_assignment(
    placet: PlacetUnderTest,
) -> None:
    conditional(placet, "resource.properties.at < context.at")
    with pytest.raises(Invalid, match=r"assignment 'if' cannot be said in a filter: context.at"):
        placet.filter("user:eve", "invoice.read", context={"at": placet.clock.now()})


@pytest.mark.parametrize("call", ["which", "filter"])
def test_a_name_that_several_scopes_own_has_no_one_answer(
    placet: PlacetUnderTest, call: str
) -> None:
    for scope in ("", "retail"):
        placet.service_accounts.create(ServiceAccount(id="ci", scope=scope), actor=SYSTEM)
    with pytest.raises(Invalid, match="write which one"):
        getattr(placet, call)("service_account:ci", "invoice.read")
    assert getattr(placet, call)("service_account:ci@/", "invoice.read")


def test_a_disabled_person_may_do_nothing_and_is_listed_nowhere(placet: PlacetUnderTest) -> None:
    before = placet.users.get("sam", actor=SYSTEM)
    placet.users.update(User(id=before.id, disabled=True), actor=SYSTEM)
    assert placet.who_can("invoice.read").principals == ("user:kim",)
    assert placet.what_can("user:sam") == ()


def test_a_program_cannot_ask_about_its_namesake_as_if_it_were_itself(
    placet: PlacetUnderTest,
) -> None:
    """`service_account:ci` is another one at the home of each resource."""
    for scope in ("", "retail"):
        placet.service_accounts.create(ServiceAccount(id="ci", scope=scope), actor=SYSTEM)
    placet.resources.create(Resource(type="invoice", id="r", scope="retail"), actor=SYSTEM)
    own = "service_account:ci@/"
    with pytest.raises(AccessDenied):
        placet.searches.what_can("service_account:ci", "invoice:r", actor=own)
    with pytest.raises(Invalid, match="write which one"):
        placet.searches.which("service_account:ci", "invoice.read", actor=own)


def everyone(placet: PlacetUnderTest, id: str, **terms: Any) -> None:
    placet.assignments.create(
        Assignment(id=id, principal="everyone", role="clerk", **terms), actor=SYSTEM
    )


@pytest.mark.parametrize(
    ("terms", "unlisted"),
    [
        ({}, True),
        ({"condition": "subject.id == 'nobody'"}, True),
        ({"condition": "context.ip == '::1'"}, True),
        ({"condition": "context.ip == '::2'"}, False),
        ({"condition": "context.absent"}, False),
        ({"scope": "retail"}, False),
        ({"disabled": True}, False),
    ],
)
def test_a_list_is_not_whole_where_somebody_unknown_could_be_allowed(
    placet: PlacetUnderTest, terms: dict[str, Any], unlisted: bool
) -> None:
    everyone(placet, "all", **terms)
    assert placet.who_can("invoice.read", context={"ip": "::1"}).unlisted is unlisted


@pytest.mark.parametrize(
    ("terms", "unlisted"),
    [
        ({}, False),
        ({"condition": "context.ip == '::1'"}, False),
        ({"condition": "context.absent"}, False),
        ({"condition": "context.ip == '::2'"}, True),
        ({"condition": "subject.id == 'sam'"}, True),
    ],
)
def test_a_deny_to_everyone_leaves_nobody_unknown(
    placet: PlacetUnderTest, terms: dict[str, Any], unlisted: bool
) -> None:
    everyone(placet, "all")
    everyone(placet, "none", effect="deny", **terms)
    assert placet.who_can("invoice.read", context={"ip": "::1"}).unlisted is unlisted


def test_a_policy_for_all_leaves_nobody_unknown(placet: PlacetUnderTest) -> None:
    everyone(placet, "all")
    assert placet.who_can("invoice.pay").unlisted is False


def test_services_are_no_part_of_a_directory_and_cannot_all_be_listed() -> None:
    placet = office(directory="closed")
    everyone(placet, "all")
    assert placet.who_can("invoice.read", kinds=("service",)).unlisted
    assert not placet.who_can("invoice.read", kinds=("user",)).unlisted
