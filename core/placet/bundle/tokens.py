"""Credentials of a bundle: the secrets come from the environment, never from the file."""

import string
from collections.abc import Mapping

import msgspec

from placet.access.snapshot import Snapshot
from placet.bundle.document import Bundle, CredentialEntry
from placet.bundle.nouns import Item
from placet.bundle.report import Report
from placet.model import Checker, Credential
from placet.refs import parse_principal
from placet.services.credentials import hash_secret, split_token
from placet.services.references import known_principal

__all__ = ["check_credentials", "credentials_of"]

_WORDS = {"principal": "for"}
_UNKNOWN = "0" * 64
"""Stands for a hash that is not looked at."""


def check_credentials(bundle: Bundle, report: Report) -> None:
    """Report what is wrong with the credentials, as far as no secret is needed to see it."""
    for at, entry in enumerate(bundle.credentials):
        path = f"credentials[{at}]"
        _check_entry(entry, path, report)
        noun = _noun(entry, entry.id or "later", entry.secret_hash or _UNKNOWN)
        check = Checker()
        noun.check(check)
        for problem in check.problems:
            report.fail(Item(path, noun, _WORDS).at(problem.path), problem.message)


def credentials_of(
    bundle: Bundle,
    world: Snapshot,
    account: str,
    environ: Mapping[str, str],
    *,
    closed: bool,
    report: Report,
) -> list[Item]:
    """The credentials with their secrets, exact; mistakes are reported.

    `environ` is where the variables that `secret_env` names are looked up.
    """
    found: list[Item] = []
    seen: dict[tuple[bool, str], str] = {}
    for at, entry in enumerate(bundle.credentials):
        before = len(report.problems)
        path = f"credentials[{at}]"
        principal = report.of(
            f"{path}.for", known_principal, world, entry.principal, "", closed=closed
        )
        if principal is None:
            continue
        item = _item(entry, path, account, environ, report)
        if item is None or len(report.problems) > before:
            continue
        key = (entry.kind == "basic", item.noun.id)
        if key in seen:
            report.fail(item.path, f"has the id of {seen[key]}")
            continue
        seen[key] = item.path
        found.append(
            msgspec.structs.replace(
                item, noun=_noun(entry, item.noun.id, item.noun.secret_hash, principal)
            )
        )
    return found


def _check_entry(entry: CredentialEntry, path: str, report: Report) -> None:
    if (entry.secret_env is None) == (entry.secret_hash is None):
        report.fail(path, "needs either secret_env or secret_hash")
    if entry.secret_hash is not None and entry.kind != "basic":
        if entry.id is None:
            report.fail(f"{path}.id", "is missing; it is part of the token")
        digits = set(entry.secret_hash)
        if len(entry.secret_hash) != 64 or not digits <= set(string.hexdigits.lower()):
            report.fail(f"{path}.secret_hash", "is no SHA-256 in 64 small hexadecimal digits")
    if entry.secret_hash == "":
        report.fail(f"{path}.secret_hash", "is empty")


def _item(
    entry: CredentialEntry,
    path: str,
    account: str,
    environ: Mapping[str, str],
    report: Report,
) -> Item | None:
    if entry.secret_env is None:
        noun = _noun(entry, entry.id or _user_name(entry), entry.secret_hash or "")
        return Item(path, noun, _WORDS)
    secret = environ.get(entry.secret_env)
    if not secret:
        report.fail(f"{path}.secret_env", f"environment variable {entry.secret_env} is not set")
        return None
    if entry.kind == "basic":
        noun = _noun(entry, entry.id or _user_name(entry), "")
        return Item(path, noun, _WORDS, password=secret)
    return _of_token(entry, secret, path, account, report)


def _of_token(
    entry: CredentialEntry, token: str, path: str, account: str, report: Report
) -> Item | None:
    """The credential of a whole token. No message holds any part of its secret."""
    parts = report.of(f"{path}.secret_env", split_token, token)
    if parts is None:
        return None
    owner, id, secret = parts
    where = f"the token in {entry.secret_env}"
    if owner != account:
        report.fail(f"{path}.secret_env", f"{where} is for account {owner!r}, not {account!r}")
    if entry.id not in (None, id):
        report.fail(f"{path}.id", f"is {entry.id!r}, and {where} has id {id!r}")
    person = entry.principal.startswith("user:")
    if token.startswith("pat.") != person:
        report.fail(
            f"{path}.secret_env",
            f"{where} has to begin with {'pat.' if person else 'sat.'} for {entry.principal}",
        )
    noun = _noun(entry, id, hash_secret(secret))
    check = Checker()
    check.parses("id", noun.validate)
    for problem in check.problems:
        report.fail(f"{path}.secret_env", f"{where}: {problem.message}")
    return Item(path, noun, _WORDS)


def _user_name(entry: CredentialEntry) -> str:
    return parse_principal(entry.principal).id


def _noun(
    entry: CredentialEntry, id: str, secret_hash: str, principal: str | None = None
) -> Credential:
    return Credential(
        id=id,
        principal=principal or entry.principal,
        kind=entry.kind,
        secret_hash=secret_hash,
        name=entry.name,
        expires_at=entry.expires_at,
    )
