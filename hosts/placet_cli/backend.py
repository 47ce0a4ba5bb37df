"""Where a command works, as it sees it: one protocol for a store and for a server.

Answers are the JSON documents of the native API, whoever gives them, so that there is one way of
showing them and `--json` means the same everywhere. Every method raises an error of
`placet.errors`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from placet.bundle import Bundle, loads
from placet.errors import Invalid
from placet.services.checkpoints import Checkpoint

__all__ = [
    "Asking",
    "Backend",
    "BundleText",
    "Exported",
    "Filter",
    "Json",
    "NewKey",
    "Of",
    "Passing",
    "Question",
    "Supposing",
    "Time",
    "Verdict",
]

Json = dict[str, Any]
Verdict = Literal["approve", "reject"]


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """May `principal` use `permission` on the resource `on`? With `at`: could it, then?"""

    principal: str
    permission: str
    on: str | None = None
    scope: str | None = None
    properties: Json = {}
    at: datetime | None = None


class Asking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request to be allowed something, made on purpose."""

    permission: str
    on: str | None = None
    args: Json = {}
    scope: str | None = None
    properties: Json = {}
    justification: str = ""


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which approvals to list; newest first, `limit` of them, behind the cursor `after`."""

    status: str | None = None
    scope: str | None = None
    requester: str | None = None
    limit: int = 50
    after: str | None = None


class Of(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose approvals: of `principal`, or of who calls; some of them, in an order of inboxes."""

    principal: str | None = None
    status: str | None = None
    scope: str | None = None
    permission: str | None = None
    order: str | None = None
    limit: int = 50
    after: str | None = None


class Supposing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a simulation supposes: reviews (`reviewer`, `verdict`), reviewers whose reviews are
    taken away, a moment as RFC 3339 text, and a policy as the native API takes it."""

    add: tuple[Json, ...] = ()
    remove: tuple[str, ...] = ()
    at: str | None = None
    policy: Json | None = None


class Time(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of when figures are, as RFC 3339 text, and of which approvals."""

    since: str
    until: str | None = None
    scope: str | None = None
    permission: str | None = None


class Exported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which events to export: those behind number `after`, of a kind, of who did it."""

    after: int = 0
    kind: str | None = None
    principal: str | None = None


class Passing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to pass the gate `id`: a digest, or labels whose digest is meant."""

    id: str
    digest: str | None = None
    scope: str | None = None
    labels: dict[str, str] = {}


class NewKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token to issue; `expires_at` is RFC 3339 text, None for never."""

    principal: str
    id: str | None = None
    name: str = ""
    expires_at: str | None = None


class BundleText(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle as it was read from a file named `name`."""

    name: str
    text: bytes
    format: Literal["toml", "json"]

    def load(self) -> Bundle:
        """The bundle. Raises Invalid naming every mistake in its shape."""
        try:
            return loads(self.text.decode(), self.format, name=self.name)
        except UnicodeDecodeError as error:
            raise Invalid(f"bundle {self.name!r} is not UTF-8 at byte {error.start}") from error


class Backend(Protocol):
    """A store or a server, for one account and one caller."""

    def decide(self, question: Question) -> Json:
        """The decision: outcome, reasons, policies, revision."""

    def explain(self, question: Question) -> Json:
        """The explanation: the decision, with near misses."""

    def request(self, asking: Asking) -> Json:
        """The approval that was opened, or found."""

    def review(self, id: str, verdict: Verdict, comment: str) -> Json:
        """The approval after the review."""

    def approvals(self, filter: Filter) -> Json:
        """A page of approvals: items, next."""

    def approval(self, id: str) -> Json:
        """One approval, its status as of now."""

    def explanation(self, id: str) -> Json:
        """Why an approval stands as it does: approval, status, why, tree."""

    def inbox(self, of: Of) -> Json:
        """A page of what waits for somebody: items, next."""

    def requests(self, of: Of) -> Json:
        """A page of what somebody asked for: items, next."""

    def reviewers(self, id: str) -> Json:
        """Who could say yes now: approval, status, leaves."""

    def simulate(self, id: str, supposing: Supposing) -> Json:
        """How an approval would stand: approval, status, why, tree, refused."""

    def metrics(self, time: Time) -> Json:
        """How approvals went: requested, outcomes and times."""

    def gate_request(self, passing: Passing, justification: str) -> Json:
        """The approval that was opened for a gate, or found."""

    def gate_status(self, passing: Passing, wait_s: float) -> Json:
        """What a gate says: gate, digest, status, approval; after `wait_s` seconds at the most."""

    def gate_take(self, passing: Passing) -> Json:
        """The pass that was used up, or a status that says that none is needed."""

    def issue(self, key: NewKey) -> Json:
        """A new credential and its token, shown this once."""

    def verification(self, checkpoints: Sequence[Checkpoint] = ()) -> Json:
        """What a walk along the log found: events, head, ok, fault, checkpoint_faults."""

    def checkpoint(self, since: Checkpoint | None) -> Checkpoint:
        """What the log ends with now, signed."""

    def export(self, wanted: Exported) -> Iterator[bytes]:
        """The events as lines of JSON with their seals, as they come."""

    def validate(self, bundle: BundleText) -> Json:
        """What is wrong with the bundle: problems, none if it is valid."""

    def diff(self, bundle: BundleText, *, prune: bool) -> Json:
        """What applying the bundle would change, with gains and losses of access."""

    def apply(self, bundle: BundleText, *, prune: bool) -> Json:
        """What applying the bundle changed."""

    def test(self, bundle: BundleText) -> Json:
        """How the tests of the bundle came out, on an empty account in memory."""

    def close(self) -> None:
        """Let go of the store."""
