"""What the tests of the Britive surface start from."""

import pytest
from britive_tenant import Tenant, tenant_of_sam


@pytest.fixture
def tenant() -> Tenant:
    return tenant_of_sam()
