"""A surface of one's own: its paths, its account, its errors, its catalogue."""

from collections.abc import Mapping

import falcon
import pytest
from falcon import testing
from falcon_client import token_of
from office import office

from placet import Permission, Placet, Role
from placet.catalogue import Catalogue
from placet_falcon import SURFACES, Surface, SurfaceCatalogues, create_app
from placet_falcon.errors import Failure
from placet_falcon.host import Host, call_of
from placet_falcon.surface import App


class Hello:
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        placet, actor = call_of(req)
        resp.text = f"{actor.principal} of {placet.account}"

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        raise falcon.HTTPUnsupportedMediaType(description="no bodies")


class Health:
    public = True

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        resp.text = "fine"


def mount(app: App, host: Host) -> None:
    app.add_route("/vendor/hello", Hello())
    app.add_route("/vendor/health", Health())


def write(req: falcon.Request, resp: falcon.Response, failure: Failure) -> None:
    resp.status = 400 if failure.status == 404 else failure.status
    resp.text = f"vendor says {failure.status}"
    resp.content_type = "text/plain"


def named(req: falcon.Request, params: Mapping[str, str]) -> str | None:
    return req.get_header("Vendor-Account")


VENDOR = Surface(
    name="vendor",
    prefixes=("/vendor",),
    mount=mount,
    write_failure=write,
    account=named,
    catalogue=Catalogue(
        permissions=(Permission(id="vendor_do", resource_type="VENDOR", action="do"),),
        roles=(Role(id="_vendor", permissions=("vendor_do",), managed=True),),
    ),
)


@pytest.fixture
def placet() -> Placet:
    return office(directory="closed", plugins=[SurfaceCatalogues([VENDOR])])


@pytest.fixture
def client(placet: Placet) -> testing.TestClient:
    return testing.TestClient(
        create_app(placet, surfaces=[*SURFACES, VENDOR]),
        headers={"x-api-key": token_of(placet, "sam")},
    )


def test_a_surface_is_called_with_the_caller(client: testing.TestClient) -> None:
    assert client.simulate_get("/vendor/hello").text == "user:sam of default"


def test_the_account_is_where_the_surface_looks_for_it(client: testing.TestClient) -> None:
    headers = {"Vendor-Account": "acme"}
    assert client.simulate_get("/vendor/hello", headers=headers).text == "vendor says 403"


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/vendor/nothing", "vendor says 404"),
        ("PUT", "/vendor/hello", "vendor says 405"),
        ("POST", "/vendor/hello", "vendor says 415"),
    ],
)
def test_every_error_below_its_prefix_has_its_shape(
    client: testing.TestClient, method: str, path: str, said: str
) -> None:
    assert client.simulate_request(method, path).text == said


def test_an_error_elsewhere_has_the_shape_of_the_host(client: testing.TestClient) -> None:
    assert client.simulate_get("/vendors").json["error"]["code"] == "not_found"


def test_who_is_not_known_is_told_in_its_shape(placet: Placet) -> None:
    client = testing.TestClient(create_app(placet, surfaces=[VENDOR]))
    refused = client.simulate_get("/vendor/hello")
    assert (refused.text, refused.status_code) == ("vendor says 401", 401)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_public_resource_asks_nobody_who_they_are(placet: Placet) -> None:
    client = testing.TestClient(create_app(placet, surfaces=[VENDOR]))
    assert client.simulate_get("/vendor/health").text == "fine"


def test_a_surface_that_is_not_chosen_is_not_there(placet: Placet) -> None:
    client = testing.TestClient(create_app(placet, surfaces=[VENDOR]))
    assert client.simulate_get("/placet/v1/accounts/default/roles").status_code == 404


def test_its_catalogue_is_part_of_every_account_and_of_the_administrators_role(
    placet: Placet,
) -> None:
    assert placet.roles.get("_vendor", actor="user:root").managed
    assert placet.check("user:root", "vendor_do")
    assert not placet.check("user:sam", "vendor_do")
