"""A named protection of an action; its status is derived, never stored."""

from typing import Literal

from placet.model._base import MAX_NAME, Checker, Record
from placet.model.schedule import Blackout, Window, check_schedule
from placet.refs import parse_owned, parse_scope

__all__ = ["Gate", "GateStatus"]

GateStatus = Literal[
    "not_required", "closed", "waiting", "open", "passed", "rejected", "expired", "blocked"
]


class Gate(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A named, scoped protection of an action, owned by the owner of the resource.

    `policy` is the exact reference of the approval policy that opens it. With `windows`, it lets
    nothing through outside of them, and never during one of its `blackouts`. With `latest_only`, a
    new request of somebody takes the place of those that wait.

    >>> Gate(id="prod", policy="production@/retail").ref
    'prod@/'
    """

    id: str
    scope: str = ""
    name: str = ""
    policy: str
    labels: dict[str, str] = {}
    windows: tuple[Window, ...] = ()
    blackouts: tuple[Blackout, ...] = ()
    latest_only: bool = False

    @property
    def ref(self) -> str:
        """The reference by which others name this gate."""
        return f"{self.id}@/{self.scope}"

    def check(self, check: Checker) -> None:
        """Report an id, scope or policy that cannot be one."""
        check.owned_id("id", self.id)
        check.parses("scope", parse_scope, self.scope)
        check.parses("policy", parse_owned, self.policy, "policy")
        for key, value in self.labels.items():
            check.id("labels", key)
            check.text(f"labels.{key}", value, MAX_NAME)
        check_schedule(check, self.windows, "windows", self.blackouts)
