"""What conditions come to for one subject, as far as a change of attributes makes a difference.

A condition that reads nothing of what has changed says the same before and after, whatever that is,
and stays a text. One that does is asked where the account alone answers it.
"""

from collections.abc import Iterator
from datetime import datetime

from placet.access.answers import Question
from placet.access.changes.grid import Alike
from placet.access.changes.sides import ANY, Side
from placet.access.changes.standing import Told
from placet.access.changes.touched import Moved, Touched
from placet.access.check import Inquiry
from placet.access.reach import attributes_read
from placet.conditions import FALSE, TRUE, compile
from placet.conditions.roots import roots_of
from placet.refs import ResourceRef

__all__ = ["Telling"]

_SOMEBODY = frozenset({"user", "service_account", "service", "api_key"})
_STORED = frozenset({"subject", "resource"})


class Telling:
    """The conditions of one subject, on both sides.

    `trusted` are the attributes of the caller that a request may bring.
    """

    def __init__(
        self,
        sides: tuple[Side, Side],
        subject: str,
        touched: Touched,
        now: datetime,
        *,
        trusted: frozenset[str],
    ) -> None:
        self._sides = sides
        self._subject = subject
        self._person = touched.people.get(subject)
        self._resources = touched.resources
        self._now = now
        self._trusted = trusted
        self._somebody = subject.partition(":")[0] in _SOMEBODY

    @property
    def types(self) -> frozenset[str]:
        """The types of the resources whose attributes differ."""
        return frozenset(ref.partition(":")[0] for ref in self._resources)

    def settled(self, held: Alike) -> bool:
        """Whether no condition of these may come to something else by other attributes."""
        texts = set(_texts(held))
        return not any(
            moved.read_by(text)
            for moved in (*self._moved(held.type), *([self._person] if self._person else []))
            for text in texts
        )

    def apart(self, held: Alike) -> Iterator[str]:
        """The ids of the resources of which a condition of these may say something else."""
        texts = set(_texts(held)) if held.type is not None else set[str]()
        for ref, moved in self._resources.items():
            type, _, id = ref.partition(":")
            if type == held.type and any(map(moved.read_by, texts)):
                yield id

    def tell(
        self, text: str, side: int, type: str | None, ids: frozenset[str] | None
    ) -> Told | bool | None:
        """What a condition comes to on a side, 0 before and 1 after; None for an error.

        A text where that hangs on the request.
        """
        id = next(iter(ids)) if ids is not None and len(ids) == 1 else None
        this = None if type is None or id is None else ResourceRef(type, id)
        moved = None if this is None else self._resources.get(str(this))
        about_thing = moved is not None and moved.read_by(text)
        about_person = self._person is not None and self._person.read_by(text)
        if not (about_thing or about_person):
            return Told(text)
        if not self._answerable(text, side, this):
            return Told(text, side + 1)
        question = Question(self._subject, ANY, this or ResourceRef(ANY.resource_type), "")
        snapshot = self._sides[side].snapshot
        outcome = compile(text).evaluate(Inquiry(snapshot, question, self._now).facts)
        return True if outcome is TRUE else False if outcome is FALSE else None

    def _answerable(self, text: str, side: int, this: ResourceRef | None) -> bool:
        roots = roots_of(text)
        if not roots <= _STORED:
            return False
        if "resource" in roots and (
            this is None or str(this) not in self._sides[side].snapshot.resources
        ):
            return False
        if "subject" not in roots:
            return True
        read = attributes_read(text, "subject")
        brought = self._trusted if read is None else read & self._trusted
        return self._somebody and not brought

    def _moved(self, type: str | None) -> Iterator[Moved]:
        for ref, moved in self._resources.items():
            if ref.partition(":")[0] == type:
                yield moved


def _texts(held: Alike) -> Iterator[str]:
    for half in held.halves:
        for piece in half.pieces:
            if piece.reach.condition is not None:
                yield piece.reach.condition
        for policy in (*half.policies, *(offer.policy for offer in half.offers)):
            if policy.when is not None:
                yield policy.when
