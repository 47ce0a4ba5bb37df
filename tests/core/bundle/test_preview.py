"""What applying a bundle would do to people's access, in sentences."""

from collections.abc import Callable, Iterator

import pytest
from lesser_admins import guarded_office

from placet import SYSTEM, AccessDenied, Placet
from placet.bundle import Bundle, Preview
from placet.testing import PlacetUnderTest, engine

Toml = Callable[[str], Bundle]

BASE = """
bundle = "shop"
permissions = ["invoice.read", "invoice.pay", "report.read"]

[[users]]
id = "sam"
attributes = { team = "red" }
[[users]]
id = "dana"
[[groups]]
id = "finance"
members = ["user:dana"]

[[roles]]
id = "clerk"
permissions = ["invoice.*"]
[[roles]]
id = "reader"
permissions = ["invoice.read"]
[[resource_groups]]
id = "two"
resources = [{ type = "invoice", ids = ["7", "8"] }]
"""
SAM = '[[assignments]]\nto = ["user:sam"]\nrole = "clerk"\n'
FINANCE = '[[assignments]]\nto = ["group:finance"]\nrole = "clerk"\nscope = "retail"\n'
FOUR_EYES = """
[[approval_policies]]
id = "four-eyes"
applies_to = ["invoice.pay"]
reviews = ["1 from group:finance"]
"""
ELEVATION = """
[[approval_policies]]
id = "on-call"
applies_to = ["invoice.pay"]
needed = "when_denied"
requesters = ["group:finance", "owner"]
reviews = ["1 from user:sam"]
"""


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with engine() as opened:
        yield opened


@pytest.fixture
def told(placet: PlacetUnderTest, toml: Toml) -> Callable[[str, str], list[str]]:
    """What is told of going from one bundle to another: losses behind a minus."""

    def between(before: str, after: str) -> list[str]:
        placet.apply(toml(BASE + before), actor=SYSTEM)
        preview = placet.preview(toml(BASE + after), prune=True, actor=SYSTEM)
        return [*map(str, preview.gains), *(f"- {change}" for change in preview.losses)]

    return between


Told = Callable[[str, str], list[str]]


def test_an_assignment_is_told_with_permissions_resources_scope_and_role(told: Told) -> None:
    assert told("", SAM + 'scope = "retail"') == [
        "user:sam gains invoice.pay, invoice.read on every invoice in retail and below (role clerk)"
    ]


def test_to_take_it_away_is_told_as_a_loss(told: Told) -> None:
    assert told(SAM, "") == [
        "- user:sam loses invoice.pay, invoice.read on every invoice in the account and below "
        "(role clerk)"
    ]


def test_what_somebody_held_before_is_not_told(told: Told) -> None:
    reader = '[[assignments]]\nto = ["user:sam"]\nrole = "reader"\n'
    assert told(reader, reader + SAM) == [
        "user:sam gains invoice.pay on every invoice in the account and below (role clerk)"
    ]


def test_what_comes_by_another_way_is_not_told(told: Told) -> None:
    """The group gains it; dana, who is in it, neither gains nor loses."""
    dana = FINANCE.replace("group:finance", "user:dana")
    assert told(dana, FINANCE) == [
        "group:finance gains invoice.pay, invoice.read on every invoice in retail and below "
        "(role clerk)"
    ]


def test_a_group_is_told_once_and_not_its_members(told: Told) -> None:
    (only,) = told("", FINANCE)
    assert only.startswith("group:finance gains")


def test_who_joins_a_group_gains_what_it_holds(told: Told) -> None:
    joined = '[[groups]]\nid = "night"\nmembers = ["user:sam"]\n'
    held = FINANCE.replace("group:finance", "group:night")
    assert told('[[groups]]\nid = "night"\n' + held, joined + held) == [
        "user:sam gains invoice.pay, invoice.read on every invoice in retail and below "
        "(role clerk of group:night)"
    ]


def test_a_member_who_gains_more_than_the_group_is_told_too(told: Told) -> None:
    dana = FINANCE.replace("group:finance", "user:dana")
    lines = told("", FINANCE + 'when = "context.office"\n' + dana)
    assert [line.partition(" gains ")[0] for line in lines] == ["group:finance", "user:dana"]


def test_a_member_who_is_denied_no_longer_is_told_although_the_group_is_as_it_was(
    told: Told,
) -> None:
    deny = FINANCE + 'effect = "deny"\n'
    dana = SAM.replace("sam", "dana")
    assert told(dana + deny, dana) == [
        "user:dana gains invoice.pay, invoice.read on every invoice in retail and below "
        "(role clerk; no longer denied role clerk)"
    ]


def test_a_deny_to_a_group_is_told_of_the_members_who_lose_by_it(told: Told) -> None:
    dana = SAM.replace("sam", "dana")
    assert told(SAM + dana, SAM + dana + FINANCE + 'effect = "deny"') == [
        "- user:dana loses invoice.pay, invoice.read on every invoice in retail and below "
        "(role clerk; denied role clerk)"
    ]


def test_everyone_is_told_as_everyone(told: Told) -> None:
    everyone = SAM.replace("user:sam", "everyone")
    assert told(SAM, everyone) == [
        "everyone gains invoice.pay, invoice.read on every invoice in the account and below "
        "(role clerk)"
    ]


def test_a_deny_to_everyone_is_told_once_for_all_who_hold_it(told: Told) -> None:
    everyone = SAM.replace("user:sam", "everyone") + 'effect = "deny"\n'
    assert told(SAM, SAM + everyone) == [
        "- everyone is denied invoice.pay, invoice.read on every invoice in the account and below "
        "(denied role clerk)"
    ]


def test_a_role_that_gets_a_permission_is_told_for_its_holders(told: Told) -> None:
    more = SAM + '[[roles]]\nid = "night"\npermissions = ["report.read"]\n'
    holder = '[[assignments]]\nto = ["user:dana"]\nrole = "night"\n'
    before = more.replace("report.read", "invoice.read") + holder
    assert told(before, more + holder) == [
        "user:dana gains report.read on every report in the account and below (role night)",
        "- user:dana loses invoice.read on every invoice in the account and below (role night)",
    ]


def test_listed_resources_are_named_with_their_group(told: Told) -> None:
    assert told("", SAM + 'resource_group = "two"') == [
        "user:sam gains invoice.pay, invoice.read on invoice:7, invoice:8 in the account and below "
        "(role clerk; resource group two)"
    ]


def test_all_but_those_that_were_held_are_told_as_that(told: Told) -> None:
    listed = SAM + 'resource_group = "two"'
    assert told(listed, SAM) == [
        "user:sam gains invoice.pay, invoice.read on every invoice but invoice:7, invoice:8 "
        "in the account and below (role clerk)"
    ]


def test_a_condition_and_a_window_are_part_of_it(told: Told) -> None:
    terms = 'when = "context.office"\nexpires_at = 2026-02-01T00:00:00Z\n'
    assert told("", SAM + terms) == [
        "user:sam gains invoice.pay, invoice.read on every invoice in the account and below "
        "when context.office until 2026-02-01T00:00:00+00:00 (role clerk)"
    ]


def test_four_eyes_take_the_plain_right_away(told: Told) -> None:
    assert told(SAM, SAM + FOUR_EYES) == [
        "- user:sam needs approval from now on for invoice.pay on every invoice "
        "in the account and below (role clerk; policy four-eyes)"
    ]


def test_without_four_eyes_holders_gain_the_plain_right(told: Told) -> None:
    assert told(SAM + FOUR_EYES, SAM) == [
        "user:sam no longer needs approval for invoice.pay on every invoice "
        "in the account and below (role clerk; policy four-eyes)"
    ]


def test_what_is_given_under_four_eyes_is_told_with_approval(told: Told) -> None:
    assert told(FOUR_EYES, SAM + FOUR_EYES) == [
        "user:sam gains invoice.read on every invoice in the account and below (role clerk)",
        "user:sam gains invoice.pay on every invoice in the account and below, with approval "
        "(role clerk; policy four-eyes)",
    ]


def test_the_condition_of_a_policy_is_told_with_it(told: Told) -> None:
    (only,) = told(SAM, SAM + FOUR_EYES + 'when = "resource.properties.amount > 9"')
    assert only.endswith("(role clerk; policy four-eyes when resource.properties.amount > 9)")


def test_whoever_may_ask_from_now_on_is_told(told: Told) -> None:
    assert told("", ELEVATION) == [
        "group:finance may ask for invoice.pay on every invoice in the account and below "
        "(policy on-call)",
        "owner may ask for invoice.pay on every invoice in the account and below (policy on-call)",
    ]


def test_a_new_owner_may_ask_and_the_old_one_may_not(told: Told) -> None:
    owned = '[[resources]]\ntype = "invoice"\nid = "7"\nattributes = { owner = "sam" }\n'
    assert told(ELEVATION + owned, ELEVATION + owned.replace("sam", "kim")) == [
        "user:kim may ask for invoice.pay on invoice:7 in the account and below (policy on-call)",
        "- user:sam may no longer ask for invoice.pay on invoice:7 in the account and below "
        "(policy on-call)",
    ]


def test_attributes_that_a_condition_reads_are_told_by_what_they_come_to(told: Told) -> None:
    team = '[[assignments]]\nto = ["everyone"]\nrole = "reader"\nwhen = "%s"\n'
    red = team % "subject.properties.team == 'red'"
    person = '[[users]]\nid = "kim"\nattributes = { team = "blue" }\n'
    assert told(person + red, person.replace("blue", "red") + red) == [
        "user:kim gains invoice.read on every invoice in the account and below "
        "(role reader of everyone)"
    ]


def test_where_a_request_may_bring_the_attribute_both_are_told(toml: Toml) -> None:
    """What it comes to is then known to nobody but the request."""
    given = '[[assignments]]\nto = ["everyone"]\nrole = "reader"\n'
    red = given + """when = "subject.properties.team == 'red'"\n"""
    with engine(trusted_subject_properties=["team"]) as placet:
        placet.apply(toml(BASE + red), actor=SYSTEM)
        moved = placet.preview(toml(BASE.replace('"red"', '"blue"', 1) + red), actor=SYSTEM)
    assert [one.principal for one in (*moved.gains, *moved.losses)] == ["user:sam", "user:sam"]


def test_attributes_of_a_resource_are_told_by_what_they_come_to(told: Told) -> None:
    one = '[[resources]]\ntype = "invoice"\nid = "7"\nattributes = { size = %d }\n'
    small = SAM + 'when = "resource.properties.size < 5"\n'
    assert told(small + one % 9, small + one % 3) == [
        "user:sam gains invoice.pay, invoice.read on invoice:7 in the account and below "
        "(role clerk)"
    ]


def test_a_condition_in_other_words_is_told_as_another_one(told: Told) -> None:
    lines = told(SAM + 'when = "context.office"', SAM + 'when = "context.office == true"')
    assert [line.partition(" on ")[0] for line in lines] == [
        "user:sam gains invoice.pay, invoice.read",
        "- user:sam loses invoice.pay, invoice.read",
    ]


def test_a_deny_under_a_condition_is_told_with_it(told: Told) -> None:
    deny = SAM + 'effect = "deny"\nwhen = "context.night"\n'
    assert told(SAM, SAM + deny) == [
        "- user:sam loses invoice.pay, invoice.read on every invoice in the account and below "
        "when context.night (role clerk; denied role clerk)"
    ]


def test_who_loses_a_right_and_may_ask_for_it_is_told_so(told: Told) -> None:
    dana = SAM.replace("sam", "dana")
    loss = told(dana + ELEVATION, ELEVATION)[0]
    assert loss == (
        "- user:dana loses invoice.pay on every invoice in the account and below, "
        "and may ask for it (role clerk; policy on-call)"
    )


def test_a_resource_that_moves_is_told_once_for_all_who_hold_it(told: Told) -> None:
    moved = '[[resources]]\ntype = "invoice"\nid = "7"\nscope = "%s"\n'
    assert told(SAM + moved % "retail", SAM + moved % "wholesale") == [
        "everyone gains invoice.pay, invoice.read on invoice:7 in wholesale (at home in wholesale)",
        "- everyone loses invoice.pay, invoice.read on invoice:7 in retail (at home in wholesale)",
    ]


def test_who_is_disabled_loses_what_they_held(told: Told) -> None:
    person = '[[users]]\nid = "kim"\n'
    kim = SAM.replace("sam", "kim")
    (only,) = told(person + kim, person + "disabled = true\n" + kim)
    assert only.startswith("- user:kim loses invoice.pay")


def test_the_largest_reach_comes_first(told: Told) -> None:
    """Scope, then all resources before listed ones, then how many permissions, then the name."""
    given = (
        ("user:e", "reader", 'scope = "retail/shop"'),
        ("user:d", "reader", 'scope = "retail"'),
        ("user:c", "clerk", 'resource_group = "two"'),
        ("user:b", "reader", ""),
        ("user:a", "reader", ""),
        ("user:z", "clerk", ""),
    )
    text = "".join(
        f'[[assignments]]\nto = ["{who}"]\nrole = "{role}"\n{where}\n' for who, role, where in given
    )
    names = [line.partition(" ")[0] for line in told("", text)]
    assert names == ["user:z", "user:a", "user:b", "user:c", "user:d", "user:e"]


def test_what_changes_nobodys_access_is_told_so(placet: Placet, toml: Toml) -> None:
    preview = placet.preview(toml('[[users]]\nid = "kim"\n'), actor=SYSTEM)
    assert str(preview).splitlines()[-1] == "nobody gains or loses access"


def test_a_preview_is_the_plan_of_a_diff_and_writes_nothing(placet: Placet, toml: Toml) -> None:
    bundle, before = toml(BASE + SAM), placet.store.head("default")
    preview = placet.preview(bundle, actor=SYSTEM)
    assert (preview.plan, preview.drift) == (placet.diff(bundle, actor=SYSTEM), True)
    assert placet.store.head("default") == before


def test_where_nothing_is_to_change_nobody_gains_or_loses(placet: Placet, toml: Toml) -> None:
    bundle = toml(BASE + SAM + FOUR_EYES)
    placet.apply(bundle, actor=SYSTEM)
    assert placet.preview(bundle, actor=SYSTEM) == Preview(placet.diff(bundle, actor=SYSTEM))


def test_as_data_each_change_has_its_sentence_and_all_it_is_about(
    placet: Placet, toml: Toml
) -> None:
    (change,) = placet.preview(toml(BASE + SAM), actor=SYSTEM).as_dict()["gains"]
    assert change["text"].startswith("user:sam gains")
    assert change["permissions"] == ["invoice.pay", "invoice.read"]
    assert change["places"] == [{"scope": "", "here": True, "below": True, "but": []}]
    assert (change["was"], change["now"], change["roles"]) == ("denied", "allowed", ["clerk@/"])


def test_many_permissions_are_counted_in_the_sentence_and_named_in_the_data(
    placet: Placet, toml: Toml
) -> None:
    many = tuple(f"many.a{number}" for number in range(9))
    text = f'permissions = {list(many)}\n[[roles]]\nid = "all"\npermissions = ["many.*"]\n'
    bundle = toml(text + SAM.replace("clerk", "all"))
    (gain,) = placet.preview(bundle, actor=SYSTEM).gains
    assert str(gain).startswith("user:sam gains 9 permissions on every many in")
    assert gain.permissions == many


def test_a_bundle_that_would_be_refused_has_no_preview(toml: Toml) -> None:
    bundle = toml('[[assignments]]\nto = ["user:eve"]\nrole = "clerk"\n')
    with guarded_office() as placet:
        with pytest.raises(AccessDenied, match="core_authz_bind"):
            placet.preview(bundle, actor="user:lee")
        with pytest.raises(AccessDenied, match="lacks core_account_edit"):
            placet.preview(bundle, actor="user:eve")
        (gain, *_) = placet.preview(bundle, actor="user:pat").gains
        assert gain.principal == "user:eve"
