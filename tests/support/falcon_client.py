"""A client of the whole WSGI application over the small account of `office`."""

from typing import Any

from falcon import testing
from office import SYSTEM

from placet import Placet
from placet_falcon import create_app

__all__ = ["BASE", "Browser", "token_of"]

BASE = "/placet/v1/accounts/default"


def token_of(placet: Placet, name: str) -> str:
    """A fresh token for a user."""
    return placet.credentials.issue(f"user:{name}", actor=SYSTEM).token


class Browser:
    """Calls the native surface as users, and reads JSON."""

    def __init__(self, placet: Placet, **options: Any) -> None:
        self.placet = placet
        self.http = testing.TestClient(create_app(placet, **options))
        self._tokens: dict[str, str] = {}

    def call(
        self,
        method: str,
        path: str,
        *,
        by: str | None = "root",
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> testing.Result:
        """One request; `path` under the account, unless it begins with '/placet' or is a probe."""
        sent = dict(headers or {})
        if by is not None:
            if by not in self._tokens:
                self._tokens[by] = token_of(self.placet, by)
            sent.setdefault("x-api-key", self._tokens[by])
        whole = path if path.startswith("/") else f"{BASE}/{path}"
        return self.http.simulate_request(method, whole, headers=sent, **request)

    def get(self, path: str, **options: Any) -> testing.Result:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> testing.Result:
        return self.call("POST", path, json={} if body is None else body, **options)

    def put(self, path: str, body: Any, **options: Any) -> testing.Result:
        return self.call("PUT", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> testing.Result:
        return self.call("DELETE", path, **options)
