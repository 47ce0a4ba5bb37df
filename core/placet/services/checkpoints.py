"""Checkpoints: what a log ended with at a moment, signed, to be kept where nobody edits the log.

The chain tells whatever was changed inside of it. That its end was cut off, or that it was written
anew as a whole, only somebody can tell who remembers how it ended (failure mode T51).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

import msgspec

from placet.errors import Invalid
from placet.services.signing import Signer, checked_keys
from placet.storage.codec import canonical
from placet.storage.port import Head

__all__ = ["Checkpoint", "Checkpoints", "Witness", "read_checkpoints"]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At the moment `at`, the log of `account` ended with event `seq`, sealed by `hash` (hex).

    `mac` signs all of that. An account without events ends with event 0.
    """

    account: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    hash: str
    mac: str
    seq: Annotated[int, msgspec.Meta(ge=0)]

    @property
    def line(self) -> str:
        """The checkpoint as one line of JSON, without the end of the line."""
        return canonical(self).decode()


_decoder = msgspec.json.Decoder(Checkpoint)


def read_checkpoints(lines: Iterable[Checkpoint | str]) -> Iterator[Checkpoint]:
    """Checkpoints in the form in which they were kept, such as the lines of a file.

    Empty lines are passed over. Raises Invalid, with the number of the line, for what is none.

    >>> list(read_checkpoints(["", "{}"]))
    Traceback (most recent call last):
    placet.errors.Invalid: line 2 is no checkpoint: Object missing required field `account`
    """
    for number, line in enumerate(lines, 1):
        if isinstance(line, Checkpoint):
            yield line
        elif line.strip():
            try:
                yield _decoder.decode(line)
            except msgspec.DecodeError as error:
                raise Invalid(f"line {number} is no checkpoint: {error}") from None


class Checkpoints:
    """Signs checkpoints with the newest of the secret keys, and knows what any of them signed.

    >>> from placet.clock import from_milliseconds
    >>> checkpoints = Checkpoints(["k" * 32])
    >>> signed = checkpoints.signed("acme", Head(seq=7), from_milliseconds(0))
    >>> checkpoints.fault("acme", signed) is None
    True
    >>> checkpoints.fault("acme", msgspec.structs.replace(signed, seq=8))
    'was edited, or signed with none of the secret keys that hold here'
    """

    def __init__(self, secret_keys: Iterable[str] = ()) -> None:
        keys = checked_keys(secret_keys)
        self._keyed = bool(keys)
        self._signer = Signer(keys, "audit checkpoint")

    def signed(self, account: str, head: Head, at: datetime) -> Checkpoint:
        """That the log of an account ends with `head`. Raises Invalid where there is no key."""
        self.require_keys()
        bare = Checkpoint(account=account, at=at, hash=head.hash.hex(), mac="", seq=head.seq)
        return msgspec.structs.replace(bare, mac=self._signer.mark(_content(bare)))

    def fault(self, account: str, checkpoint: Checkpoint) -> str | None:
        """Why a checkpoint says nothing about an account, in words that follow its name; None
        where it does.
        """
        if not self._signer.marked(_content(checkpoint), checkpoint.mac):
            return "was edited, or signed with none of the secret keys that hold here"
        if checkpoint.account != account:
            return f"is of account {checkpoint.account!r}, and the log of {account!r}"
        return None

    def require_keys(self) -> None:
        """Raise Invalid where there is no key: what nobody can verify later is no checkpoint."""
        if not self._keyed:
            raise Invalid(
                "checkpoints need secret keys, the same where they are made and where they are "
                "verified; open the engine with secret_keys=[...], or set PLACET_SECRET_KEYS"
            )


class Witness:
    """Holds what checkpoints say against a log, while somebody walks along it."""

    def __init__(
        self, checkpoints: Checkpoints, account: str, said: Iterable[Checkpoint | str]
    ) -> None:
        self.faults: list[str] = []
        """What is wrong, a sentence for each checkpoint that does not hold."""
        self.held = 0
        """How many hold."""
        self._waiting: defaultdict[int, list[Checkpoint]] = defaultdict(list)
        for number, checkpoint in enumerate(read_checkpoints(said), 1):
            if number == 1:
                checkpoints.require_keys()
            fault = checkpoints.fault(account, checkpoint)
            if fault is None:
                self._waiting[checkpoint.seq].append(checkpoint)
            else:
                self.faults.append(f"checkpoint {number} {fault}")
        self.met(0, Head().hash)

    def met(self, seq: int, hash: bytes) -> None:
        """The log has an event `seq` with this seal: what do the checkpoints say of it?"""
        for checkpoint in self._waiting.pop(seq, ()):
            if checkpoint.hash == hash.hex():
                self.held += 1
            else:
                self.faults.append(
                    f"event {seq} is not the one that the checkpoint of "
                    f"{_moment(checkpoint)} signed: the log was written anew"
                )

    def ended(self, last: int) -> None:
        """The log is intact, and ends here: what the checkpoints saw behind that is gone."""
        for seq, missed in sorted(self._waiting.items()):
            for checkpoint in missed:
                self.faults.append(
                    f"the log ends with event {last}, and the checkpoint of "
                    f"{_moment(checkpoint)} saw event {seq}: its end was cut off"
                )


def _content(checkpoint: Checkpoint) -> bytes:
    """What is signed: the line without its `mac`."""
    said = msgspec.structs.asdict(checkpoint)
    del said["mac"]
    return canonical(said)


def _moment(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.at:%Y-%m-%d %H:%M:%S} UTC"
