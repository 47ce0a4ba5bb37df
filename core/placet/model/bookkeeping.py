"""What the engine writes down for itself; none of it is policy, and none of it enters the log."""

from placet.model._base import JsonObject, Noun, Time

__all__ = [
    "Authority",
    "Claim",
    "DeadLetter",
    "DeliveryCursor",
    "IdempotencyKey",
    "Lease",
    "Session",
    "Subscription",
]


class Authority(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One document an account, put by every commit that changes who may do what.

    A decision about rights commits with a check on its version, so that nobody acts on rights that
    are already revoked.
    """

    updated_at: Time


class Claim(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """That a logical key is taken, and by which object.

    Put with `expect=0` in the commit that takes it, so that of two racing commits one fails.
    """

    purpose: str
    key: str
    holder: str
    expires_at: Time | None = None


class IdempotencyKey(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a call that may be repeated: the same key and body give the same answer."""

    principal: str
    key: str
    fingerprint: str
    answer: JsonObject
    expires_at: Time


class Session(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A signed-in browser."""

    id: str
    principal: str
    created_at: Time
    expires_at: Time


class Subscription(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Where somebody wants to hear of events."""

    id: str
    scope: str = ""
    target: str
    kinds: tuple[str, ...] = ()
    disabled: bool = False


class DeliveryCursor(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The last event that a listener has taken, and how often the next one has failed."""

    listener: str
    seq: int = 0
    failures: int = 0
    retry_at: Time | None = None


class DeadLetter(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """An event that a listener refused too often; delivery went on without it."""

    listener: str
    seq: int
    at: Time
    error: str = ""


class Lease(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Who does a piece of background work until `expires_at`."""

    name: str
    holder: str
    expires_at: Time
