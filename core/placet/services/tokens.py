"""Consistency tokens: the revision of an account that somebody has seen, as a text.

A token says so in clear, `ACCOUNT.REVISION.MAC`, so that a person can read it in a log. The MAC is
there because a question may wait for a revision: nobody makes others wait for one that never was.
"""

from collections.abc import Iterable

from placet.errors import Invalid
from placet.services.signing import Signer

__all__ = ["Tokens"]

_MAC_BYTES = 12
"""96 bits: each guess costs a request, and a hit no more than a few seconds of waiting."""


class Tokens:
    """Gives out tokens, and takes those that any holder of the same secret keys gave out.

    `secret_keys` are the newest first; without any, tokens are good in this process only.

    >>> tokens = Tokens(["k" * 32])
    >>> tokens.read("acme", tokens.write("acme", 7))
    7
    """

    def __init__(self, secret_keys: Iterable[str] = ()) -> None:
        self._signer = Signer(secret_keys, "consistency token", mac_bytes=_MAC_BYTES)
        # Given out with every answer, and another only once an account has moved.
        self._last: dict[str, tuple[int, str]] = {}

    def write(self, account: str, revision: int) -> str:
        """The token of a revision of an account: letters, digits, '.', '_' and '-'."""
        last = self._last.get(account)
        if last is not None and last[0] == revision:
            return last[1]
        content = f"{account}.{revision}"
        token = f"{content}.{self._signer.mark(content.encode())}"
        self._last[account] = (revision, token)
        return token

    def read(self, account: str, token: str) -> int:
        """The revision in a token.

        Raises Invalid for one of another account, and for a text that no holder of these keys gave
        out.
        """
        content, _, mark = token.rpartition(".") if isinstance(token, str) else ("", "", "")
        if not self._signer.marked(content.encode("utf-8", "replace"), mark):
            raise Invalid(
                "the consistency token was given out with none of the secret keys that hold here; "
                "send it unchanged, and open every engine with the same secret_keys"
            )
        owner, _, revision = content.rpartition(".")
        if owner != account:
            raise Invalid(
                f"the consistency token is of account {owner!r}, and the question of {account!r}"
            )
        return int(revision)
