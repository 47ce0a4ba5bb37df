"""How principals prove who they are: tokens and passwords, of which only hashes are kept."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import msgspec

from placet.errors import Invalid
from placet.model import Credential, CredentialKind
from placet.refs import parse_principal, text_fault
from placet.services.records import Records
from placet.services.references import known_principal
from placet.services.tenant import ActorLike
from placet.services.work import Work

__all__ = ["Credentials", "Issued", "PasswordHasher", "hash_secret", "split_token", "token_text"]


class Issued(msgspec.Struct, frozen=True):
    """A new credential, and its token: shown this once, and kept nowhere."""

    credential: Credential
    token: str


class PasswordHasher(Protocol):
    """Hashes passwords; the host brings one (argon2id), the core has none."""

    def hash(self, password: str) -> str:
        """The hash to keep."""

    def verify(self, hash: str, password: str) -> bool:
        """Whether `password` is the one that was hashed; False for a hash that is none."""


def hash_secret(secret: str) -> str:
    """The SHA-256 of a random secret, in hexadecimal: a slow hash would add nothing to one.

    >>> len(hash_secret("x"))
    64
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def token_text(account: str, credential: Credential, secret: str) -> str:
    """The token that a caller sends: `pat.` for a person, `sat.` for a program."""
    kind = "pat" if parse_principal(credential.principal).kind == "user" else "sat"
    return f"{kind}.{account}.{credential.id}.{secret}"


def split_token(token: str) -> tuple[str, str, str]:
    """Account, credential id and secret of a token; raises Invalid for what is none.

    >>> split_token("pat.acme.k1.s3cret")
    ('acme', 'k1', 's3cret')
    """
    parts = token.split(".", 3)
    if len(parts) != 4 or parts[0] not in ("pat", "sat") or not all(parts):
        raise Invalid("a token reads pat.ACCOUNT.ID.SECRET, or sat. for a service account")
    return parts[1], parts[2], parts[3]


class Credentials(Records[Credential]):
    """Credentials. What leaves this service never carries a secret, or a hash of one."""

    noun = Credential
    operations = "credentials"
    sorts = ("id", "principal", "kind", "created_at", "updated_at")

    def issue(
        self,
        principal: str,
        *,
        id: str | None = None,
        name: str = "",
        kind: CredentialKind = "token",
        expires_at: datetime | None = None,
        actor: ActorLike = None,
    ) -> Issued:
        """A new token (or api_key) for a principal, with a random secret of 256 bits.

        For anybody but the caller it needs the right to edit the account, too.
        """
        if kind == "basic":
            raise Invalid("a password is not issued: create a basic credential with its hash")
        secret = secrets.token_urlsafe(32)
        credential = Credential(
            id=id or secrets.token_hex(8),
            principal=principal,
            kind=kind,
            secret_hash=hash_secret(secret),
            name=name,
            expires_at=expires_at,
        )
        stored = self.create(credential, actor=actor)
        return Issued(stored, token_text(self._tenant.account, stored, secret))

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """`basic/NAME` is the password of a user name; any other id is that of a token."""
        kind, slash, name = id.partition("/")
        parts = ("basic", name) if slash and kind == "basic" else ("token", id)
        if fault := text_fault(parts[1]):
            raise Invalid(f"credential id {id!r} {fault}")
        return parts

    def _parts(self, noun: Credential) -> tuple[str, ...]:
        return ("basic" if noun.kind == "basic" else "token", noun.id)

    def _placed(self, noun: Credential) -> Credential:
        return noun

    def _words(self, noun: Credential) -> tuple[str, ...]:
        return (noun.id, noun.name, noun.principal)

    def _authorize_edit(self, work: Work, noun: Credential) -> None:
        # Whoever can make a token of somebody is that somebody.
        super()._authorize_edit(work, noun)
        if noun.principal != work.actor.principal:
            work.authorize("account.edit", "")

    def _exact(self, work: Work, noun: Credential) -> Credential:
        secret_hash = noun.secret_hash
        if not secret_hash:
            # Nobody is shown a hash: an update that brings none means the one that stands.
            before = work.get(Credential, *self._parts(noun))
            secret_hash = "" if before is None else before.secret_hash
        if not secret_hash:
            raise Invalid(f"credential {noun.id!r} has no secret_hash")
        return msgspec.structs.replace(
            noun,
            secret_hash=secret_hash,
            principal=known_principal(work.world, noun.principal, "", closed=work.closed),
        )

    def _all(self, work: Work, scope: str) -> Iterator[Credential]:
        for found in super()._all(work, scope):
            yield msgspec.structs.replace(found, secret_hash="")

    def delete(
        self,
        id: str,
        *,
        scope: str | None = None,
        cascade: bool = False,
        actor: ActorLike = None,
    ) -> Credential:
        """Remove a credential; what is returned is without its hash."""
        removed = super().delete(id, scope=scope, cascade=cascade, actor=actor)
        return msgspec.structs.replace(removed, secret_hash="")

    def get(self, id: str, *, scope: str | None = None, actor: ActorLike = None) -> Credential:
        """The credential, without its hash."""
        return msgspec.structs.replace(super().get(id, scope=scope, actor=actor), secret_hash="")

    def _returned(self, noun: Credential) -> Credential:
        return msgspec.structs.replace(super()._returned(noun), secret_hash="")
