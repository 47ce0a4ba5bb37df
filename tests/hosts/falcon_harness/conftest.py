"""What the tests of this surface start from: an administrator, people, a group, an account."""

import pytest
from harness_client import Client
from office import SYSTEM, office

from placet import Assignment, Group, Role, ServiceAccount
from placet.testing import PlacetUnderTest
from placet_falcon import SurfaceCatalogues
from placet_falcon.harness import SURFACE


@pytest.fixture
def placet() -> PlacetUnderTest:
    placet = office(directory="closed", plugins=[SurfaceCatalogues([SURFACE])])
    with placet.acting(SYSTEM):
        placet.roles.create(
            Role(
                id="viewer1",
                name="Viewer",
                permissions=("core_pipeline_view", "core_secret_view"),
            )
        )
        placet.roles.create(Role(id="viewer2", permissions=("core_secret_view",)))
        placet.service_accounts.create(ServiceAccount(id="ci", name="CI", email="ci@example.com"))
        placet.groups.create(Group(id="crew", scope="retail", name="Crew"))
        placet.assignments.create(
            Assignment(id="kim_views", principal="user:kim", role="_account_viewer")
        )
    placet.clock.advance("1s")
    return placet


@pytest.fixture
def client(placet: PlacetUnderTest) -> Client:
    return Client(placet)
