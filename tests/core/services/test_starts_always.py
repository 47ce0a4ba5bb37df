"""Whoever begins could have asked at that moment, whatever came before, and however close."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from elevation import ELEVATION, ask_later, elevating, grant_of, leave, reads
from hypothesis import given
from hypothesis import strategies as st
from office import office
from racing import NewOffice, at_once

from placet import (
    SYSTEM,
    Ask,
    Assignment,
    PlacetError,
    User,
    hookimpl,
)
from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.sources import Directory
from placet.catalogue import Catalogue
from placet.model import AccessYield, Approval, parse_reviews
from placet.storage.memory import MemoryStore
from placet.storage.port import Page, Query
from placet.testing import PlacetUnderTest

Change = Callable[[PlacetUnderTest], Any]
ELEVATION_OF_CODE = msgspec.structs.replace(
    ELEVATION,
    requesters=("user:eve",),
    requirement=parse_reviews("1 from group:finance@/"),
    yields=AccessYield("clerk@/", 3600),
    managed=True,
)


# -- what is looked at -----------------------------------------------------------------------------


def test_what_an_approval_gives_is_no_reason_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes nothing from anybody; else a minute with many approvals would look at all of them
    in each."""
    looked: list[str] = []
    find = MemoryStore.find

    def counting(store: MemoryStore, account: str, query: Query) -> Page:
        if query.range is not None and query.range.field == "starts":
            looked.append(account)
        return find(store, account, query)

    with elevating(office()) as placet:
        first, second = (ask_later(placet, hours=hours) for hours in (2, 3))
        monkeypatch.setattr(MemoryStore, "find", counting)
        placet.approve(first, by="user:dana")
        placet.approve(second, by="user:dana")
        assert looked == []
        leave(placet)
        assert looked


# -- what no commit changes ------------------------------------------------------------------------


def test_what_code_no_longer_offers_is_refused_by_the_sweeper_before_it_begins(
    tmp_path: object,
) -> None:
    """A policy of a plugin stands in no log: that it is gone is seen within the last minute."""

    class Plugin:
        @hookimpl
        def placet_catalogue(self) -> Catalogue:
            return Catalogue(policies=(ELEVATION_OF_CODE,))

    url = f"sqlite:///{tmp_path}/app.db"
    with office(url, plugins=[Plugin()]) as placet:
        done = placet.approve(ask_later(placet), by="user:dana")
        start = placet.clock.now() + timedelta(hours=2)
    with PlacetUnderTest.open(url, clock=placet.clock) as again:
        again.clock = placet.clock
        again.sweep()
        assert grant_of(again, done.grant or "").status == "scheduled"
        again.clock.advance(start - again.clock.now() - timedelta(seconds=1))
        again.sweep()
        assert grant_of(again, done.grant or "").status == "revoked"


# -- always ----------------------------------------------------------------------------------------


def _could_ask(placet: PlacetUnderTest, asked: Approval) -> bool:
    """Whether the decision that let eve ask says so now, by what she holds without approvals."""
    snapshot = placet.questions.inquiry(Ask("user:eve", "invoice.read", "invoice:7")).snapshot
    now = placet.clock.now()
    question = Directory(snapshot, asked, now).question("user:eve")
    said = decide(Inquiry(snapshot, question, now, minted=False))
    return said.outcome != "denied" and set(said.policies) <= set(asked.policies)


STEPS: tuple[Change, ...] = (
    leave,
    lambda placet: placet.groups.add_members("night", ["user:eve"], actor=SYSTEM),
    lambda placet: placet.users.update(User(id="eve", disabled=True), actor=SYSTEM),
    lambda placet: placet.users.update(User(id="eve"), actor=SYSTEM),
    lambda placet: placet.policies.delete("elevation", actor=SYSTEM),
    lambda placet: placet.policies.create(ELEVATION, actor=SYSTEM),
    lambda placet: placet.clock.advance("30m"),
    lambda placet: placet.assignments.create(
        Assignment(
            id="standby",
            principal="user:eve",
            role="standby",
            expires_at=placet.clock.now() + timedelta(hours=1),
        ),
        actor=SYSTEM,
    ),
    lambda placet: placet.assignments.delete("standby", actor=SYSTEM),
)


@given(steps=st.lists(st.sampled_from(STEPS), max_size=6))
def test_whoever_begins_could_have_asked_at_that_moment(steps: list[Change]) -> None:
    with office() as opened:
        placet = elevating(opened)
        asked = ask_later(placet, hours=4)
        start = placet.clock.now() + timedelta(hours=4)
        placet.approve(asked, by="user:dana")
        for step in steps:
            try:
                step(placet)
            except PlacetError:
                continue  # it is so already
        placet.clock.advance(start - placet.clock.now())
        assert not reads(placet) or _could_ask(placet, asked)


def test_a_yes_and_a_leaving_at_once_never_open_it(new_office: NewOffice, times: int) -> None:
    """Whichever comes first: what is approved meets what was taken, and what is taken finds what
    was approved.
    """
    for _ in range(times // 10):
        placet = elevating(new_office())
        asked = ask_later(placet)

        def approve(placet: PlacetUnderTest = placet, asked: Approval = asked) -> object:
            return placet.approve(asked, by="user:dana").status

        at_once(approve, partial(leave, placet))
        (grant,) = placet.grants.list(actor=SYSTEM).items
        assert grant.status == "revoked"
        placet.clock.advance("2h")
        assert not reads(placet)
