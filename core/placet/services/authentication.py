"""Who is it? Verifies tokens and passwords against the stored hashes; authorizes nothing.

Unknown account, unknown id, wrong secret, disabled or expired credential, disabled or unknown
principal: all are one and the same answer, None (design, section 9). Nothing is kept for an account
that a caller only made up: the store is asked, and no tenant is made.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

from placet.clock import Clock
from placet.errors import Invalid
from placet.model import Actor, Credential, Noun, ServiceAccount, User
from placet.refs import parse_principal, text_fault
from placet.services.credentials import PasswordHasher, hash_secret, split_token
from placet.storage.codec import decode
from placet.storage.nouns import key_for
from placet.storage.port import Store

__all__ = ["Authentication", "Caller"]

N = TypeVar("N", bound=Noun)
_TOKEN_PART = re.compile(r"[A-Za-z0-9_-]{1,256}")
_NOBODY = hash_secret("nobody")
_REMEMBERED = 4096
"""Tokens that were right, at most; a few for every client that is there."""


class Caller(NamedTuple):
    """Who calls, and in which account."""

    account: str
    actor: Actor


class _Right(NamedTuple):
    """A token that was right: until `expires_at`, and as long as the account's authority is this:
    every change to a credential, or to who it is of, makes another.
    """

    caller: Caller
    expires_at: datetime | None
    authority: int


class Authentication:
    """Verifies what callers prove themselves with, for every account of a store.

    `authority` gives the version of the last change to an account's directory, rights or
    credentials, as its index knows it; None where no index is sure to follow the account's log.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        passwords: PasswordHasher | None,
        closed: bool,
        authority: Callable[[str], int | None] = lambda account: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords
        self._closed = closed
        self._authority = authority
        self._right: dict[bytes, _Right] = {}
        self._nobody: str | None = None

    def token(self, token: str, *, by_index: bool = False) -> Caller | None:
        """The caller that a token `pat.ACCOUNT.ID.SECRET` (or `sat.`) speaks for; None for nobody.

        The two words mean a person and a program: the right secret behind the wrong word is none.
        The store is asked, so that a token that is revoked anywhere is nobody's at once. With
        `by_index` it is known as rights are for a check: at once where it was revoked in this
        process, else as soon as the index has followed, which is a matter of milliseconds. That is
        for who only asks what the index answers.
        """
        if not by_index:
            right = self._verified(token)
            return None if right is None else right[0]
        # No secret stays in memory: it is random, and its hash as good as that in the store.
        mark = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._right.get(mark)
        if (
            known is not None
            and known.authority == self._authority(known.caller.account)
            and (known.expires_at is None or self._clock.now() < known.expires_at)
        ):
            return known.caller
        return self._remembered(mark, token)

    def _remembered(self, mark: bytes, token: str) -> Caller | None:
        """The caller, by the store; remembered where the index would tell of a change."""
        self._right.pop(mark, None)
        # Before the store is asked: what changes in between is then seen as a change.
        authority = self._authority(token.split(".", 2)[1]) if token.count(".") > 1 else None
        right = self._verified(token)
        if right is None:
            return None
        caller, expires_at = right
        if authority is not None:
            if len(self._right) >= _REMEMBERED:
                self._right.clear()
            self._right[mark] = _Right(caller, expires_at, authority)
        return caller

    def _verified(self, token: str) -> tuple[Caller, datetime | None] | None:
        """The caller, and the end of its credential, by the store."""
        try:
            account, id, secret = split_token(token)
            digest = hash_secret(secret)
        except (Invalid, UnicodeEncodeError):
            return None
        if not (_TOKEN_PART.fullmatch(account) and _TOKEN_PART.fullmatch(id)):
            return None
        found = self._get(account, Credential, "token", id)
        expected = _NOBODY if found is None else found.secret_hash
        right = hmac.compare_digest(digest.encode(), expected.encode())
        if found is None or not right:
            return None
        person = parse_principal(found.principal).kind == "user"
        if person != token.startswith("pat."):
            return None
        caller = self._caller(account, found)
        return None if caller is None else (caller, found.expires_at)

    def password(self, account: str, name: str, password: str) -> Caller | None:
        """The caller that a user name and password speak for; None for nobody.

        A hash is verified whether or not there is such a user, so that time tells nobody.
        """
        if self._passwords is None:
            return None
        nobody = self._unmatched(self._passwords)
        found = None
        if _TOKEN_PART.fullmatch(account) and not text_fault(name):
            found = self._get(account, Credential, "basic", name)
        right = self._passwords.verify(nobody if found is None else found.secret_hash, password)
        return self._caller(account, found) if found is not None and right else None

    def _caller(self, account: str, credential: Credential) -> Caller | None:
        """The caller, once the secret was right: only now does it matter who it is."""
        now = self._clock.now()
        if credential.disabled or _over(credential.expires_at, now):
            return None
        ref = parse_principal(credential.principal)
        if ref.kind in ("user", "service_account"):
            known = (
                self._get(account, User, ref.id)
                if ref.kind == "user"
                else self._get(account, ServiceAccount, ref.owner or "", ref.id)
            )
            if (known is None and self._closed) or (known is not None and known.disabled):
                return None
        return Caller(account, Actor(credential.principal))

    def _get(self, account: str, noun: type[N], *parts: str) -> N | None:
        (doc,) = self._store.get(account, [key_for(noun, *parts)])
        return None if doc is None else decode(noun, doc)

    def _unmatched(self, passwords: PasswordHasher) -> str:
        """The hash that unknown users are verified against: made before it is first needed."""
        if self._nobody is None:
            self._nobody = passwords.hash("nobody")
        return self._nobody


def _over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and now >= expires_at
