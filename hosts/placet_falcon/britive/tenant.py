"""The few calls that the vendor's clients make before anything else."""

import falcon

from placet.refs import parse_principal
from placet_falcon.britive.answers import answer
from placet_falcon.britive.words import person
from placet_falcon.host import call_of

__all__ = ["Banner", "Features", "Health", "Validation"]


class Health:
    """Whether there is such a tenant; asked without credentials."""

    public = True

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """There is."""
        answer(resp, {"status": "UP"})


class Features:
    """What the tenant offers."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Profiles on resources, besides profiles in environments."""
        call_of(req)
        answer(resp, [{"name": "server-access", "enabled": True}])


class Validation:
    """Who the caller is."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Its id, which is its name as well."""
        principal = call_of(req).actor.principal
        user = parse_principal(principal).kind == "user"
        said = {
            "userId": person(principal),
            "username": person(principal),
            "type": "User" if user else "ServiceIdentity",
        }
        answer(resp, {"authenticationResult": said})


class Banner:
    """A word of the tenant to everybody."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """There is none."""
        call_of(req)
        resp.status = falcon.HTTP_204
