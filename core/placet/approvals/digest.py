"""The digest that binds a review, and a pass, to exactly what was shown.

It covers the account, the scope, the subject, the permission, the resource, every argument and the
time for which it is asked, in one canonical form (failure modes T20 to T26): an approval for one of
them says nothing about another, in this account or any other.
"""

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from placet.errors import Invalid
from placet.model import JsonObject, json_fault

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
    starts_at: datetime | None = None,
    seconds: int | None = None,
) -> str:
    """The SHA-256, in hexadecimal, of the canonical JSON of what is bound.

    >>> a = dict(account="a", scope="", subject="user:sam", permission="invoice.pay",
    ...          resource="invoice:7", properties={})
    >>> digest_of(**a, arguments={"amount": 900}) == digest_of(**a, arguments={"amount": 901})
    False
    """
    bound: dict[str, object] = {
        "format": 1,
        "account": account,
        "scope": scope,
        "subject": subject,
        "permission": permission,
        "resource": resource,
        "arguments": arguments,
        "properties": properties,
    }
    if starts_at is not None or seconds is not None:
        bound["time"] = (starts_at, seconds)
    return hashlib.sha256(_encoder.encode(bound)).hexdigest()


def bound_values(values: object, what: str) -> JsonObject:
    """`values` as the JSON object that is stored, shown and bound.

    Dates, decimals, UUIDs, enums and structs become their JSON form. Raises Invalid for what has
    no JSON form of its own (a NaN would be written as null, and so pass for another value).

    >>> bound_values({"amount": 900}, "arguments")
    {'amount': 900}
    """
    try:
        # Sets are bound in one order; bytes would pass for the text of their base64.
        plain: Any = msgspec.to_builtins(
            values,
            str_keys=False,
            builtin_types=(bytes, bytearray, memoryview),
            order="deterministic",
        )
        if not isinstance(plain, dict):
            raise Invalid(f"{what} are not an object")
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"{what} cannot be written as JSON: {error}") from error
    if fault := json_fault(plain, what):
        raise Invalid(f"{fault.path} {fault.message}", [fault])
    return plain
