"""Asking, on purpose, that a profile may be checked out."""

import falcon

from placet import InvalidState
from placet_falcon.britive.answers import answer
from placet_falcon.britive.bodies import read_body, text_in
from placet_falcon.britive.caller import Caller, caller_of
from placet_falcon.britive.catalogue import PROFILE, RESOURCE_PROFILE, Consumer
from placet_falcon.britive.items import items_of
from placet_falcon.decoding import NoQuery, read_query
from placet_falcon.host import Host

__all__ = ["ProfileRequests", "ResourceProfileRequests"]

MAX_JUSTIFICATION = 4096
_MAX_TICKET = 256


class ProfileRequests:
    """Requests for a profile in an environment."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post(
        self, req: falcon.Request, resp: falcon.Response, profile: str, environment: str
    ) -> None:
        """The request that waits, made if there is none; nothing where the caller may already."""
        caller = caller_of(req, self._host)
        _request(req, resp, caller, PROFILE, PROFILE.resource(profile, environment))


class ResourceProfileRequests:
    """Requests for a profile on a resource."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_post(
        self, req: falcon.Request, resp: falcon.Response, profile: str, resource: str
    ) -> None:
        """The request that waits, made if there is none; nothing where the caller may already."""
        caller = caller_of(req, self._host)
        on = RESOURCE_PROFILE.resource(profile, resource)
        _request(req, resp, caller, RESOURCE_PROFILE, on)


def _request(
    req: falcon.Request,
    resp: falcon.Response,
    caller: Caller,
    consumer: Consumer,
    on: str,
) -> None:
    placet, actor, named = caller
    read_query(req, NoQuery)
    body = read_body(req)
    ticket = {
        label: text
        for label, name in (("ticket_id", "ticketId"), ("ticket_type", "ticketType"))
        if (text := text_in(body, name, most=_MAX_TICKET))
    }
    try:
        approval = placet.approvals.request(
            consumer.permission,
            on,
            justification=text_in(body, "justification", most=MAX_JUSTIFICATION),
            labels=ticket,
            origin="britive",
            on_behalf_of=named,
            actor=actor,
        )
    except InvalidState as refused:
        # A pass that waits to be used is not this: it is an approval, which is shown.
        if refused.details.get("outcome") != "allowed":
            raise
        resp.status = falcon.HTTP_204
        return
    (item,) = items_of(placet, (placet.approvals.get(approval.id, actor=actor),), actor)
    answer(resp, item)
