"""How a principal proves who it is."""

from typing import Literal

from placet.model._base import MAX_NAME, Checker, Record, Time
from placet.refs import EVERYONE, parse_principal

__all__ = ["Credential", "CredentialKind"]

CredentialKind = Literal["api_key", "token", "basic"]


class Credential(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The hash of a secret that speaks for `principal`: never the secret itself.

    `api_key` and `token` keep the SHA-256 of a random secret, `basic` the argon2id of a password;
    the id of a `basic` credential is the user name it is sent with.
    """

    id: str
    principal: str
    kind: CredentialKind
    secret_hash: str
    name: str = ""
    disabled: bool = False
    expires_at: Time | None = None

    def check(self, check: Checker) -> None:
        """Report an id or principal that cannot be one."""
        check.id("id", self.id)
        check.parses("principal", parse_principal, self.principal)
        if self.principal == EVERYONE or self.principal.startswith("group:"):
            check.fail("principal", "is not one somebody; a credential speaks for one")
        check.text("name", self.name, MAX_NAME)
        if self.kind != "basic" and not _is_token_part(self.id):
            check.fail("id", "may hold letters, digits, '_' and '-' only: it is part of the token")


def _is_token_part(text: str) -> bool:
    return text.isascii() and text.replace("_", "a").replace("-", "a").isalnum()
