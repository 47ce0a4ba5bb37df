"""What stands for many stands for no more than it says, in a check and in every list."""

from collections.abc import Iterator

import pytest

from placet import Invalid
from placet.access.filters import Row
from placet.bundle import loads
from placet.testing import PlacetUnderTest, engine

BUNDLE = """
permissions = ["invoice.pay", "invoice.read", "invoices.read"]
users = [{id = "sam", attributes = {team = "a"}}, {id = "eve"}]
roles = [
  {id = "reader", permissions = ["invoice.read"]},
  {id = "clerk", permissions = ["invoice.*"]},
]
resource_groups = [{id = "star", resources = [{type = "invoice", ids = ["*"]}]}]
resources = [{type = "invoice", id = "7"}]
"""
EVERYONE = '[[assignments]]\nto = ["everyone"]\nrole = "reader"\nid = "all"\n'
EVE_NOT = '[[assignments]]\nto = ["user:eve"]\nrole = "reader"\neffect = "deny"\nid = "no"\n'


def with_(more: str) -> PlacetUnderTest:
    return engine(loads(BUNDLE + more, "toml"))


def _to_sam(role: str, more: str = "") -> str:
    return f'[[assignments]]\nto = ["user:sam"]\nrole = "{role}"\n{more}\n'


def test_a_prefix_ends_at_its_dot() -> None:
    """Failure mode 7."""
    placet = with_(_to_sam("clerk"))
    assert placet.check("user:sam", "invoice.read", "invoice:7")
    assert not placet.check("user:sam", "invoices.read", "invoices:7")


def test_a_scope_ends_at_its_slash() -> None:
    """Failure mode 7."""
    placet = with_(_to_sam("clerk", 'scope = "retail"'))
    assert placet.check("user:sam", "invoice.read", "invoice:7", scope="retail/shop")
    assert not placet.check("user:sam", "invoice.read", "invoice:7", scope="retailer")


def test_a_star_among_resources_is_a_name() -> None:
    """Failure mode 6: it crosses nothing."""
    placet = with_(_to_sam("clerk", 'resource_group = "star"'))
    assert placet.check("user:sam", "invoice.read", "invoice:*")
    assert not placet.check("user:sam", "invoice.read", "invoice:7")
    assert not placet.check("user:sam", "invoice.read")
    assert placet.which("user:sam", "invoice.read").resources == ()


@pytest.mark.parametrize("pattern", ["*.read", "*", "in*.read", "invoice.*.read", "invoice.r*"])
def test_a_star_stands_for_the_end_of_a_permission_and_for_nothing_before_it(pattern: str) -> None:
    """Failure modes 6 and 8."""
    with pytest.raises(Invalid):
        with_(f'[[roles]]\nid = "wide"\npermissions = ["{pattern}"]\n')


@pytest.mark.parametrize("to", ['["everyone"]', '["user:sam"]'])
def test_all_resources_for_one_action_are_none_for_another(to: str) -> None:
    """Failure mode 9."""
    placet = with_(f'[[assignments]]\nto = {to}\nrole = "reader"\n')
    assert placet.check("user:sam", "invoice.read")
    assert not placet.check("user:sam", "invoice.pay")
    assert placet.what_can("user:sam", "invoice:7") == ("invoice.read",)


@pytest.mark.parametrize("condition", ["subject.properties.team == 'a'", "context.office"])
def test_what_everyone_has_under_a_condition_is_not_had_without_it(condition: str) -> None:
    """Failure mode 11: not in a check, nor in any list."""
    placet = with_(EVERYONE + f'when = "{condition}"\n')
    assert not placet.check("user:eve", "invoice.read", "invoice:7")
    assert "user:eve" not in placet.who_can("invoice.read", "invoice:7").principals
    assert placet.what_can("user:eve", "invoice:7") == ()
    assert placet.which("user:eve", "invoice.read").resources == ()
    assert not placet.filter("user:eve", "invoice.read").matches(Row("invoice", "7"))


def test_a_plain_grant_of_one_lifts_no_condition_for_the_others() -> None:
    """Failure mode 11: both kinds side by side."""
    placet = with_(EVERYONE + "when = \"subject.properties.team == 'b'\"\n" + _to_sam("reader"))
    page = placet.who_can("invoice.read", "invoice:7")
    assert page.principals == ("user:sam",)
    assert not placet.check("user:eve", "invoice.read", "invoice:7")


@pytest.fixture
def all_but_eve() -> Iterator[PlacetUnderTest]:
    with with_(EVERYONE + EVE_NOT) as placet:
        yield placet


def test_everyone_but_one_is_so_in_a_check(all_but_eve: PlacetUnderTest) -> None:
    """Failure mode 12."""
    assert all_but_eve.check("user:anybody", "invoice.read", "invoice:7")
    assert not all_but_eve.check("user:eve", "invoice.read", "invoice:7")


def test_everyone_but_one_is_so_in_every_list(all_but_eve: PlacetUnderTest) -> None:
    """Failure mode 12."""
    page = all_but_eve.who_can("invoice.read", "invoice:7")
    assert page.principals == ("user:sam",)
    assert page.unlisted, "others may as well"
    assert all_but_eve.what_can("user:eve", "invoice:7") == ()
    assert all_but_eve.which("user:eve", "invoice.read").resources == ()
    assert not all_but_eve.filter("user:eve", "invoice.read").matches(Row("invoice", "7"))
    assert all_but_eve.filter("user:sam", "invoice.read").matches(Row("invoice", "7"))
