"""The routes, each with and without the prefix under which the vendor's own gateway has it.

Words that share a level with identifiers are routes of their own: `filter` is one for POST, and for
GET, PUT and DELETE it is an identifier like any other.
"""

from collections.abc import Iterator
from typing import Any

import falcon

from placet_falcon.harness import (
    acl,
    assignment_batches,
    assignment_filters,
    assignments,
    permissions,
    resource_groups,
    roles,
    roles_v1,
)
from placet_falcon.host import Host
from placet_falcon.surface import App

__all__ = ["GATEWAY", "PREFIXES", "mount"]

GATEWAY = "/gateway"
PREFIXES = tuple(
    f"{gateway}{path}"
    for gateway in ("", GATEWAY)
    for path in ("/v1/roles", "/v1/orgs", "/authz/api", "/resourcegroup/api")
)
_SCOPES_V1 = ("", "/orgs/{org}", "/orgs/{org}/projects/{project}")
_GROUPS = ("/authz/api/v2/resourcegroup", "/resourcegroup/api/v2/resourcegroup")


class _WordOrAssignment(assignments.Item):
    """A word for POST that is an assignment's identifier for everything else."""

    def __init__(self, word: str, post: Any) -> None:
        self._word = word
        self._post = post

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """What the word says."""
        self._post.on_post(req, resp)

    def on_get(self, req: falcon.Request, resp: falcon.Response, identifier: str = "") -> None:
        """The assignment of this name."""
        super().on_get(req, resp, self._word)

    def on_put(self, req: falcon.Request, resp: falcon.Response, identifier: str = "") -> None:
        """The assignment of this name, enabled or disabled."""
        super().on_put(req, resp, self._word)

    def on_delete(self, req: falcon.Request, resp: falcon.Response, identifier: str = "") -> None:
        """Remove the assignment of this name."""
        super().on_delete(req, resp, self._word)


class _CountOrRole(roles_v1.Item):
    """`count` is a question for GET, and a role's identifier for PUT and DELETE."""

    _count = roles_v1.Count()

    def on_get(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        role: str = "",
        org: str = "",
        project: str = "",
    ) -> None:
        """How many roles there are."""
        self._count.on_get(req, resp, org, project)

    def on_put(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        role: str = "count",
        org: str = "",
        project: str = "",
    ) -> None:
        """Replace the role of this name."""
        super().on_put(req, resp, role, org, project)

    def on_delete(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        role: str = "count",
        org: str = "",
        project: str = "",
    ) -> None:
        """Remove the role of this name."""
        super().on_delete(req, resp, role, org, project)


def mount(app: App, host: Host) -> None:
    """Add every route."""
    for path, resource in _routes(host):
        for gateway in ("", GATEWAY):
            app.add_route(f"{gateway}{path}", resource)


def _routes(host: Host) -> Iterator[tuple[str, object]]:
    for scope in _SCOPES_V1:
        yield f"/v1{scope}/roles", roles_v1.Roles()
        yield f"/v1{scope}/roles/count", _CountOrRole()
        yield f"/v1{scope}/roles/{{role}}", roles_v1.Item()

    base = "/authz/api/roleassignments"
    yield base, assignments.Assignments()
    yield f"{base}/{{identifier}}", assignments.Item()
    for word, post in (
        ("filter", assignment_filters.Filter()),
        ("aggregate", assignment_filters.Aggregate()),
        ("validate", assignments.Validation()),
        ("multi", assignment_batches.Multi()),
    ):
        yield f"{base}/{word}", _WordOrAssignment(word, post)
    yield f"{base}/v2/filter", assignment_filters.FilterAcross()
    yield f"{base}/delete/batch", assignment_batches.Deletion()

    yield "/authz/api/roles", roles.Roles()
    yield "/authz/api/roles/{identifier}", roles.Item()
    yield "/authz/api/permissions", permissions.Permissions()
    yield "/authz/api/permissions/resourcetypes", permissions.ResourceTypes()
    yield "/authz/api/acl", acl.AccessControlList(host)
    for path in _GROUPS:
        yield path, resource_groups.ResourceGroups()
        yield f"{path}/{{identifier}}", resource_groups.Item()
