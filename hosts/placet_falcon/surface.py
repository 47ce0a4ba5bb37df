"""What a surface is: an API of its own on the one engine.

To add one, make a folder with a `SURFACE`, and name it in `placet_falcon.surfaces`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import falcon
import msgspec

from placet.catalogue import Catalogue
from placet.hooks import hookimpl
from placet_falcon.errors import Failure, write_failure

if TYPE_CHECKING:
    from placet_falcon.host import Host

__all__ = ["Owners", "Surface", "SurfaceCatalogues"]

App = falcon.App[falcon.Request, falcon.Response]


def _account_in_path(req: falcon.Request, params: Mapping[str, str]) -> str | None:
    return params.get("account")


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """An API: which paths are its own, its routes, and the shape in which it fails.

    `prefixes` are the paths that it owns, each with all that lies under it; Falcon's own 404, 405
    and 415 below them are written by `write_failure`, too. `mount` adds the routes. `account` says
    which account a request names, None where only the credential does: a request is refused where
    the two differ. A resource with a true attribute `public` is served without authentication, and
    one with `by_index`, which only asks what the index answers, knows its callers' tokens by it.
    `catalogue` holds the vendor's permissions, roles, resource groups and default policies.
    """

    name: str
    prefixes: tuple[str, ...]
    mount: Callable[[App, "Host"], None]
    write_failure: Callable[[falcon.Request, falcon.Response, Failure], None] = write_failure
    account: Callable[[falcon.Request, Mapping[str, str]], str | None] = _account_in_path
    catalogue: Catalogue | None = None

    def owns(self, path: str) -> bool:
        """Whether `path` is one of this surface.

        >>> Surface(name="x", prefixes=("/x/v1",), mount=lambda app, host: None).owns("/x/v10")
        False
        """
        return any(path == prefix or path.startswith(f"{prefix}/") for prefix in self.prefixes)


class SurfaceCatalogues:
    """A plugin for `Placet.open(plugins=...)`: what the surfaces bring along, as code."""

    def __init__(self, surfaces: Iterable[Surface]) -> None:
        self._brought = [surface.catalogue for surface in surfaces if surface.catalogue]

    @hookimpl
    def placet_catalogue(self) -> Catalogue:
        """The catalogues of all surfaces in one."""
        return Catalogue(
            tuple(permission for brought in self._brought for permission in brought.permissions),
            tuple(role for brought in self._brought for role in brought.roles),
            tuple(group for brought in self._brought for group in brought.resource_groups),
            tuple(policy for brought in self._brought for policy in brought.policies),
        )


class Owners:
    """Which of several surfaces a path belongs to: the first that owns it.

    It is asked with every request, so that the prefixes are put together once.
    """

    def __init__(self, surfaces: Iterable[Surface]) -> None:
        self._places = [
            (surface.prefixes, tuple(f"{prefix}/" for prefix in surface.prefixes), surface)
            for surface in surfaces
        ]

    def of(self, path: str) -> Surface | None:
        """The surface; None for a path of nobody, or of the host itself.

        >>> Owners([]).of("/livez") is None
        True
        """
        for exact, below, surface in self._places:
            if path.startswith(below) or path in exact:
                return surface
        return None
