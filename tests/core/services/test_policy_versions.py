"""What was published as a policy can be listed: which version, by whom, when, what it said."""

from datetime import timedelta

import msgspec
import pytest

from placet import (
    SYSTEM,
    AccessDenied,
    Actor,
    ApprovalPolicy,
    Assignment,
    Invalid,
    NotFound,
    Placet,
    Role,
    hookimpl,
)
from placet.bundle import loads
from placet.catalogue import Catalogue
from placet.model import PolicyVersion, parse_reviews
from placet.storage.port import Drop, Query
from placet.storage.verifying import verify_store
from placet.testing import PlacetUnderTest, engine


def _publish(placet: PlacetUnderTest, description: str, *, actor: Actor | str = SYSTEM) -> None:
    """Publish a new version of `four-eyes`."""
    placet.policies.change(
        "four-eyes",
        lambda policy: msgspec.structs.replace(policy, description=description),
        actor=actor,
    )


def _numbers(placet: PlacetUnderTest, id: str = "four-eyes") -> list[int]:
    return [version.number for version in placet.policies.versions(id, actor=SYSTEM).items]


def _forget(placet: PlacetUnderTest) -> None:
    """Make the account one of a release that kept no versions."""
    docs = placet.store.find(placet.account, Query("policy_version")).docs
    placet.store.commit(placet.account, [Drop(doc.key) for doc in docs], [])


# -- what is told ----------------------------------------------------------------------------------


def test_versions_come_newest_first_each_as_it_was(placet: PlacetUnderTest) -> None:
    for description in ("second", "third"):
        _publish(placet, description)
    found = placet.policies.versions("four-eyes", actor=SYSTEM).items
    assert [(one.number, one.policy.description) for one in found] == [
        (3, "third"),
        (2, "second"),
        (1, ""),
    ]


def test_the_newest_one_is_the_policy_that_is_read(placet: PlacetUnderTest) -> None:
    _publish(placet, "second")
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    newest = placet.policies.versions("four-eyes", actor=SYSTEM).items[0].policy
    assert newest == msgspec.structs.replace(policy, etag=0)


def test_a_version_says_who_published_it_and_when(placet: PlacetUnderTest) -> None:
    first = placet.clock.now()
    placet.clock.advance("1h")
    _publish(placet, "second", actor="user:root")
    assert [
        (one.published_by, one.published_at)
        for one in placet.policies.versions("four-eyes", actor=SYSTEM).items
    ] == [("user:root", first + timedelta(hours=1)), (SYSTEM.principal, first)]


def test_who_stands_behind_a_program_that_publishes_is_told(placet: PlacetUnderTest) -> None:
    placet.assignments.create(
        Assignment(id="eve", principal="user:eve", role="_account_admin"), actor=SYSTEM
    )
    _publish(placet, "second", actor=Actor("user:root", on_behalf_of="user:eve"))
    newest = placet.policies.version("four-eyes", 2, actor=SYSTEM)
    assert (newest.published_by, newest.on_behalf_of) == ("user:root", "user:eve")


def test_what_came_through_an_approval_names_it(placet: PlacetUnderTest) -> None:
    """T44."""
    with placet.acting(SYSTEM):
        placet.assignments.create(Assignment(id="eve", principal="user:eve", role="_account_admin"))
        placet.policies.create(
            ApprovalPolicy(
                id="constitution",
                applies_to=("core_approvalpolicy_edit",),
                requirement=parse_reviews("1 from role:_account_admin"),
            )
        )
    wanted = msgspec.structs.replace(
        placet.policies.get("four-eyes", actor=SYSTEM), description="second"
    )
    asked = placet.policies.propose(wanted, actor="user:root")
    placet.approve(asked, by="user:eve")
    placet.policies.update(wanted, actor="user:root")
    found = placet.policies.versions("four-eyes", actor=SYSTEM).items
    assert [(one.number, one.approval) for one in found] == [(2, asked.id), (1, None)]


def test_what_a_bundle_publishes_is_a_version_and_what_it_leaves_alone_is_none(
    placet: PlacetUnderTest,
) -> None:
    text = """
        bundle = "rules"
        [[approval_policies]]
        id = "reading"
        applies_to = ["invoice.read"]
        reviews = ["1 from group:finance"]
    """
    for _ in range(2):
        placet.apply(loads(text, "toml"), actor=SYSTEM)
    assert _numbers(placet, "reading") == [1]
    placet.apply(loads(text + 'description = "second"', "toml"), actor=SYSTEM)
    assert _numbers(placet, "reading") == [2, 1]


def test_what_was_refused_is_no_version(placet: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied):
        _publish(placet, "second", actor="user:eve")
    assert _numbers(placet) == [1]


def test_policies_of_one_id_in_two_scopes_have_each_their_own(placet: PlacetUnderTest) -> None:
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.create(msgspec.structs.replace(policy, scope="retail", etag=0), actor=SYSTEM)
    _publish(placet, "second")
    below = placet.policies.versions("four-eyes", scope="retail", actor=SYSTEM).items
    assert [(one.number, one.policy.scope) for one in below] == [(1, "retail")]


# -- one by its number -----------------------------------------------------------------------------


def test_one_version_is_read_by_its_number(placet: PlacetUnderTest) -> None:
    _publish(placet, "second")
    _publish(placet, "third")
    assert placet.policies.version("four-eyes", 2, actor=SYSTEM).policy.description == "second"


@pytest.mark.parametrize("number", [-1, 0, 2])
def test_a_number_that_was_not_given_is_not_found(placet: PlacetUnderTest, number: int) -> None:
    with pytest.raises(NotFound, match=f"no version {number} of policy 'four-eyes'"):
        placet.policies.version("four-eyes", number, actor=SYSTEM)


def test_an_approval_keeps_the_version_that_is_listed(placet: PlacetUnderTest) -> None:
    """T38."""
    approval = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    _publish(placet, "second")
    listed = placet.policies.version("four-eyes", approval.policy.version, actor=SYSTEM)
    assert (listed.policy.requirement, listed.policy.description) == (
        placet.policies.get("four-eyes", actor=SYSTEM).requirement,
        "",
    )


# -- pages -----------------------------------------------------------------------------------------


def test_pages_go_on_where_the_last_one_ended(placet: PlacetUnderTest) -> None:
    for number in range(2, 6):
        _publish(placet, str(number))
    pages, after = [], None
    while True:
        page = placet.policies.versions("four-eyes", limit=2, after=after, actor=SYSTEM)
        pages.append([one.number for one in page.items])
        after = page.next
        if after is None:
            break
    assert pages == [[5, 4], [3, 2], [1]]


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_limit_that_is_no_page_is_refused(placet: PlacetUnderTest, limit: int) -> None:
    with pytest.raises(Invalid, match="limit is"):
        placet.policies.versions("four-eyes", limit=limit, actor=SYSTEM)


def test_a_cursor_of_something_else_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="cursor"):
        placet.policies.versions("four-eyes", after="xyz", actor=SYSTEM)


# -- who may see it --------------------------------------------------------------------------------


def _looks(placet: PlacetUnderTest, actor: str) -> tuple[tuple[PolicyVersion, ...], PolicyVersion]:
    listed = placet.policies.versions("four-eyes", actor=actor).items
    return listed, placet.policies.version("four-eyes", 1, actor=actor)


def test_who_may_read_the_policy_may_read_its_versions(placet: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied, match="user:eve lacks core_approvalpolicy_view"):
        _looks(placet, "user:eve")
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="reader", permissions=("core_approvalpolicy_view",)))
        placet.assignments.create(Assignment(id="eve", principal="user:eve", role="reader"))
    listed, one = _looks(placet, "user:eve")
    assert listed == (one,)


def test_of_a_policy_that_is_not_there_nothing_is_told(placet: PlacetUnderTest) -> None:
    with pytest.raises(NotFound, match="there is no policy 'other'"):
        placet.policies.versions("other", actor=SYSTEM)
    with pytest.raises(NotFound, match="there is no policy 'other'"):
        placet.policies.version("other", 1, actor=SYSTEM)
    with pytest.raises(AccessDenied):
        placet.policies.versions("other", actor="user:eve")


# -- names that are used again ---------------------------------------------------------------------


def test_a_policy_that_was_removed_is_not_found(placet: PlacetUnderTest) -> None:
    placet.policies.delete("four-eyes", actor=SYSTEM)
    with pytest.raises(NotFound):
        placet.policies.versions("four-eyes", actor=SYSTEM)
    with pytest.raises(NotFound):
        placet.policies.version("four-eyes", 1, actor=SYSTEM)


def test_a_number_never_means_two_policies(placet: PlacetUnderTest) -> None:
    """T39: what was decided under version 1 was not decided under what came after it."""
    policy = placet.policies.get("four-eyes", actor=SYSTEM)
    placet.policies.delete("four-eyes", actor=SYSTEM)
    again = msgspec.structs.replace(policy, description="another", etag=0)
    assert placet.policies.create(again, actor=SYSTEM).version == 2
    found = placet.policies.versions("four-eyes", actor=SYSTEM).items
    assert [(one.number, one.policy.description) for one in found] == [(2, "another"), (1, "")]


# -- what no document was kept of ------------------------------------------------------------------


def test_of_an_older_account_the_version_that_is_current_is_listed(
    placet: PlacetUnderTest,
) -> None:
    first = placet.clock.now()
    _forget(placet)
    (found,) = placet.policies.versions("four-eyes", actor=SYSTEM).items
    assert (found.number, found.published_by, found.published_at) == (1, SYSTEM.principal, first)
    assert placet.policies.version("four-eyes", 1, actor=SYSTEM) == found


def test_who_changed_it_before_that_is_not_made_up(placet: PlacetUnderTest) -> None:
    """A record knows who made it, and not who has changed it since."""
    _publish(placet, "second", actor="user:root")
    _forget(placet)
    (found,) = placet.policies.versions("four-eyes", actor=SYSTEM).items
    assert (found.number, found.published_by) == (2, "")


def test_the_next_change_keeps_the_version_that_it_replaces(placet: PlacetUnderTest) -> None:
    _publish(placet, "second")
    _forget(placet)
    _publish(placet, "third")
    found = placet.policies.versions("four-eyes", actor=SYSTEM).items
    assert [(one.number, one.policy.description) for one in found] == [(3, "third"), (2, "second")]
    with pytest.raises(NotFound, match="no version 1 of policy 'four-eyes' is kept"):
        placet.policies.version("four-eyes", 1, actor=SYSTEM)


def test_a_removal_keeps_it_too_so_that_its_number_is_never_given_again(
    placet: PlacetUnderTest,
) -> None:
    _publish(placet, "second")
    _forget(placet)
    with placet.acting(SYSTEM):
        removed = placet.policies.delete("four-eyes")
        placet.policies.create(msgspec.structs.replace(removed, description="third"))
    assert _numbers(placet) == [3, 2]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_what_was_not_kept_has_its_place_in_the_pages(placet: PlacetUnderTest, limit: int) -> None:
    for number in (2, 3):
        _publish(placet, str(number))
    (newest,) = placet.store.find(
        placet.account, Query("policy_version", order="number", descending=True, limit=1)
    ).docs
    placet.store.commit(placet.account, [Drop(newest.key)], [])
    met, after, first = list[int](), None, True
    while first or after is not None:
        page = placet.policies.versions("four-eyes", limit=limit, after=after, actor=SYSTEM)
        assert len(page.items) <= limit
        met += [one.number for one in page.items]
        first, after = False, page.next
    assert met == [3, 2, 1]


def test_a_default_of_code_has_one_version_that_nobody_published() -> None:
    default = ApprovalPolicy(
        id="standard",
        applies_to=("core_gate_take",),
        requirement=parse_reviews("1 from role:_account_admin"),
        managed=True,
    )

    class Plugin:
        @hookimpl
        def placet_catalogue(self) -> Catalogue:
            return Catalogue(policies=(default,))

    with engine(plugins=[Plugin()]) as placet, placet.acting(SYSTEM):
        (found,) = placet.policies.versions("standard").items
        assert (found.policy.ref, found.published_by, found.published_at) == (
            "standard@/",
            "",
            None,
        )
        assert placet.policies.version("standard", 1) == found
        with pytest.raises(NotFound):
            placet.policies.version("standard", 2)


# -- the log ---------------------------------------------------------------------------------------


def test_a_version_that_was_edited_behind_placets_back_is_told(placet: PlacetUnderTest) -> None:
    (version,) = placet.store.find(placet.account, Query("policy_version")).docs
    assert verify_store(placet.store).ok
    placet.store.commit(placet.account, [Drop(version.key)], [])
    (account,) = verify_store(placet.store).accounts
    (fault,) = account.faults
    assert fault.startswith(f"policy_version {version.key.id!r} is missing")


def test_versions_outlive_the_process_in_a_file(tmp_path: object) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    text = """
        bundle = "demo"
        permissions = ["invoice.pay"]
        users = [{id = "dana"}]
        [[approval_policies]]
        id = "four-eyes"
        applies_to = ["invoice.pay"]
        reviews = ["1 from user:dana"]
    """
    with Placet.open(url) as placet:
        placet.apply(loads(text, "toml"), actor=SYSTEM)
    with Placet.open(url) as placet:
        placet.apply(loads(text + 'description = "second"', "toml"), actor=SYSTEM)
        found = placet.policies.versions("four-eyes", actor=SYSTEM).items
        assert [one.number for one in found] == [2, 1]
