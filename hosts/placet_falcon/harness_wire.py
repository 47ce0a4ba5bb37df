"""What the surfaces that speak like Harness have in common on the wire: the account's name."""

from collections.abc import Mapping

import falcon

__all__ = ["named_account"]

_HEADERS = ("Harness-Account", "x-account-id")
_PARAMETERS = ("account", "accountIdentifier")


def named_account(req: falcon.Request, params: Mapping[str, str]) -> str | None:
    """The account that a request names, in a header or in its query; None where only its
    credential does.

    Several that differ are no name of an account, so that whoever sent them is refused.
    """
    said = [req.get_header(header) for header in _HEADERS]
    for parameter in _PARAMETERS:
        said.extend(req.get_param_as_list(parameter) or ())
    found = dict.fromkeys(name.strip() for name in said if name and name.strip())
    return ", ".join(found)[:256] if found else None
