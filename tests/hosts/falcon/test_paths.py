"""From what a server hands over to what the router takes."""

import pytest

from placet.errors import Invalid
from placet_falcon.paths import routed_path, segment_text


def test_without_what_was_sent_a_slash_separates() -> None:
    assert routed_path({"PATH_INFO": "/a/b/c"}) == "/a/b/c"


def test_a_slash_that_was_sent_encoded_stays_in_its_name() -> None:
    """Failure mode 3."""
    path = routed_path({"PATH_INFO": "/a/b/c", "RAW_URI": "/a/b%2Fc?x=1"})
    assert [segment_text(part) for part in path.split("/")] == ["", "a", "b/c"]


def test_below_a_mount_point_the_path_begins_behind_it() -> None:
    environ = {"SCRIPT_NAME": "/policy/v2", "PATH_INFO": "/a/b", "REQUEST_URI": "/policy/v2/a/b"}
    assert routed_path(environ) == "/a/b"


def test_what_was_sent_counts_only_where_it_is_the_same_path() -> None:
    assert routed_path({"PATH_INFO": "/rewritten", "RAW_URI": "/a%2Fb"}) == "/rewritten"


def test_a_percent_sign_survives() -> None:
    assert segment_text(routed_path({"PATH_INFO": "/50%2F"})) == "/50%2F"


def test_trailing_slashes_go_but_not_that_of_an_owner() -> None:
    assert routed_path({"PATH_INFO": "/a//"}) == "/a"
    assert routed_path({"PATH_INFO": "/"}) == "/"
    assert routed_path({"PATH_INFO": "/members/group:qa@/"}) == "/members/group:qa@/"


def test_a_path_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(Invalid, match="UTF-8"):
        routed_path({"PATH_INFO": "/\xff"})
