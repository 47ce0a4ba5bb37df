"""Who sent a request: a token or a password in, an account and an actor out, and nothing else.

A token comes in `x-api-key`, or in `Authorization` after `Bearer`, `TOKEN` or `WorkloadToken`; a
password in `Authorization: Basic` as `account/user`, or as `user` where the address names the
account. The words are those of the vendors' own clients.
"""

import base64
import binascii

import falcon
import pluggy

from placet.services.authentication import Authentication, Caller
from placet_falcon.errors import unauthenticated

__all__ = ["Authenticator"]

_TOKEN_WORDS = frozenset({"bearer", "token", "workloadtoken"})


class Authenticator:
    """Asks the plugins first, then what the request carries."""

    def __init__(self, hooks: pluggy.HookRelay) -> None:
        self._hooks = hooks
        # A call through a hook costs more than all that follows, even where nobody answers.
        self._asks = bool(hooks.placet_authenticate.get_hookimpls())

    def caller(
        self,
        verify: Authentication,
        req: falcon.Request,
        account: str | None,
        *,
        by_index: bool = False,
    ) -> Caller:
        """Who sent `req`; `account` is the one that its address names. `by_index` is for requests
        that only ask what the index answers.

        Raises HTTPUnauthorized, one and the same for everything that is not right.
        """
        said: Caller | None = None
        if self._asks:
            said = self._hooks.placet_authenticate(request=req)
        found = said or _by_credentials(verify, req, account, by_index)
        if found is None:
            raise unauthenticated()
        return found


def _by_credentials(
    verify: Authentication, req: falcon.Request, account: str | None, by_index: bool
) -> Caller | None:
    token = req.env.get("HTTP_X_API_KEY")
    if token is not None:
        return verify.token(token.strip(), by_index=by_index)
    word, _, rest = (req.auth or "").partition(" ")
    word = word.lower()
    if word in _TOKEN_WORDS:
        return verify.token(rest.strip(), by_index=by_index)
    if word == "basic":
        return _by_password(verify, rest.strip(), account)
    return None


def _by_password(verify: Authentication, packed: str, account: str | None) -> Caller | None:
    try:
        text = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    named, slash, user = name.partition("/")
    if slash:
        account, name = named, user
    if not colon or account is None:
        return None
    return verify.password(account, name, password)
