"""Who is calling."""

import msgspec

from placet.refs import PrincipalRef, parse_principal

__all__ = ["SYSTEM", "Actor"]


class Actor(msgspec.Struct, frozen=True):
    """The principal that calls, whom it acts for, and the chain of programs in between.

    `principal` was authenticated; `on_behalf_of` and `chain` are kept in the audit and excluded
    from review (failure mode T35), and give nobody a right.

    >>> Actor("user:sam").excluded
    frozenset({'user:sam'})
    """

    principal: str
    on_behalf_of: str | None = None
    chain: tuple[str, ...] = ()

    @property
    def ref(self) -> PrincipalRef:
        """The calling principal, taken apart; raises Invalid if it is not one."""
        return parse_principal(self.principal)

    @property
    def subject(self) -> str:
        """For whom the call is made: `on_behalf_of`, or else the principal itself."""
        return self.on_behalf_of or self.principal

    @property
    def excluded(self) -> frozenset[str]:
        """Everybody who stands behind this call and so must not review it."""
        behind = (self.on_behalf_of,) if self.on_behalf_of else ()
        return frozenset((self.principal, *behind, *self.chain))


SYSTEM = Actor("system")
"""Trusted embedding code: this very object. No text that a caller sends can name it, since
`system` is no principal, and an equal actor is not it.
"""
