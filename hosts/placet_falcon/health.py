"""For machines that watch: alive, ready, measured. Nobody has to be known here."""

import falcon
import msgspec

from placet import SYSTEM, PlacetError
from placet.storage.port import Probing
from placet_falcon.host import Host
from placet_falcon.metrics import CONTENT_TYPE, Metrics

__all__ = ["Live", "Measured", "Ready"]


class Live:
    """The process answers."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Always 200."""
        _say(resp, {"status": "alive"})


class Ready:
    """The store answers, and says that it is fit to serve."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """200, or 503 with the reason."""
        why = self._why_not()
        if why is None:
            _say(resp, {"status": "ready"})
        else:
            resp.status = falcon.HTTP_503
            resp.set_header("Retry-After", "1")
            _say(resp, {"status": "not_ready", "why": why})

    def _why_not(self) -> str | None:
        try:
            self._host.open()
            store = self._host.placet.store
            store.head(self._host.placet.account)
            said = store.ready() if isinstance(store, Probing) else True
        except PlacetError as error:
            return error.message
        return None if said is True else said


class Measured:
    """The metrics of this process."""

    def __init__(self, host: Host, metrics: Metrics) -> None:
        self._host = host
        self._metrics = metrics

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """The Prometheus text format; what the store cannot say right now stays as it was."""
        try:
            self._host.open()
            pending = self._host.placet.approvals.count(status="pending", actor=SYSTEM)
        except PlacetError:
            pending = None
        if pending is not None:
            self._metrics.pending(pending)
        resp.data = self._metrics.text()
        resp.content_type = CONTENT_TYPE


def _say(resp: falcon.Response, value: dict[str, str]) -> None:
    resp.data = msgspec.json.encode(value)
    resp.content_type = falcon.MEDIA_JSON
