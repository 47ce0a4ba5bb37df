"""Metadata: addresses come from the setting, whatever a caller says of the host."""

import pytest
from authzen_client import PUBLIC, Pep

from placet.testing import PlacetUnderTest

WELL_KNOWN = "/.well-known/authzen-configuration"


def test_the_host_header_changes_nothing(pep: Pep) -> None:
    """Failure mode 43."""
    said = pep.http.simulate_get(
        WELL_KNOWN,
        headers={"Host": "evil.example.net", "X-Forwarded-Host": "evil.example.net"},
    )
    assert said.json["policy_decision_point"] == PUBLIC
    assert "evil" not in said.text


def test_without_a_public_address_there_is_no_metadata(placet: PlacetUnderTest) -> None:
    said = Pep(placet, public_url="").http.simulate_get(WELL_KNOWN)
    assert (said.status_code, "public_url" in said.text) == (404, True)


@pytest.mark.parametrize(
    ("public_url", "path", "identifier"),
    [
        (PUBLIC, "", PUBLIC),
        (f"{PUBLIC}/", "", PUBLIC),
        (PUBLIC, "/t/acme", f"{PUBLIC}/t/acme"),
        (f"{PUBLIC}/placet", "/placet", f"{PUBLIC}/placet"),
        (f"{PUBLIC}/placet", "/placet/t/acme", f"{PUBLIC}/placet/t/acme"),
        (f"{PUBLIC}/placet", "/t/acme", f"{PUBLIC}/placet/t/acme"),
        ("https://{account}.example.com", "/t/acme", "https://acme.example.com/t/acme"),
    ],
)
def test_the_identifier_is_that_into_which_the_path_was_put(
    placet: PlacetUnderTest, public_url: str, path: str, identifier: str
) -> None:
    said = Pep(placet, public_url=public_url).http.simulate_get(WELL_KNOWN + path)
    assert said.json["policy_decision_point"] == identifier
    assert said.json["access_evaluation_endpoint"] == f"{identifier}/access/v1/evaluation"


@pytest.mark.parametrize("path", ["/acme", "/t", "/t/a/b", "/t/a%20b", "/x/t/acme", "/T/acme"])
def test_there_is_nothing_at_other_paths(pep: Pep, path: str) -> None:
    assert pep.http.simulate_get(WELL_KNOWN + path).status_code == 404


def test_an_address_with_the_account_in_it_needs_one(placet: PlacetUnderTest) -> None:
    pep = Pep(placet, public_url="https://{account}.example.com")
    assert pep.http.simulate_get(WELL_KNOWN).status_code == 404


def test_metadata_are_open_and_may_be_cached(pep: Pep) -> None:
    said = pep.http.simulate_get(WELL_KNOWN, headers={"X-Request-ID": "a b"})
    assert said.headers["Cache-Control"] == "public, max-age=300"
    assert said.headers["X-Request-ID"] == "a b"


def test_of_an_account_that_there_is_not_metadata_tell_nothing(pep: Pep) -> None:
    there = pep.http.simulate_get(f"{WELL_KNOWN}/t/default").text
    nowhere = pep.http.simulate_get(f"{WELL_KNOWN}/t/nowhere").text
    assert there.replace("default", "nowhere") == nowhere
