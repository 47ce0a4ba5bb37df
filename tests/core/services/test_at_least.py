"""`at_least`: an answer from no less than a token stands for, or none at all."""

from collections.abc import Callable, Iterator

import pytest
from office import SYSTEM, office

from placet import AccessDenied, Assignment, Invalid, Permission, Placet, Unavailable, at_least
from placet import Ask as Question
from placet.services.consistency import AtLeast, reached
from placet.storage.copying import copy_store
from placet.storage.memory import MemoryStore
from placet.storage.port import StoredEvent
from placet.testing import PlacetUnderTest

KEYS = ("k" * 32,)
READ = ("user:eve", "invoice.read", "invoice:7")
Asking = Callable[[Placet, AtLeast], object]

QUESTIONS: dict[str, Asking] = {
    "check": lambda placet, fresh: placet.check(*READ, consistency=fresh),
    "decide": lambda placet, fresh: placet.decide(*READ, consistency=fresh).allowed,
    "explain": lambda placet, fresh: placet.explain(*READ, consistency=fresh).outcome == "allowed",
    "check_many": lambda placet, fresh: placet.check_many([READ], consistency=fresh) == (True,),
    "answers": lambda placet, fresh: (
        [
            answer.allowed
            for answer in placet.questions.answers([READ], consistency=fresh)
            if not isinstance(answer, Exception)
        ]
        == [True]
    ),
    "who_can": lambda placet, fresh: (
        READ[0] in placet.who_can(READ[1], READ[2], consistency=fresh).principals
    ),
    "what_can": lambda placet, fresh: (
        READ[1] in placet.what_can(READ[0], READ[2], consistency=fresh)
    ),
    "which": lambda placet, fresh: placet.which(READ[0], READ[1], consistency=fresh).unlisted,
    "filter": lambda placet, fresh: (
        placet.filter(READ[0], READ[1], consistency=fresh).tree
        != placet.filter("user:nobody", READ[1]).tree
    ),
    "unregistered": lambda placet, fresh: (
        placet.questions.unregistered("invoice.void", consistency=fresh) is None
    ),
}
"""Each is true once eve is a clerk and `invoice.void` is registered, and not before."""

every_question = pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)


@pytest.fixture
def primary() -> Iterator[PlacetUnderTest]:
    with office(secret_keys=KEYS) as opened:
        yield opened


@pytest.fixture
def replica(primary: PlacetUnderTest) -> Iterator[Placet]:
    """An engine on a copy of the store that is as old as the start of the test."""
    with Placet.open("memory://", secret_keys=KEYS) as opened:
        copy_store(primary.store, opened.store)
        assert not opened.check(*READ)
        yield opened


def _give(placet: Placet) -> str:
    """Let eve read; the token of an account in which she may."""
    with placet.acting(SYSTEM):
        placet.permissions.create(Permission.dotted("invoice.void"))
        placet.assignments.create(Assignment(id="eve", principal="user:eve", role="clerk"))
    return placet.token()


@every_question
def test_whoever_wrote_reads_it_with_its_own_token(primary: PlacetUnderTest, ask: Asking) -> None:
    assert not ask(primary, at_least(primary.token()))
    assert ask(primary, at_least(_give(primary)))


@every_question
def test_an_engine_that_lags_catches_up_before_it_answers(
    primary: PlacetUnderTest, replica: Placet, ask: Asking
) -> None:
    token = _give(primary)
    copy_store(primary.store, replica.store)
    assert not replica.check(*READ), "nobody has asked for more than what is in memory"
    assert ask(replica, at_least(token))


@every_question
def test_where_the_store_itself_is_behind_no_question_is_answered(
    primary: PlacetUnderTest, replica: Placet, ask: Asking
) -> None:
    token = _give(primary)
    with pytest.raises(Unavailable, match="is wanted, and after 0 seconds the store has"):
        ask(replica, at_least(token, within=0))
    assert not replica.check(*READ)


@every_question
def test_a_token_that_is_none_is_refused_by_every_question(
    primary: PlacetUnderTest, ask: Asking
) -> None:
    with pytest.raises(Invalid, match="consistency token"):
        ask(primary, at_least("default.1.AAAAAAAAAAAAAAAA"))


def test_a_token_of_another_account_is_refused(primary: PlacetUnderTest) -> None:
    other = primary.tenant("other").token()
    with pytest.raises(Invalid, match="of account 'other', and the question of 'default'"):
        primary.check(*READ, consistency=at_least(other))


def test_engines_with_other_keys_do_not_know_each_others_tokens(primary: PlacetUnderTest) -> None:
    with Placet.open("memory://") as stranger:
        copy_store(primary.store, stranger.store)
        with pytest.raises(Invalid, match="same secret_keys"):
            stranger.check(*READ, consistency=at_least(primary.token()))


def test_a_host_asks_with_a_token_as_well(primary: PlacetUnderTest, replica: Placet) -> None:
    """Who may not ask about others learns nothing by a token."""
    token = _give(primary)
    copy_store(primary.store, replica.store)
    with pytest.raises(AccessDenied):
        replica.questions.inquiry(
            Question("user:sam", READ[1]), actor="user:kim", consistency=at_least(token)
        )


class _Counting(MemoryStore):
    looks = 0

    def events(self, account: str, after: int, limit: int) -> tuple[StoredEvent, ...]:
        self.looks += 1
        return super().events(account, after, limit)


def test_what_is_in_memory_already_costs_no_look_at_the_store(primary: PlacetUnderTest) -> None:
    token = _give(primary)
    store = primary.store
    assert isinstance(store, MemoryStore)
    store.__class__ = _Counting
    assert isinstance(store, _Counting)
    assert primary.check(*READ, consistency=at_least(token))
    assert store.looks == 0


def test_a_token_is_of_what_was_seen_not_of_what_others_have_written(
    primary: PlacetUnderTest, replica: Placet
) -> None:
    before = replica.token()
    token = _give(primary)
    copy_store(primary.store, replica.store)
    assert replica.token() == before
    assert replica.check(*READ, consistency="latest")
    assert replica.token() == token


class _Time:
    """Stands still but for pauses, and does at a moment what the test says."""

    def __init__(self, then: float = float("inf"), do: Callable[[], object] = int) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self._then = then
        self._do = do

    def monotonic(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        if self.now >= self._then:
            self._then = float("inf")
            self._do()


def _head(placet: Placet) -> int:
    return placet.store.head("default").seq


def test_a_store_that_gets_there_in_time_is_waited_for(
    primary: PlacetUnderTest, replica: Placet
) -> None:
    _give(primary)
    time = _Time(3.0, lambda: copy_store(primary.store, replica.store))
    tenant = replica.questions.view.tenant
    snapshot = reached(tenant, _head(primary), 5.0, monotonic=time.monotonic, pause=time.pause)
    assert snapshot.revision == _head(primary)
    assert 3.0 <= time.now < 3.1


def test_a_store_that_does_not_is_given_up_at_the_deadline(
    primary: PlacetUnderTest, replica: Placet
) -> None:
    behind = _head(replica)
    _give(primary)
    time = _Time()
    tenant = replica.questions.view.tenant
    with pytest.raises(Unavailable) as refused:
        reached(tenant, _head(primary), 5.0, monotonic=time.monotonic, pause=time.pause)
    assert refused.value.message == (
        f"revision {_head(primary)} of account 'default' is wanted, and after 5 seconds the store "
        f"has {behind}; try again, or ask with 'latest' where the token was given out"
    )
    assert time.now == pytest.approx(5.0)


def test_the_last_look_is_at_the_deadline(primary: PlacetUnderTest, replica: Placet) -> None:
    _give(primary)
    time = _Time(5.0, lambda: copy_store(primary.store, replica.store))
    tenant = replica.questions.view.tenant
    reached(tenant, _head(primary), 5.0, monotonic=time.monotonic, pause=time.pause)
    assert time.now == pytest.approx(5.0)


@pytest.mark.parametrize("within", [-1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(within: float) -> None:
    with pytest.raises(Invalid, match="number of seconds"):
        at_least("t", within)
