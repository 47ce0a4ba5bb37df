"""What the page about the surface tells people to put into a bundle does what it says."""

import re

import pytest
from iacm_client import Caller

from placet import SYSTEM
from placet.bundle.load import loads
from placet.testing import PlacetUnderTest


def test_the_policy_of_the_page_takes_the_place_of_the_default(
    placet: PlacetUnderTest, iacm: Caller, pytestconfig: pytest.Config
) -> None:
    path = pytestconfig.rootpath / "docs" / "harness-iacm.md"
    if not path.is_file():
        pytest.skip("the tests do not stand in a checkout of the project")
    (block,) = re.findall(r"(?:^    \[\[.*\n(?:    .*\n)+)", path.read_text("utf-8"), re.MULTILINE)
    placet.apply(loads(f'bundle = "page"\n{block}', "toml"), actor=SYSTEM)
    id = iacm.create()
    iacm.settle(id, "approved")
    assert iacm.status(id) == "pending"
    iacm.settle(id, "approved", by="bo")
    assert iacm.status(id) == "approved"
