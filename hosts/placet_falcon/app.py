"""The WSGI application: surfaces on one engine."""

from collections.abc import Iterable
from typing import Any

import falcon

from placet import Placet, PlacetError
from placet_falcon.authentication import Authenticator
from placet_falcon.errors import failure_of, write_failure
from placet_falcon.health import Live, Measured, Ready
from placet_falcon.hookspecs import hooks_of
from placet_falcon.host import Host, HostSettings
from placet_falcon.logs import LogRequest, log_request
from placet_falcon.metrics import Metrics
from placet_falcon.middleware import Addressing, Authenticating, Freshening, Recording
from placet_falcon.surface import App, Surface
from placet_falcon.surfaces import SURFACES

__all__ = ["create_app"]


def create_app(
    placet: Placet,
    *,
    settings: HostSettings | None = None,
    surfaces: Iterable[Surface] | None = None,
    plugins: Iterable[object] = (),
    log_requests: LogRequest | None = None,
) -> App:
    """A WSGI application over `placet`, for any server; no I/O and no thread before a request.

    `surfaces` are by default all that there are; their catalogues belong to the engine, which is
    opened with `plugins=[SurfaceCatalogues(surfaces)]`, and with the same `secret_keys` as every
    other on its store. `plugins` are modules or objects with hooks of the host
    (`placet_falcon.hookspecs`). `log_requests` takes what is said of each request, which
    else goes to the logger `placet_falcon.access`. Events are delivered, and deadlines written
    down, by whoever serves the application: see `placet_falcon.worker`. Raises Invalid for a plugin
    that does not fit.
    """
    chosen = SURFACES if surfaces is None else tuple(surfaces)
    metrics = Metrics()
    host = Host(placet, settings or HostSettings(), chosen, metrics)
    app: App = falcon.App(
        middleware=[
            Recording(host, log_requests or log_request),
            Addressing(),
            Authenticating(host, Authenticator(hooks_of(plugins))),
            Freshening(host),
        ],
    )
    for surface in chosen:
        surface.mount(app, host)
    app.add_route("/livez", Live())
    ready = Ready(host)
    app.add_route("/readyz", ready)
    app.add_route("/healthz", ready)
    app.add_route("/metrics", Measured(host, metrics))

    def fail(
        req: falcon.Request, resp: falcon.Response, error: Exception, params: dict[str, Any]
    ) -> None:
        failure = failure_of(error, req)
        surface = host.surface_of(req.path)
        resp.media = None
        (surface.write_failure if surface else write_failure)(req, resp, failure)
        for name, value in failure.headers.items():
            resp.append_header(name, value)

    app.add_error_handler((falcon.HTTPError, PlacetError, Exception), fail)
    return app
