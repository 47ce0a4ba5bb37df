"""From what people write to the exact reference of a principal."""

from placet.access.snapshot import Snapshot
from placet.refs import OWNED_KINDS, parse_principal

__all__ = ["exact_principal"]


def exact_principal(snapshot: Snapshot, text: str, scope: str) -> str:
    """The exact reference of a principal as written in `scope`.

    A group or service account without an owner is the nearest one going up; where there is none,
    it is taken to be one of the account.

    >>> exact_principal(Snapshot(), "group:ops", "retail")
    'group:ops@/'
    """
    ref = parse_principal(text)
    if ref.kind not in OWNED_KINDS or ref.owner is not None:
        return text
    prefix = f"{ref.kind}:"
    if ref.kind == "group":
        found = snapshot.owner_of(snapshot.groups, prefix, ref.id, scope)
    else:
        found = snapshot.owner_of(snapshot.service_accounts, prefix, ref.id, scope)
    return found or str(ref._replace(owner=""))
