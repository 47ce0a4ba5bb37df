"""Saying the same thing twice: a key that a caller chooses makes the second call the first.

The key is kept with a fingerprint of what was said under it: said again, the answer is the same
approval; used for something else, it is refused (failure mode T48).
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from placet.errors import AlreadyExists, Invalid
from placet.model import Approval, IdempotencyKey
from placet.refs import text_fault
from placet.services.work import Work
from placet.storage.codec import canonical

__all__ = ["Once"]

_KEPT = timedelta(days=2)
_UNLIMITED = timedelta(days=30)
"""How long a key is kept that is about an approval without a deadline."""


class Once:
    """One call under a key of the caller's; without a key, every call is a new one.

    `said` gives what was said, as JSON-like values; it is asked where there is a key.
    Raises Invalid for a key that may not be one.
    """

    def __init__(self, key: str | None, what: str, said: Callable[[], Mapping[str, Any]]) -> None:
        if key is not None and (fault := text_fault(key)):
            raise Invalid(f"idempotency key {key!r} {fault}")
        self._key = key
        self._what = what
        self._said = said

    def before(self, work: Work) -> Approval | None:
        """The approval that was the answer the first time; None if this is the first time.

        Raises AlreadyExists for a key under which something else was said.
        """
        found = self.all_before(work)
        return None if found is None else found[0]

    def all_before(self, work: Work) -> tuple[Approval, ...] | None:
        """The approvals that were the answer the first time, where there may be several."""
        if self._key is None:
            return None
        kept = work.get(IdempotencyKey, work.actor.principal, self._key)
        if kept is None or kept.expires_at <= work.now:
            return None
        if kept.fingerprint != self._fingerprint(work):
            raise AlreadyExists(
                f"idempotency key {self._key!r} was used for something else; choose another"
            )
        ids = (kept.answer["approval"], *kept.answer.get("more", ()))
        found = [one for one in work.get_all(Approval, [(id,) for id in ids]) if one is not None]
        return tuple(found) if len(found) == len(ids) else None

    def done(self, work: Work, approval: Approval) -> Approval:
        """Keep the answer, in the commit that gives it."""
        self.all_done(work, (approval,))
        return approval

    def all_done(self, work: Work, approvals: tuple[Approval, ...]) -> None:
        """Keep an answer of one approval or several."""
        if self._key is None:
            return
        first, *more = (approval.id for approval in approvals)
        over = max(one.decide_by or work.now + _UNLIMITED for one in approvals)
        work.put(
            IdempotencyKey(
                principal=work.actor.principal,
                key=self._key,
                fingerprint=self._fingerprint(work),
                answer={"approval": first, "more": more} if more else {"approval": first},
                # A day longer than anything can happen to what it is about.
                expires_at=max(over, work.now) + _KEPT,
            )
        )

    def _fingerprint(self, work: Work) -> str:
        said = [self._what, work.actor.subject, self._said()]
        return hashlib.sha256(canonical(said)).hexdigest()
