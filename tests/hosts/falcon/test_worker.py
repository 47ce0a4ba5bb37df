"""What goes on without a request."""

import threading

import pytest
from office import SYSTEM, office

from placet import Event, Placet, hookimpl
from placet.errors import Unavailable
from placet_falcon import Background


class Ear:
    """Hears of events."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self.events: list[Event] = []

    @hookimpl
    def placet_event(self, event: Event) -> None:
        self.events.append(event)
        self.heard.set()


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_a_round_delivers_for_every_account(ear: Ear) -> None:
    placet = office(plugins=[ear])
    placet.tenant("acme").request  # noqa: B018  # a look at another account makes nothing there
    from placet import User

    placet.tenant("acme").users.create(User(id="ann"), actor=SYSTEM)
    Background(placet).round()
    assert {event.account for event in ear.events} == {"default", "acme"}


def test_a_round_writes_down_passed_deadlines() -> None:
    placet = office()
    id = placet.request("invoice.pay", actor="user:sam").id
    placet.clock.advance("8h")
    Background(placet).round()
    kinds = [event.kind for event in placet.audit.list(approval=id, actor=SYSTEM).items]
    assert kinds[-1] == "approval.expired"


def test_a_thread_does_so_until_it_is_stopped(ear: Ear) -> None:
    background = Background(office(plugins=[ear]), interval_s=3600)
    background.start()
    background.start()
    assert ear.heard.wait(30)
    background.stop()
    assert "placet-background" not in {thread.name for thread in threading.enumerate()}


def test_a_failure_is_logged_and_the_other_accounts_served(
    ear: Ear, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from placet import User

    placet = office(plugins=[ear])
    placet.tenant("acme").users.create(User(id="ann"), actor=SYSTEM)
    tenant = Placet.tenant

    def failing(self: Placet, account: str) -> Placet:
        if account == "acme":
            raise Unavailable("down")
        return tenant(self, account)

    monkeypatch.setattr(Placet, "tenant", failing)
    Background(placet).round()
    assert {event.account for event in ear.events} == {"default"}
    assert "down" in caplog.text


def test_a_store_that_is_down_ends_a_round_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    placet = office()

    def fail(*args: object) -> None:
        raise Unavailable("down")

    monkeypatch.setattr(placet.store, "accounts", fail)
    Background(placet).round()
    assert "down" in caplog.text
