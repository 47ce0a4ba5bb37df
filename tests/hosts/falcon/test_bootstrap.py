"""The first caller of an empty service, and the service as a whole."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon import testing
from office import office

from placet import Placet
from placet.errors import Invalid
from placet_falcon.bootstrap import bootstrap
from placet_falcon.settings import ServiceSettings, open_placet
from placet_falcon.wsgi import prepared

SECRET = "s" * 32
TOKEN = f"pat.default.first.{SECRET}"
ROLES = "/placet/v1/accounts/default/roles"


@pytest.fixture
def empty() -> Iterator[Placet]:
    with open_placet(ServiceSettings(store="memory://")) as placet:
        yield placet


def test_the_holder_of_the_token_administers_an_empty_account(empty: Placet) -> None:
    from placet_falcon import create_app

    assert bootstrap(empty, TOKEN)
    client = testing.TestClient(create_app(empty), headers={"x-api-key": TOKEN})
    assert client.simulate_post(ROLES, json={"id": "r"}).status_code == 201
    assert client.simulate_get("/placet/v1/accounts/default/audit/verification").json["ok"]


def test_it_is_one_commit(empty: Placet) -> None:
    bootstrap(empty, TOKEN)
    assert empty.store.head("default").version == 1


def test_it_happens_once(empty: Placet) -> None:
    assert bootstrap(empty, TOKEN)
    before = empty.store.head("default")
    assert not bootstrap(empty, f"pat.default.second.{SECRET}")
    assert empty.store.head("default") == before


def test_an_account_that_holds_anything_is_left_alone() -> None:
    placet = office(directory="closed")
    before = placet.store.head("default")
    assert not bootstrap(placet, TOKEN)
    assert placet.store.head("default") == before


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("secret", "pat.ACCOUNT.ID.SECRET"),
        (f"sat.default.first.{SECRET}", "person"),
        (f"pat.acme.first.{SECRET}", "acme"),
        ("pat.default.first.short", "32"),
        (f"pat.default.a b.{SECRET}", "letters"),
    ],
)
def test_a_token_that_would_not_do_is_refused_and_nothing_stored(
    empty: Placet, token: str, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        bootstrap(empty, token)
    assert empty.store.accounts() == ()


def test_a_bundle_and_the_first_caller_come_together(tmp_path: Path) -> None:
    bundle = tmp_path / "policy.toml"
    bundle.write_text('bundle = "b"\npermissions = ["invoice.pay"]\n[[users]]\nid = "admin"\n')
    settings = ServiceSettings(store="memory://", bundle=str(bundle))
    with prepared(settings, bootstrap_token=TOKEN) as placet:
        assert placet.authentication.token(TOKEN) is not None
        assert placet.users.get("admin", actor="user:admin").bundle == "b"
        assert not placet.check("user:admin", "invoice.pay")


def test_a_bundle_that_is_wrong_stops_the_start(tmp_path: Path) -> None:
    bundle = tmp_path / "policy.toml"
    bundle.write_text("roles = 7")
    with pytest.raises(Invalid, match="roles"):
        prepared(ServiceSettings(store="memory://", bundle=str(bundle)))


def test_asking_for_the_application_starts_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import placet_falcon.wsgi as wsgi

    registered: list[object] = []
    monkeypatch.setattr("atexit.register", registered.append)
    monkeypatch.setattr(wsgi, "configure_logging", lambda level: None)
    monkeypatch.setenv("PLACET_STORE", "memory://")
    monkeypatch.setenv("PLACET_BOOTSTRAP_TOKEN", TOKEN)
    try:
        client = testing.TestClient(wsgi.application, headers={"Authorization": f"Bearer {TOKEN}"})
        assert client.simulate_get(ROLES).status_code == 200
        assert wsgi.application is client.app
    finally:
        wsgi.__dict__.pop("application", None)
        for end in reversed(registered):
            assert callable(end)
            end()


def test_the_module_has_nothing_else_to_give() -> None:
    import placet_falcon.wsgi as wsgi

    with pytest.raises(AttributeError, match="applicatoin"):
        _ = wsgi.applicatoin


def test_logs_of_a_service_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    from placet_falcon.logs import configure_logging

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        root.handlers.clear()
        configure_logging("warning")
        logging.getLogger("placet").warning("hello %s", "you")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    assert '"message":"hello you"' in capsys.readouterr().err
