"""The digest that binds a review, and a pass, to exactly what was shown.

It covers the account, the scope, the subject, the permission, the resource and every argument, in
one canonical form (failure modes T20 to T26): an approval for one of them says nothing about
another, in this account or any other.
"""

import hashlib
import math
from typing import Any

import msgspec

from placet.errors import Invalid
from placet.model import JsonObject

__all__ = ["bound_values", "digest_of"]

_encoder = msgspec.json.Encoder(order="deterministic")


def digest_of(
    *,
    account: str,
    scope: str,
    subject: str,
    permission: str,
    resource: str,
    arguments: JsonObject,
    properties: JsonObject,
) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of what is bound.

    >>> a = dict(account="a", scope="", subject="user:sam", permission="invoice.pay",
    ...          resource="invoice:7", properties={})
    >>> digest_of(**a, arguments={"amount": 900}) == digest_of(**a, arguments={"amount": 901})
    False
    """
    bound = {
        "format": 1,
        "account": account,
        "scope": scope,
        "subject": subject,
        "permission": permission,
        "resource": resource,
        "arguments": arguments,
        "properties": properties,
    }
    return hashlib.sha256(_encoder.encode(bound)).hexdigest()


def bound_values(values: object, what: str) -> JsonObject:
    """`values` as the JSON object that is stored, shown and bound.

    Dates, decimals, UUIDs, enums and structs become their JSON form. Raises Invalid for what has
    no JSON form of its own (a NaN would be written as null, and so pass for another value).

    >>> bound_values({"amount": 900}, "arguments")
    {'amount': 900}
    """
    try:
        plain: Any = msgspec.to_builtins(values, str_keys=False)
        if not isinstance(plain, dict):
            raise Invalid(f"{what} are not an object")
        _refuse(plain, what, 0)
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"{what} cannot be written as JSON: {error}") from error
    return plain


def _refuse(value: Any, path: str, depth: int) -> None:
    if depth > 64:
        raise Invalid(f"{path} is nested too deeply; 64 levels are the most")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Invalid(f"{path} is {value}, which JSON cannot write")
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**64:
            raise Invalid(f"{path} is a number of more than 64 bits")
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Invalid(f"{path} holds half of a surrogate pair") from None
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                raise Invalid(f"{path} has the key {key!r}, which is not text")
            _refuse(key, path, depth)
            _refuse(member, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for at, member in enumerate(value):
            _refuse(member, f"{path}[{at}]", depth + 1)
    elif value is not None:
        raise Invalid(f"{path} is a {type(value).__name__}, which JSON cannot write")
