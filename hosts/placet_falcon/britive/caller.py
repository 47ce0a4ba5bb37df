"""Who calls, and for whom: the vendor's `X-On-Behalf-Of`."""

from typing import NamedTuple

import falcon

from placet import Actor, Placet
from placet.errors import Invalid
from placet_falcon.britive.errors import Unsupported
from placet_falcon.errors import unauthenticated
from placet_falcon.host import Host, call_of

__all__ = ["Caller", "caller_of"]

_HEADER = "X-On-Behalf-Of"


class Caller(NamedTuple):
    """Who calls, in which account; and the user for whom they say that they do, None for nobody.

    Whose token came along is part of the actor: that was authenticated, a name was not.
    """

    placet: Placet
    actor: Actor
    named: str | None

    @property
    def subject(self) -> str:
        """For whom the call is."""
        return self.named or self.actor.subject

    def refuse_names(self, what: str) -> None:
        """Raise Unsupported where the caller does `what` in a name that is only said."""
        if self.named is not None:
            raise Unsupported(
                f"{what} for {self.named} wants a token of theirs in {_HEADER}: Bearer TOKEN"
            )


def caller_of(req: falcon.Request, host: Host) -> Caller:
    """The caller, and the user that `X-On-Behalf-Of` names by id, or by a token of theirs.

    Raises HTTPUnauthorized for a token of nobody or of another account.
    """
    placet, actor = call_of(req)
    said = (req.get_header(_HEADER) or "").strip()
    if not said:
        return Caller(placet, actor, None)
    word, _, token = said.partition(" ")
    if word.lower() != "bearer":
        return Caller(placet, actor, f"user:{said}")
    known = host.authentication().token(token.strip())
    if known is None or known.account != placet.account:
        raise unauthenticated()
    if actor.on_behalf_of not in (None, known.actor.principal):
        raise Invalid(f"{_HEADER} is a token of somebody else than these credentials act for")
    return Caller(placet, Actor(actor.principal, known.actor.principal, actor.chain), None)
