"""What a decision point says of itself, at `/.well-known/authzen-configuration`.

Every address is made from the `public_url` setting: whoever sends a Host header of their own must
not be able to send others somewhere else (failure mode 43).
"""

import re
from typing import Any
from urllib.parse import urlsplit

import falcon

from placet_falcon.authzen.offers import REQUESTS, prefix_of
from placet_falcon.authzen.wire import answer
from placet_falcon.host import Host

__all__ = ["ENDPOINTS", "Metadata"]

ENDPOINTS = {
    "access_evaluation_endpoint": "/access/v1/evaluation",
    "access_evaluations_endpoint": "/access/v1/evaluations",
    "search_subject_endpoint": "/access/v1/search/subject",
    "search_resource_endpoint": "/access/v1/search/resource",
    "search_action_endpoint": "/access/v1/search/action",
}
ACCESS_REQUESTS = "urn:openid:authzen:capability:access-request"
"""The capability that the access request and approval profile is."""
_ACCOUNT = re.compile(r"(?:.*/)?t/([A-Za-z0-9_-]+)")


class Metadata:
    """The metadata of the service, and of each account of it; it tells nothing about accounts."""

    public = True

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response, path: str = "") -> None:
        """The metadata of the identifier whose path is `path`: it stands behind the well-known one.

        Raises HTTPNotFound for a path that is not one of an identifier of this service.
        """
        found = _ACCOUNT.fullmatch(path)
        account = found[1] if found else ""
        identifier = self._identifier(account)
        if identifier is None or path not in (urlsplit(identifier).path.strip("/"), _own(account)):
            raise falcon.HTTPNotFound(description=self._missing())
        resp.set_header("Cache-Control", "public, max-age=300")
        said: dict[str, Any] = {"policy_decision_point": identifier}
        said |= {name: identifier + place for name, place in ENDPOINTS.items()}
        if self._host.settings.authzen_access_requests:
            said["access_request_endpoint"] = identifier + REQUESTS
            said["capabilities"] = [ACCESS_REQUESTS]
        answer(req, resp, said)

    def _identifier(self, account: str) -> str | None:
        """The base address of an account, or of the service; None where no setting tells it."""
        template = self._host.settings.public_url
        if not template or (not account and "{account}" in template):
            return None
        return self._host.address(prefix_of(account), account)

    def _missing(self) -> str:
        if not self._host.settings.public_url:
            return "this service does not know its address; set public_url"
        return "there is no decision point at this address"


def _own(account: str) -> str:
    """The path as a proxy sends it that takes a path of its own off."""
    return prefix_of(account).strip("/")
