"""What a surface hands out and wants back unchanged: texts with a MAC.

Each purpose has a key of its own, derived from the service's secret keys, so that what was signed
for one means nothing to another.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from placet.errors import Invalid

__all__ = ["Signer"]

_MAC = hashlib.sha256().digest_size


class Signer:
    """Signs with the newest of the secret keys, and knows what any of them has signed.

    Without any key it makes one up: what it signs is then good in this process only.

    >>> signer = Signer(["k" * 32], "greetings")
    >>> signer.opened(signer.sealed(b"hello"), "greeting")
    b'hello'
    """

    def __init__(self, secret_keys: Iterable[str], purpose: str) -> None:
        keys = [key.encode() for key in secret_keys] or [secrets.token_bytes(32)]
        self._keys = [hmac.digest(key, f"placet {purpose}".encode(), "sha256") for key in keys]

    def sealed(self, content: bytes) -> str:
        """A text for a URL or a JSON string that `opened` takes back."""
        mac = hmac.digest(self._keys[0], content, "sha256")
        return base64.urlsafe_b64encode(mac + content).decode().rstrip("=")

    def opened(self, text: str, what: str) -> bytes:
        """What was sealed. Raises Invalid, which calls the text a `what`, for any other text."""
        try:
            packed = base64.b64decode(
                text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
            )
        except (ValueError, binascii.Error):
            packed = b""
        mac, content = packed[:_MAC], packed[_MAC:]
        # Every key is tried, whichever fits: how long it takes tells nothing.
        fits = [hmac.compare_digest(mac, hmac.digest(key, content, "sha256")) for key in self._keys]
        if not any(fits):
            raise Invalid(f"the {what} is not one that was given out here")
        return content
