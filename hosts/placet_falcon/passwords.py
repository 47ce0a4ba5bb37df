"""Passwords as argon2id, with a short memory of those that were just right.

Parameters are OWASP's least for argon2id: 19 MiB, 2 rounds, 1 lane. A verification takes tens of
milliseconds on purpose; a client that sends Basic with every request pays them once a minute.
"""

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["Argon2Passwords"]

REMEMBERED = 1024
REMEMBERED_SECONDS = 60.0


class Argon2Passwords:
    """The `placet.services.credentials.PasswordHasher` of the service.

    Only matches are remembered, under a MAC with a key of this process: neither passwords nor what
    could be tried against them offline is in memory. `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._hasher = PasswordHasher(
            time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID
        )
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._right: OrderedDict[bytes, float] = OrderedDict()

    def hash(self, password: str) -> str:
        """The argon2id hash to keep, with a salt of its own."""
        return self._hasher.hash(password)

    def verify(self, hash: str, password: str) -> bool:
        """Whether `password` is the one that was hashed; False for a hash that is none."""
        mark = hmac.digest(self._key, f"{len(hash)}:{hash}{password}".encode(), "sha256")
        if self._remembers(mark):
            return True
        try:
            self._hasher.verify(hash, password)
        except (VerificationError, InvalidHashError):
            return False
        self._remember(mark)
        return True

    def _remembers(self, mark: bytes) -> bool:
        with self._lock:
            until = self._right.get(mark)
            return until is not None and self._clock() < until

    def _remember(self, mark: bytes) -> None:
        with self._lock:
            self._right[mark] = self._clock() + REMEMBERED_SECONDS
            self._right.move_to_end(mark)
            while len(self._right) > REMEMBERED:
                self._right.popitem(last=False)
