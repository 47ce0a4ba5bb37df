"""Delegations: somebody reviews in somebody else's place."""

from collections.abc import Callable

import msgspec

from placet.clock import uuid7
from placet.errors import Invalid
from placet.model import Delegation
from placet.refs import text_fault
from placet.services.records import Records
from placet.services.references import known_principal
from placet.services.work import Work

__all__ = ["Delegations"]


class Delegations(Records[Delegation]):
    """Delegations. Anybody may delegate their own seats; others' need the right."""

    noun = Delegation
    operations = "delegations"
    sorts = ("id", "delegator", "delegate", "starts_at", "ends_at")

    def _key(self, id: str, scope: str | None) -> tuple[str, ...]:
        """A delegation is known by id in the whole account."""
        if fault := text_fault(id):
            raise Invalid(f"delegation id {id!r} {fault}")
        return (id,)

    def _parts(self, noun: Delegation) -> tuple[str, ...]:
        return (noun.id,)

    def _placed(self, noun: Delegation) -> Delegation:
        placed = super()._placed(noun)
        return (
            placed
            if noun.id
            else msgspec.structs.replace(placed, id=uuid7(self._tenant.clock.now()))
        )

    def _words(self, noun: Delegation) -> tuple[str, ...]:
        return (noun.id, noun.delegator, noun.delegate)

    def _exact(self, work: Work, noun: Delegation) -> Delegation:
        return msgspec.structs.replace(
            noun,
            delegator=known_principal(work.world, noun.delegator, noun.scope, closed=work.closed),
            delegate=known_principal(work.world, noun.delegate, noun.scope, closed=work.closed),
        )

    def _authorize_edit(self, work: Work, noun: Delegation) -> None:
        if noun.delegator != work.actor.principal:
            work.authorize("delegations.edit", noun.scope, noun.id)

    def _authorize_delete(
        self, work: Work, noun: Delegation | None, parts: tuple[str, ...]
    ) -> None:
        if noun is None or noun.delegator != work.actor.principal:
            work.authorize("delegations.delete", noun.scope if noun else "", parts[0])

    def _authorize_view(self, work: Work, noun: Delegation | None, parts: tuple[str, ...]) -> None:
        own = noun is not None and work.actor.principal in (noun.delegator, noun.delegate)
        if not own:
            work.authorize("delegations.view", noun.scope if noun else "", parts[0])

    def _authorize_list(self, work: Work, scope: str) -> None:
        """Everybody may list: what they may not see is left out."""

    def _sight(self, work: Work) -> Callable[[Delegation], bool]:
        return lambda noun: (
            work.actor.principal in (noun.delegator, noun.delegate)
            or work.may("delegations.view", noun.scope)
        )
