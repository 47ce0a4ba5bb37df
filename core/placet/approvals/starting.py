"""Access that begins later, looked at again: is what was approved still right when it begins?

Only time lets it begin, with no sweeper. So the question is asked whenever the answer may change,
about the moment at which it begins: what has been answered yes to is right at that moment too.
"""

from placet.access.check import Inquiry
from placet.access.decide import decide
from placet.access.snapshot import Snapshot
from placet.access.sources import Directory
from placet.approvals.lifecycle import covers
from placet.model import Approval, Grant
from placet.refs import spoken

__all__ = ["refused_at_start"]


def refused_at_start(
    grant: Grant, approval: Approval, world: Snapshot, *, closed: bool
) -> str | None:
    """Why `approval` could not be asked for when its grant begins, as the account is in `world`;
    None where it could.

    What an approval gave does not count, as whoever holds nothing else has to ask. It may be
    allowed by then without asking; it may not ask for more approval than it had (failure mode T43).
    Who approved it is not asked about: they were entitled when they did.
    """
    directory = Directory(world, approval, grant.starts_at, closed=closed)
    question = directory.question(grant.principal)
    decision = decide(Inquiry(world, question, grant.starts_at, closed=closed, minted=False))
    if decision.outcome == "denied":
        return "; ".join(reason.text for reason in decision.reasons)
    if not covers(approval, decision.policies):
        more = sorted({*decision.policies}.difference(approval.policies))
        return f"policy {', '.join(map(spoken, more))} wants approval by now as well"
    return None
