"""The settings of a service: a file, then the environment, then flags."""

from pathlib import Path

import pytest

from placet.errors import Invalid
from placet_falcon.settings import ServiceSettings, host_settings, load_settings

KEY = "k" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "placet.toml"
    path.write_text(f'port = 1\nhost = "file"\naccount = "file"\nsecret_keys = ["{KEY}"]\n')
    return path


def test_without_anything_the_defaults_hold() -> None:
    assert load_settings(environ={}) == ServiceSettings()
    assert ServiceSettings().directory == "closed"


def test_the_environment_wins_over_the_file_and_flags_over_both(file: Path) -> None:
    settings = load_settings(file, {"PLACET_PORT": "2", "PLACET_HOST": "env"}, port=3)
    assert (settings.account, settings.host, settings.port) == ("file", "env", 3)


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load_settings(environ={"PLACET_PORT": "2"}, port=None).port == 2


def test_the_environment_names_the_file(file: Path) -> None:
    assert load_settings(environ={"PLACET_CONFIG": str(file)}).secret_keys == (KEY,)


def test_keys_in_the_environment_are_separated_by_commas() -> None:
    assert load_settings(environ={"PLACET_SECRET_KEYS": f"{KEY}, {KEY}"}).secret_keys == (KEY, KEY)


def test_settings_travel_through_the_environment() -> None:
    settings = ServiceSettings(port=1, bundle="b.toml", secret_keys=(KEY, KEY), log_level="debug")
    assert load_settings(environ=settings.environment()) == settings
    assert load_settings(environ=ServiceSettings().environment()) == ServiceSettings()


def test_access_requests_are_off_until_they_are_switched_on() -> None:
    environ = {"PLACET_PUBLIC_URL": "https://a.example", "PLACET_SECRET_KEYS": KEY}
    assert not load_settings(environ=environ).authzen_access_requests
    settings = load_settings(environ={**environ, "PLACET_AUTHZEN_ACCESS_REQUESTS": "true"})
    assert settings.authzen_access_requests
    assert load_settings(environ=settings.environment()) == settings
    assert host_settings(settings).authzen_access_requests


def test_lists_in_the_environment_are_separated_by_commas() -> None:
    environ = {
        "PLACET_TRUSTED_SUBJECT_PROPERTIES": "role, team",
        "PLACET_AUTHZEN_SUBJECT_TYPES": "identity=user,robot=service_account",
    }
    settings = load_settings(environ=environ)
    assert settings.trusted_subject_properties == ("role", "team")
    assert settings.authzen_subject_types == ("identity=user", "robot=service_account")


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"PLACET_PROT": "1"}, "did you mean 'port'"),
        ({"PLACET_PORT": "many"}, "port"),
        ({"PLACET_PORT": "70000"}, "65535"),
        ({"PLACET_DIRECTORY": "ajar"}, "directory"),
        ({"PLACET_WORKERS": "2", "PLACET_STORE": "tinydb:///a.json"}, "one process"),
        ({"PLACET_SECRET_KEYS": "short"}, "32 characters"),
        ({"PLACET_AUTHZEN_SUBJECT_TYPES": "user"}, "TYPE=KIND"),
        ({"PLACET_AUTHZEN_SUBJECT_TYPES": "a=user,a=group"}, "mapped twice"),
        ({"PLACET_AUTHZEN_SUBJECT_TYPES": "all=everyone"}, "TYPE=KIND"),
        ({"PLACET_PUBLIC_URL": "example.com"}, "https://"),
        ({"PLACET_AUTHZEN_ACCESS_REQUESTS": "1", "PLACET_SECRET_KEYS": KEY}, "without public_url"),
        (
            {"PLACET_AUTHZEN_ACCESS_REQUESTS": "1", "PLACET_PUBLIC_URL": "https://a.example"},
            "without secret_keys",
        ),
        ({"PLACET_CONFIG": "/no/such/file.toml"}, "cannot be read"),
    ],
)
def test_what_is_not_right_is_refused_in_words(environ: dict[str, str], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        load_settings(environ=environ)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "placet.toml"
    path.write_text("port: 1")
    with pytest.raises(Invalid, match="is not TOML"):
        load_settings(path, {})


def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "placet.toml"
    path.write_text("stroe = 'memory://'")
    with pytest.raises(Invalid, match="did you mean 'store'"):
        load_settings(path, {})


def test_other_variables_are_nobodys_business() -> None:
    assert load_settings(environ={"PATH": "/bin", "PLACET_BOOTSTRAP_TOKEN": "x"}).port == 8080
