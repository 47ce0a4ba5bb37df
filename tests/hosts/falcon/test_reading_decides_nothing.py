"""Whoever only follows a link changes nothing: mail scanners and previews open every one."""

import re
from collections.abc import Iterator

import pytest
from falcon import inspect, testing
from falcon_client import token_of
from office import SYSTEM, office

from placet import Gate
from placet.testing import PlacetUnderTest
from placet_falcon import create_app
from placet_falcon.surface import SurfaceCatalogues
from placet_falcon.surfaces import SURFACES

_PLACE = re.compile(r"\{(\w+)[^}]*\}")


@pytest.fixture
def placet() -> Iterator[PlacetUnderTest]:
    with office(plugins=[SurfaceCatalogues(SURFACES)]) as opened:
        opened.gates.create(Gate(id="prod", policy="four-eyes"), actor=SYSTEM)
        yield opened


def _address(path: str, id: str) -> str:
    """The address of a route, about `id`."""
    return _PLACE.sub(lambda place: "default" if place[1] == "account" else id, path)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_address_of_any_surface_decides_by_being_read(
    placet: PlacetUnderTest, method: str
) -> None:
    """T47: not even for who could decide, nor with a decision in the address."""
    asked = placet.request("invoice.pay", "invoice:7", actor="user:sam")
    other = placet.request("invoice.pay", "invoice:8", actor="user:sam")
    done = placet.approve(other, by="user:finn")
    app = create_app(placet)
    http = testing.TestClient(app)
    tokens = [token_of(placet, name) for name in ("sam", "dana", "root")]
    addresses = {
        _address(route.path, id)
        for route in inspect.inspect_app(app).routes
        for id in (asked.id, str(done.grant), "prod")
    }
    before = placet.store.head(placet.account)
    answered = 0
    for address in addresses:
        for token in tokens:
            for said in ({}, {"verdict": "approve", "digest": done.digest}):
                result = http.simulate_request(
                    method, address, headers={"x-api-key": token}, params=said
                )
                assert result.status_code < 500, address
                answered += result.status_code == 200
    assert answered > 20
    assert placet.store.head(placet.account) == before
