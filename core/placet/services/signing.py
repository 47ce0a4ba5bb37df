"""What is handed out and wanted back unchanged: texts with a MAC.

Each purpose has a key of its own, derived from the secret keys, so that what was signed for one
means nothing to another.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from placet.errors import Invalid

__all__ = ["MIN_KEY", "Signer", "checked_keys"]

MIN_KEY = 32
"""The fewest characters of a secret key."""
_MAC = hashlib.sha256().digest_size


class Signer:
    """Signs with the newest of the secret keys, and knows what any of them has signed.

    Without any key it makes one up: what it signs is then good in this process only. `mac_bytes` is
    the length of a MAC, of the 32 that there are. Raises Invalid for a key that is too short.

    >>> signer = Signer(["k" * 32], "greetings")
    >>> signer.opened(signer.sealed(b"hello"), "greeting")
    b'hello'
    >>> signer.marked(b"hello", signer.mark(b"hello")), signer.marked(b"hullo", "")
    (True, False)
    """

    def __init__(self, secret_keys: Iterable[str], purpose: str, *, mac_bytes: int = _MAC) -> None:
        keys = [key.encode() for key in checked_keys(secret_keys)] or [secrets.token_bytes(MIN_KEY)]
        self._keys = [hmac.digest(key, f"placet {purpose}".encode(), "sha256") for key in keys]
        self._mac_bytes = mac_bytes

    def mark(self, content: bytes) -> str:
        """The MAC alone, as text for a URL: for content that stands beside it in clear."""
        return _text(self._mac(self._keys[0], content))

    def marked(self, content: bytes, mark: str) -> bool:
        """Whether `mark` is what one of the keys gives this content."""
        mac = _packed(mark)
        return _text(mac) == mark and self._signed(mac, content)

    def sealed(self, content: bytes) -> str:
        """A text for a URL or a JSON string that `opened` takes back."""
        return _text(self._mac(self._keys[0], content) + content)

    def opened(self, text: str, what: str) -> bytes:
        """What was sealed. Raises Invalid, which calls the text a `what`, for any other text."""
        packed = _packed(text)
        mac, content = packed[: self._mac_bytes], packed[self._mac_bytes :]
        if not self._signed(mac, content):
            raise Invalid(f"the {what} is not one that was given out here")
        return content

    def _signed(self, mac: bytes, content: bytes) -> bool:
        # Every key is tried, whichever fits: how long it takes tells nothing.
        fits = [hmac.compare_digest(mac, self._mac(key, content)) for key in self._keys]
        return any(fits)

    def _mac(self, key: bytes, content: bytes) -> bytes:
        return hmac.digest(key, content, "sha256")[: self._mac_bytes]


def checked_keys(secret_keys: Iterable[str]) -> tuple[str, ...]:
    """The keys, where each can be one. Raises Invalid for a text alone, and for a short key."""
    if isinstance(secret_keys, str):
        raise Invalid("secret_keys is one text; write a list of texts, the newest first")
    keys = tuple(secret_keys)
    for at, key in enumerate(keys):
        if len(key) < MIN_KEY:
            raise Invalid(f"secret_keys[{at}] is shorter than {MIN_KEY} characters")
    return keys


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _packed(text: str) -> bytes:
    """The bytes in a text; none where it is not one of ours."""
    try:
        return base64.b64decode(
            text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
        )
    except (ValueError, binascii.Error):
        return b""
