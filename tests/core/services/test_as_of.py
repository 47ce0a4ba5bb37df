"""The past, asked about: what could be done then is answered now as it was answered then."""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from committing import administer, commit
from edited_logs import EDITS
from office import SYSTEM
from question_worlds import CONTEXT, EXTRA, more_facts
from random_worlds import NOW, PRINCIPALS, RESOURCES, SCOPES, random_changes

from placet import (
    AccessDenied,
    ApprovalPolicy,
    Assignment,
    Invalid,
    Permission,
    Placet,
    Resource,
    Role,
    User,
    hookimpl,
)
from placet.access.advance import Fact
from placet.access.answers import Decision
from placet.catalogue import Catalogue
from placet.errors import Corrupt
from placet.model import AccessYield, parse_reviews
from placet.services.past import AsOf
from placet.services.work import Work
from placet.storage.copying import copy_store
from placet.storage.memory import MemoryStore
from placet.testing import PlacetUnderTest, engine

SEEDS = range(100) if os.environ.get("SOAK") else range(8)
PAY = ("user:kim", "invoice.read", "invoice:7")
Commit = Callable[[Placet, Fact], object]


# -- the law -----------------------------------------------------------------------------------


class Asked(msgspec.Struct, frozen=True):
    """A question that was asked, when, and what the answer was."""

    at: datetime
    who: str
    permission: str
    on: str
    scope: str | None
    said: Decision


def _random_question(rng: random.Random, placet: PlacetUnderTest) -> Asked:
    permission = rng.choice(("doc.read", "doc.write", "job.run", "job.stop"))
    wanted = permission.partition(".")[0]
    on = rng.choice([f"{type}:{id}" for type, id in (*RESOURCES, *EXTRA) if type == wanted])
    who, scope = rng.choice(PRINCIPALS), rng.choice((None, *SCOPES))
    said = placet.decide(who, permission, on, scope=scope, context=CONTEXT)
    return Asked(placet.clock.now(), who, permission, on, scope, said)


class Story(msgspec.Struct, frozen=True):
    """What was asked while an account changed, and which event was the last one of a moment."""

    placet: PlacetUnderTest
    asked: list[Asked]
    last: dict[datetime, int]


def _story(seed: int, store: Commit) -> Story:
    """A random account, changed again and again as time goes by, some of it at one moment."""
    rng = random.Random(seed)
    placet = engine(now=NOW)
    facts = [*random_changes(rng, 100)]
    if store is commit:
        more = [*more_facts(rng)]
        facts = [*facts[:40], *more, *facts[40:], *map(_gone, more)]
    asked: list[Asked] = []
    last: dict[datetime, int] = {}
    for number, fact in enumerate(facts):
        placet.clock.advance(rng.choice(("0s", "0s", "1ms", "1m", "7m")))
        store(placet, fact)
        last[placet.clock.now()] = placet.store.head("default").seq
        if number > 5 and rng.random() < 0.2:
            asked.extend(_random_question(rng, placet) for _ in range(40))
    placet.clock.advance("30d")
    return Story(placet, asked, last)


def _gone(fact: Fact) -> Fact:
    # Without its permission a question is an error, and not an answer.
    return Fact(fact.noun, gone=not isinstance(fact.noun, Permission))


def _plain(decision: Decision) -> object:
    """Without the order of reasons: it is that in which an index learned of the grants."""
    reasons = sorted((one.code, one.text) for one in decision.reasons)
    return decision.outcome, decision.revision, sorted(decision.policies), reasons


@pytest.mark.parametrize("store", [commit, administer], ids=["facts", "services"])
def test_the_answer_is_the_one_that_was_given_then(store: Commit) -> None:
    outcomes: Counter[str] = Counter()
    for seed in SEEDS:
        story = _story(seed, store)
        for at, revision in {(asked.at, asked.said.revision) for asked in story.asked}:
            past = story.placet.audit.as_of(at, revision=revision, actor=SYSTEM)
            for asked in story.asked:
                if (asked.at, asked.said.revision) == (at, revision):
                    again = past.decide(
                        asked.who, asked.permission, asked.on, scope=asked.scope, context=CONTEXT
                    )
                    assert _plain(again) == _plain(asked.said)
                    outcomes[again.outcome] += 1
    wanted = {"allowed", "denied"} | ({"approval_required"} if store is commit else set())
    assert set(outcomes) == wanted
    assert min(outcomes.values()) >= 10


def test_a_moment_is_that_behind_its_last_event() -> None:
    story = _story(0, commit)
    assert len(story.last) < story.placet.store.head("default").seq
    found = {at: story.placet.audit.as_of(at, actor=SYSTEM).revision for at in story.last}
    assert found == story.last


# -- what was, and is not any more -------------------------------------------------------------


def read_then(placet: PlacetUnderTest, at: datetime) -> bool:
    return placet.audit.as_of(at, actor=SYSTEM).check(*PAY)


def test_who_has_lost_a_right_could_before(placet: PlacetUnderTest) -> None:
    then, _ = placet.clock.now(), placet.clock.advance("1h")
    placet.assignments.delete("kim", actor=SYSTEM)
    assert (placet.check(*PAY), read_then(placet, then)) == (False, True)
    assert not read_then(placet, placet.clock.now())


def test_a_change_counts_from_the_very_millisecond_on(placet: PlacetUnderTest) -> None:
    at = placet.clock.advance("1h")
    placet.assignments.delete("kim", actor=SYSTEM)
    assert not read_then(placet, at)
    assert read_then(placet, at - timedelta(milliseconds=1))


def test_who_was_given_a_right_could_not_before(placet: PlacetUnderTest) -> None:
    then, _ = placet.clock.now(), placet.clock.advance("1h")
    placet.assignments.create(
        Assignment(id="eve", principal="user:eve", role="clerk"), actor=SYSTEM
    )
    past = placet.audit.as_of(then, actor=SYSTEM)
    assert not past.check("user:eve", *PAY[1:])
    assert "no assignment" in past.explain("user:eve", *PAY[1:]).reasons[0].text


def test_windows_are_told_by_the_clock_of_then(placet: PlacetUnderTest) -> None:
    start = placet.clock.now()
    placet.assignments.create(
        Assignment(
            id="eve",
            principal="user:eve",
            role="clerk",
            not_before=start + timedelta(hours=1),
            expires_at=start + timedelta(hours=2),
        ),
        actor=SYSTEM,
    )
    placet.clock.advance("30d")
    could = [
        placet.audit.as_of(start + timedelta(minutes=minutes), actor=SYSTEM).check(
            "user:eve", *PAY[1:]
        )
        for minutes in (30, 60, 90, 119, 120, 600)
    ]
    assert could == [False, True, True, True, False, False]


def test_conditions_see_attributes_as_they_were(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.resources.create(Resource(type="invoice", id="7", attributes={"amount": 10}))
        placet.assignments.create(
            Assignment(
                id="eve",
                principal="user:eve",
                role="clerk",
                condition="resource.properties.amount < 100",
            )
        )
        small, _ = placet.clock.now(), placet.clock.advance("1h")
        placet.resources.update(Resource(type="invoice", id="7", attributes={"amount": 900}))
        large, _ = placet.clock.now(), placet.clock.advance("1h")
        placet.resources.delete("invoice:7")
    question = ("user:eve", *PAY[1:])
    past = [placet.audit.as_of(at, actor=SYSTEM) for at in (small, large, placet.clock.now())]
    # A resource that is not stored is what the question says of it.
    assert [one.check(*question, properties={"amount": 1}) for one in past] == [True, False, True]


def test_access_that_was_approved_for_a_time_is_told_with_its_end(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("ledger.read"))
        placet.roles.create(Role(id="reader", permissions=("ledger.read",)))
        placet.policies.create(
            ApprovalPolicy(
                id="reading",
                applies_to=("ledger.read",),
                needed="when_denied",
                requesters=("everyone",),
                requirement=parse_reviews("1 from group:finance"),
                yields=AccessYield(role="reader@/", seconds=3600),
            )
        )
    question = ("user:kim", "ledger.read", "ledger:1")
    moments = {"before": placet.clock.now()}
    placet.clock.advance("1h")
    asked = placet.request(*question[1:], actor="user:kim")
    moments["asked"] = placet.clock.now()
    placet.clock.advance("1h")
    placet.approve(asked, by="user:dana")
    moments["approved"] = placet.clock.now()
    moments["over"] = placet.clock.advance("2h")
    said = {
        name: placet.audit.as_of(at, actor=SYSTEM).decide(*question).outcome
        for name, at in moments.items()
    }
    assert said == {
        "before": "approval_required",
        "asked": "approval_required",
        "approved": "allowed",
        "over": "approval_required",
    }


def test_the_searches_are_of_then_as_well(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.resources.create(Resource(type="invoice", id="7"))
        then, _ = placet.clock.now(), placet.clock.advance("1h")
        placet.assignments.delete("kim")
        placet.resources.delete("invoice:7")
    past = placet.audit.as_of(then, actor=SYSTEM)
    assert past.who_can("invoice.read", "invoice:7").principals == ("user:kim", "user:sam")
    assert past.what_can("user:kim", "invoice:7") == ("invoice.read",)
    assert past.which("user:kim", "invoice.read").resources == ("invoice:7",)


def test_a_view_of_a_scope_asks_about_the_past_of_that_scope(placet: PlacetUnderTest) -> None:
    with placet.acting(SYSTEM):
        placet.assignments.create(
            Assignment(id="eve", scope="retail", principal="user:eve", role="clerk")
        )
    question = ("user:eve", *PAY[1:])
    retail = placet.at("retail").audit.as_of(placet.clock.now(), actor=SYSTEM)
    assert retail.check(*question)
    assert not placet.audit.as_of(placet.clock.now(), actor=SYSTEM).check(*question)
    assert not retail.check(*question, scope="")


def test_a_permission_was_not_registered_before_it_was(placet: PlacetUnderTest) -> None:
    then, _ = placet.clock.now(), placet.clock.advance("1h")
    placet.permissions.create(Permission.dotted("invoice.void"), actor=SYSTEM)
    past = placet.audit.as_of(then, actor=SYSTEM)
    with pytest.raises(Invalid, match=r"'invoice\.void' is not registered"):
        past.check("user:kim", "invoice.void")
    assert past.unregistered("invoice.void") is not None
    assert past.unregistered("invoice.read") is None


def test_before_the_first_event_there_was_nothing(placet: PlacetUnderTest) -> None:
    past = placet.audit.as_of(placet.clock.now() - timedelta(days=1), actor=SYSTEM)
    assert past.revision == 0
    assert past.unregistered("invoice.read") is not None


def test_a_copy_of_the_store_answers_the_same(placet: PlacetUnderTest) -> None:
    then, _ = placet.clock.now(), placet.clock.advance("1h")
    placet.assignments.delete("kim", actor=SYSTEM)
    with Placet.open("memory://", clock=placet.clock) as copy:
        copy_store(placet.store, copy.store)
        assert copy.audit.as_of(then, actor=SYSTEM).check(*PAY)
        assert not copy.check(*PAY)


def test_what_code_registers_counts_as_it_is_now() -> None:
    """It stands in no log, and the page says so."""

    class Plugin:
        roles: tuple[Role, ...] = ()

        @hookimpl
        def placet_catalogue(self) -> Catalogue:
            return Catalogue(permissions=(Permission.dotted("lamp.light"),), roles=self.roles)

    plugin = Plugin()
    with engine(plugins=[plugin]) as before:
        before.users.create(User(id="sam"), actor=SYSTEM)
        then = before.clock.now()
        store = before.store
        plugin.roles = (Role(id="_lamps", permissions=("lamp.light",), managed=True),)
        with engine(plugins=[plugin], now=then) as after:
            copy_store(store, after.store)
            after.assignments.create(
                Assignment(id="sam", principal="user:sam", role="_lamps"), actor=SYSTEM
            )
            assert after.audit.as_of(then, actor=SYSTEM).check("user:sam", "lamp.light")


# -- which moment ------------------------------------------------------------------------------


def test_what_has_not_been_yet_is_not_answered(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="has not been yet"):
        read_then(placet, placet.clock.now() + timedelta(milliseconds=1))


def test_a_moment_without_a_time_zone_is_refused(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match=r"no time zone; write 2026-01-01T09:00:00\+00:00"):
        read_then(placet, datetime.fromisoformat("2026-01-01T09:00"))


@pytest.mark.parametrize("year", [1, 1969])
def test_before_1970_no_log_reaches(placet: PlacetUnderTest, year: int) -> None:
    with pytest.raises(Invalid, match="before 1970"):
        read_then(placet, datetime(year, 1, 1, tzinfo=UTC))


def test_a_moment_of_another_time_zone_is_the_same_moment(placet: PlacetUnderTest) -> None:
    at = datetime.fromisoformat("2026-01-01T10:00:00.000999+01:00")
    placet.clock.advance("1s")
    past = placet.audit.as_of(at, actor=SYSTEM)
    assert past.at == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert past.revision == placet.store.head("default").seq


def test_a_revision_says_which_events_count_and_the_moment_what_the_time_was(
    placet: PlacetUnderTest,
) -> None:
    """An engine that had not heard of the latest change answered from less."""
    known = placet.decide(*PAY)
    placet.assignments.delete("kim", actor=SYSTEM)
    at = placet.clock.now()
    assert not placet.audit.as_of(at, actor=SYSTEM).check(*PAY)
    past = placet.audit.as_of(at, revision=known.revision, actor=SYSTEM)
    assert past.decide(*PAY) == known


@pytest.mark.parametrize(("revision", "why"), [(-1, "the least is 0"), (99, "no event 99 yet")])
def test_a_revision_that_was_never_is_refused(
    placet: PlacetUnderTest, revision: int, why: str
) -> None:
    with pytest.raises(Invalid, match=why):
        placet.audit.as_of(placet.clock.now(), revision=revision, actor=SYSTEM)


def test_a_revision_within_a_commit_is_refused(placet: PlacetUnderTest) -> None:
    last = placet.store.head("default").seq

    def use_case(work: Work) -> None:
        for name in ("one", "two"):
            work.put(User(id=name))
            work.record("user.created")

    placet.audit.view.tenant.run(SYSTEM, use_case)
    with pytest.raises(Invalid, match="in the middle of a commit"):
        placet.audit.as_of(placet.clock.now(), revision=last + 1, actor=SYSTEM)
    whole = placet.audit.as_of(placet.clock.now(), revision=last + 2, actor=SYSTEM)
    assert whole.revision == last + 2


def test_a_broken_log_answers_nothing(placet: PlacetUnderTest) -> None:
    edit, told = EDITS["the body is edited"]
    then, _ = placet.clock.now(), placet.clock.advance("1h")
    store = placet.store
    assert isinstance(store, MemoryStore)
    log = store._accounts["default"].log
    log[:] = edit(log)
    with pytest.raises(Corrupt, match=told):
        read_then(placet, then)


# -- who may ask -------------------------------------------------------------------------------


@pytest.fixture
def auditors(placet: PlacetUnderTest) -> PlacetUnderTest:
    """eve may see the log, and finn also who may do what."""
    with placet.acting(SYSTEM):
        placet.roles.create(Role(id="log", permissions=("core_audit_view",)))
        placet.roles.create(Role(id="access", permissions=("core_access_view",)))
        for name, role in (("eve", "log"), ("finn", "log"), ("finn", "access")):
            placet.assignments.create(
                Assignment(id=f"{name}-{role}", principal=f"user:{name}", role=role)
            )
    return placet


def test_the_past_takes_the_right_to_see_the_log(auditors: PlacetUnderTest) -> None:
    with pytest.raises(AccessDenied, match="core_audit_view"):
        auditors.audit.as_of(auditors.clock.now(), actor="user:sam")


def _refused(past: AsOf) -> list[str]:
    """The questions about others that are refused, for want of the right to view access."""
    asking: dict[str, Callable[[], object]] = {
        "check": lambda: past.check(*PAY),
        "decide": lambda: past.decide(*PAY),
        "explain": lambda: past.explain(*PAY),
        "who_can": lambda: past.who_can(*PAY[1:]),
        "what_can": lambda: past.what_can("user:sam"),
        "which": lambda: past.which("user:sam", "invoice.read"),
    }
    refused = []
    for name, ask in asking.items():
        try:
            ask()
        except AccessDenied as denied:
            if denied.permission == "core_access_view":
                refused.append(name)
    return refused


EVERY_QUESTION = ["check", "decide", "explain", "who_can", "what_can", "which"]


def test_it_also_takes_the_right_to_see_the_access_of_others(auditors: PlacetUnderTest) -> None:
    past = auditors.audit.as_of(auditors.clock.now(), actor="user:eve")
    assert _refused(past) == EVERY_QUESTION


def test_about_itself_everybody_who_sees_the_log_may_ask(auditors: PlacetUnderTest) -> None:
    past = auditors.audit.as_of(auditors.clock.now(), actor="user:eve")
    assert not past.check("user:eve", *PAY[1:])


def test_who_has_both_may_ask_about_anybody(auditors: PlacetUnderTest) -> None:
    assert _refused(auditors.audit.as_of(auditors.clock.now(), actor="user:finn")) == []


def test_who_has_lost_the_right_cannot_look_back_to_when_they_had_it(
    auditors: PlacetUnderTest,
) -> None:
    then, _ = auditors.clock.now(), auditors.clock.advance("1h")
    auditors.assignments.delete("finn-access", actor=SYSTEM)
    assert _refused(auditors.audit.as_of(then, actor="user:finn")) == EVERY_QUESTION


def test_who_has_the_right_now_can_look_back_to_when_they_had_it_not(
    auditors: PlacetUnderTest,
) -> None:
    then, _ = auditors.clock.now(), auditors.clock.advance("1h")
    auditors.assignments.create(
        Assignment(id="eve-access", principal="user:eve", role="access"), actor=SYSTEM
    )
    assert _refused(auditors.audit.as_of(then, actor="user:eve")) == []


def test_a_right_that_is_lost_meanwhile_is_lost_for_what_is_held_already(
    auditors: PlacetUnderTest,
) -> None:
    past = auditors.audit.as_of(auditors.clock.now(), actor="user:finn")
    auditors.assignments.delete("finn-access", actor=SYSTEM)
    assert _refused(past) == EVERY_QUESTION


def test_nobody_asks_about_the_past_unnamed(placet: PlacetUnderTest) -> None:
    with pytest.raises(Invalid, match="no actor"):
        placet.audit.as_of(placet.clock.now())
