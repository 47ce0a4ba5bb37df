"""A server, spoken to over its native API (`/placet/v1/accounts/{account}`)."""

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from placet.errors import (
    AccessDenied,
    AlreadyExists,
    ApprovalRequired,
    Conflict,
    Corrupt,
    Invalid,
    InvalidState,
    NotFound,
    PlacetError,
    Problem,
    Unavailable,
)
from placet.services.checkpoints import Checkpoint
from placet_cli.backend import (
    Asking,
    BundleText,
    Exported,
    Filter,
    Json,
    NewKey,
    Of,
    Passing,
    Question,
    Supposing,
    Time,
    Verdict,
)

__all__ = ["Answer", "Remote", "Server"]

TIMEOUT = 30
"""Seconds without a byte after which a server is taken to be unavailable."""
MOST_WAIT_S = 20
"""For how long a server is asked to wait before it answers, in seconds: less than that."""

WALK_TIMEOUT = 600
"""The same where the whole log is walked first."""
_AT_ONCE = 2000
"""Checkpoints that are sent at once: some 500 KB."""
_PART = 64 * 1024
"""Bytes of a stream that are waited for at once."""
_FAILED = b'{"error":'
"""How the last line begins, where a server could not go on."""
_Raising = Callable[[str], PlacetError]
_ERRORS: Mapping[str, _Raising] = {
    "unauthenticated": AccessDenied,
    "access_denied": AccessDenied,
    "already_exists": AlreadyExists,
    "conflict": Conflict,
    "corrupt": Corrupt,
    "invalid_state": InvalidState,
    "not_found": NotFound,
    "unavailable": Unavailable,
}


class Answer(msgspec.Struct, frozen=True):
    """What a server said: the status, and the body as JSON where it is that, else as text."""

    status: int
    body: Any


class Server:
    """One server, by its base URL; a connection for each call, and no redirect is followed: a
    token goes where its owner said, and nowhere else.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise Invalid(f"{url!r} is no server URL; write 'https://placet.example.com'")
        if parts.username is not None:
            raise Invalid("a server URL holds no user or password; the token is in PLACET_TOKEN")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._secure = parts.scheme == "https"
        self._host, self._port, self._prefix = parts.hostname, port, parts.path.rstrip("/")
        self._timeout = timeout

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        token: str | None = None,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Answer:
        """One request, and its answer whatever the status; `timeout` where it may take longer.

        Raises Unavailable where the server cannot be reached, or does not speak HTTP.
        """
        with self._sent(method, path, body, token, content_type, timeout) as response:
            return Answer(response.status, _body(response))

    def lines(self, path: str, *, token: str) -> Iterator[bytes]:
        """The lines of what a GET answers, as they come, their ends included.

        Raises what the server refused with, and Unavailable as `call` does, also on the way.
        """
        with self._sent("GET", path, None, token, "", None) as response:
            if response.status != 200:
                raise _error(Answer(response.status, _body(response)), self.url)
            for line in _lines_of(response):
                if line.startswith(_FAILED):
                    raise _error(Answer(500, msgspec.json.decode(line)), self.url)
                if not line.endswith(b"\n"):
                    raise Unavailable(f"{self.url} ended in the middle of a line; ask again")
                yield line

    @contextmanager
    def _sent(
        self,
        method: str,
        path: str,
        body: bytes | None,
        token: str | None,
        content_type: str,
        timeout: float | None,
    ) -> Iterator[HTTPResponse]:
        """One request, and the response to read within; the connection is closed at the end."""
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = content_type
        seconds = self._timeout if timeout is None else timeout
        connection = self._connection(seconds)
        try:
            connection.request(method, self._prefix + path, body, headers)
            yield connection.getresponse()
        except ConnectionRefusedError as error:
            raise Unavailable(f"nothing listens at {self.url}; is the server running?") from error
        except socket.gaierror as error:
            raise Unavailable(f"the host of {self.url} is not known") from error
        except TimeoutError as error:
            raise Unavailable(f"{self.url} did not answer within {seconds:g} seconds") from error
        except ssl.SSLError as error:
            raise Unavailable(f"{self.url} cannot be trusted: {error.reason}") from error
        except (OSError, HTTPException, UnicodeError) as error:
            raise Unavailable(
                f"{self.url} cannot be used: {str(error) or type(error).__name__}"
            ) from error
        finally:
            connection.close()

    def _connection(self, timeout: float) -> HTTPConnection:
        kind = HTTPSConnection if self._secure else HTTPConnection
        return kind(self._host, self._port, timeout=timeout)


class Remote:
    """The backend that is a server; the token says who calls."""

    def __init__(self, server: Server, account: str, token: str) -> None:
        self._server = server
        self._base = f"/placet/v1/accounts/{quote(account, safe='')}"
        self._token = token

    def decide(self, question: Question) -> Json:
        """The decision: outcome, reasons, policies, revision."""
        return self._post("/decide", question, has="outcome", timeout=_patience(question))

    def explain(self, question: Question) -> Json:
        """The explanation: the decision, with near misses."""
        return self._post("/explain", question, has="outcome", timeout=_patience(question))

    def request(self, asking: Asking) -> Json:
        """The approval that was opened, or found."""
        return self._post("/approvals", asking, has="id")

    def review(self, id: str, verdict: Verdict, comment: str) -> Json:
        """The approval after the review."""
        body = {"verdict": verdict, "comment": comment}
        return self._post(f"/approvals/{quote(id, safe='')}/reviews", body, has="id")

    def approvals(self, filter: Filter) -> Json:
        """A page of approvals: items, next."""
        query = {**msgspec.to_builtins(filter), "limit": filter.limit, "descending": "true"}
        return self._call("GET", f"/approvals?{urlencode(query)}", has="items")

    def approval(self, id: str) -> Json:
        """One approval, its status as of now."""
        return self._call("GET", f"/approvals/{quote(id, safe='')}", has="id")

    def explanation(self, id: str) -> Json:
        """Why an approval stands as it does: approval, status, why, tree."""
        return self._call("GET", f"/approvals/{quote(id, safe='')}/explanation", has="tree")

    def inbox(self, of: Of) -> Json:
        """A page of what waits for somebody: items, next."""
        return self._call("GET", f"/approvals/inbox?{_query(of)}", has="items")

    def requests(self, of: Of) -> Json:
        """A page of what somebody asked for: items, next."""
        return self._call("GET", f"/approvals/requests?{_query(of)}", has="items")

    def reviewers(self, id: str) -> Json:
        """Who could say yes now: approval, status, leaves."""
        return self._call("GET", f"/approvals/{quote(id, safe='')}/reviewers", has="leaves")

    def simulate(self, id: str, supposing: Supposing) -> Json:
        """How an approval would stand: approval, status, why, tree, refused."""
        return self._post(f"/approvals/{quote(id, safe='')}/simulate", supposing, has="tree")

    def metrics(self, time: Time) -> Json:
        """How approvals went: requested, outcomes and times."""
        return self._call("GET", f"/approvals/metrics?{_query(time)}", has="outcomes")

    def gate_request(self, passing: Passing, justification: str) -> Json:
        """The approval that was opened for a gate, or found."""
        body = {**msgspec.to_builtins(passing), "justification": justification}
        return self._post(f"{_gate(body.pop('id'))}/requests", body, has="id")

    def gate_status(self, passing: Passing, wait_s: float) -> Json:
        """What a gate says: gate, digest, status, approval; after `wait_s` seconds at the most."""
        said = {name: getattr(passing, name) for name in ("digest", "scope")}
        query = [(name, text) for name, text in said.items() if text is not None]
        query += [("label", f"{key}={value}") for key, value in passing.labels.items()]
        query.append(("wait", f"{min(wait_s, MOST_WAIT_S):g}"))
        path = f"{_gate(passing.id)}/status?{urlencode(query)}"
        return self._call("GET", path, has="status")

    def gate_take(self, passing: Passing) -> Json:
        """The pass that was used up, or a status that says that none is needed."""
        body = msgspec.to_builtins(passing)
        return self._post(f"{_gate(body.pop('id'))}/take", body, has="status")

    def issue(self, key: NewKey) -> Json:
        """A new credential and its token, shown this once."""
        return self._post("/credentials", key, has="token")

    def verification(self, checkpoints: Sequence[Checkpoint] = ()) -> Json:
        """What a walk along the log found: events, head, ok, fault, checkpoint_faults."""
        if not checkpoints:
            return self._call("GET", "/audit/verification", has="ok", timeout=WALK_TIMEOUT)
        found: Json = {"ok": True, "checkpoints": 0, "checkpoint_faults": []}
        # In parts: a server takes no more than so much at once.
        for at in range(0, len(checkpoints), _AT_ONCE):
            part = {"checkpoints": checkpoints[at : at + _AT_ONCE]}
            said = self._post("/audit/verification", part, has="ok", timeout=WALK_TIMEOUT)
            behind = f"behind the first {at}: " if at else ""
            faults = [f"{behind}{fault}" for fault in said["checkpoint_faults"]]
            found = {
                **said,
                "ok": found["ok"] and said["ok"],
                "checkpoints": found["checkpoints"] + said["checkpoints"],
                "checkpoint_faults": found["checkpoint_faults"] + faults,
            }
        return found

    def checkpoint(self, since: Checkpoint | None) -> Checkpoint:
        """What the log ends with now, signed."""
        said = self._post("/audit/checkpoints", {"since": since}, has="mac", timeout=WALK_TIMEOUT)
        try:
            return msgspec.convert(said, Checkpoint)
        except msgspec.ValidationError as error:
            raise Unavailable(f"{self._server.url} gave out no checkpoint: {error}") from error

    def export(self, wanted: Exported) -> Iterator[bytes]:
        """The events as lines of JSON with their seals, as they come."""
        query = urlencode(msgspec.to_builtins(wanted))
        return self._server.lines(f"{self._base}/audit/export?{query}", token=self._token)

    def validate(self, bundle: BundleText) -> Json:
        """What is wrong with the bundle: problems, none if it is valid."""
        return self._bundle("/bundle/validate", bundle, has="problems")

    def diff(self, bundle: BundleText, *, prune: bool) -> Json:
        """What applying the bundle would change, with gains and losses of access."""
        return self._bundle("/bundle/diff" + _PRUNE[prune], bundle, has="gains")

    def apply(self, bundle: BundleText, *, prune: bool) -> Json:
        """What applying the bundle changed."""
        return self._bundle("/bundle/apply" + _PRUNE[prune], bundle, has="steps")

    def test(self, bundle: BundleText) -> Json:
        """How the tests of the bundle came out, on an empty account in memory."""
        return self._bundle("/bundle/test", bundle, has="results")

    def close(self) -> None:
        """Nothing is held between calls."""

    def _post(self, path: str, body: Any, *, has: str, timeout: float | None = None) -> Json:
        return self._call("POST", path, msgspec.json.encode(body), has=has, timeout=timeout)

    def _bundle(self, path: str, bundle: BundleText, *, has: str) -> Json:
        kind = f"application/{bundle.format}"
        return self._call("POST", path, bundle.text, has=has, content_type=kind)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        has: str,
        content_type: str = "application/json",
        timeout: float | None = None,
    ) -> Json:
        """The answer, a document with the field `has`; raises what the server refused with."""
        answer = self._server.call(
            method,
            self._base + path,
            body,
            token=self._token,
            content_type=content_type,
            timeout=timeout,
        )
        said = answer.body
        if 200 <= answer.status < 300 and isinstance(said, dict) and has in said:
            return said
        raise _error(answer, self._server.url)


def _patience(question: Question) -> float | None:
    """The past is built from the log, and that may take a while."""
    return None if question.at is None else WALK_TIMEOUT


def _gate(id: str) -> str:
    return f"/gates/{quote(id, safe='')}"


_PRUNE = {True: "?prune=true", False: ""}


def _query(asked: msgspec.Struct) -> str:
    return urlencode(msgspec.to_builtins(asked))


def _lines_of(response: HTTPResponse) -> Iterator[bytes]:
    """Its lines as they come; raises HTTPException where it breaks off.

    `readline` takes an end between two chunks for the end of the answer.
    """
    rest = b""
    while part := response.read(_PART):
        *lines, rest = (rest + part).splitlines(keepends=True)
        yield from lines
        if rest.endswith(b"\n"):
            yield rest
            rest = b""
    if response.length:
        raise IncompleteRead(rest, response.length)
    if rest:
        yield rest


def _body(response: HTTPResponse) -> Any:
    raw = response.read()
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return raw.decode(errors="replace")


def _error(answer: Answer, url: str) -> PlacetError:
    """What the server refused, as the core would have raised it here."""
    said = answer.body.get("error") if isinstance(answer.body, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get("message"), str):
        return Unavailable(
            f"{url} answered {answer.status} in another form than placet's; is it a placet server?"
        )
    code, message = str(said.get("code")), said["message"]
    if code == "approval_required":
        approval = said.get("approval") or {}
        known = {name: approval.get(name) for name in ("approval", "url")}
        return ApprovalRequired(
            message, **known, status=approval.get("status", ""), why=approval.get("why", "")
        )
    if code in _ERRORS:
        return _ERRORS[code](message)
    if answer.status >= 500:
        return Unavailable(message)
    problems = [
        Problem(str(one.get("path", "")), str(one.get("message", "")))
        for one in said.get("problems") or ()
        if isinstance(one, dict)
    ]
    return Invalid(message, problems)
