"""The service for any WSGI server: `placet_falcon.wsgi:application`.

The settings come from the environment (`placet_falcon.settings`). Nothing happens before a server
asks this module for `application`; then the store is opened, the bundle applied, the first caller
let in, and the background thread started, in the process that asks. A server that forks has to ask
after the fork (granian and gunicorn do, unless told to preload).
"""

import atexit
import os
from typing import Any

from placet import Placet
from placet_falcon.app import create_app
from placet_falcon.bootstrap import bootstrap
from placet_falcon.logs import configure_logging
from placet_falcon.settings import (
    BOOTSTRAP_TOKEN,
    ServiceSettings,
    host_settings,
    load_settings,
    open_placet,
)
from placet_falcon.surface import App
from placet_falcon.worker import Background

__all__ = ["prepared", "service"]


def prepared(settings: ServiceSettings, *, bootstrap_token: str | None = None) -> Placet:
    """The engine of a service, opened: its bundle applied, its first caller let in.

    A command calls it, and closes the engine, before it starts the server: what is wrong is then
    said once, and by the command. Raises PlacetError.
    """
    placet = open_placet(settings)
    try:
        if bootstrap_token:
            bootstrap(placet, bootstrap_token)
        # Whatever is asked of the account first applies the bundle.
        placet.audit.view.tenant.index.current()
    except BaseException:
        placet.close()
        raise
    return placet


def service(settings: ServiceSettings, *, bootstrap_token: str | None = None) -> App:
    """The application of a service, with its background thread started in this process."""
    log_requests = configure_logging(settings.log_level)
    placet = prepared(settings, bootstrap_token=bootstrap_token)
    background = Background(placet)
    background.start()
    atexit.register(placet.close)
    atexit.register(background.stop)
    return create_app(placet, settings=host_settings(settings), log_requests=log_requests)


def __getattr__(name: str) -> Any:
    if name != "application":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = service(load_settings(), bootstrap_token=os.environ.get(BOOTSTRAP_TOKEN))
    globals()["application"] = made
    return made
