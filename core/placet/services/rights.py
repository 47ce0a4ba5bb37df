"""Whether a caller holds an administrative right, for work and for questions alike."""

from collections.abc import Callable
from datetime import datetime

from placet.access.answers import Question
from placet.access.check import Inquiry, place_name
from placet.access.held import held_by
from placet.access.snapshot import Snapshot
from placet.errors import AccessDenied
from placet.model import SYSTEM, Actor
from placet.refs import ResourceRef

__all__ = ["holds", "lacks"]


def holds(
    snapshot: Snapshot,
    actor: Actor,
    permission: str,
    resource: ResourceRef,
    scope: str,
    now: Callable[[], datetime],
    *,
    closed: bool,
    answer: Callable[[Inquiry], bool] = Inquiry.allowed,
) -> bool:
    """Whether `answer` says yes for the caller, approval policies not asked; SYSTEM always holds.

    A permission that is not registered is held by nobody. The time is asked for where it matters.
    """
    if actor is SYSTEM:
        return True
    registered = snapshot.permissions.get(permission)
    if registered is None:
        return False
    # Who acts for somebody may do what both may: a program lends its hands, not its rights.
    for principal in dict.fromkeys((actor.principal, actor.subject)):
        held = held_by(snapshot, principal, registered, scope)
        if held.simple and held.whole and not (closed and held.unknown):
            continue  # on every resource of the type, whenever: as most administrators do
        question = Question(principal, registered, resource, scope)
        if not answer(Inquiry(snapshot, question, now(), closed=closed, held=held)):
            return False
    return True


def lacks(actor: Actor, permission: str, resource: ResourceRef, scope: str) -> AccessDenied:
    """The refusal of who does not hold it."""
    return AccessDenied(
        f"{actor.principal} lacks {permission} on {resource} in {place_name(scope)}",
        permission=permission,
        resource=str(resource),
        scope=scope,
    )
