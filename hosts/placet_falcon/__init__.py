"""The Falcon host: placet behind HTTP, as a WSGI application for any server.

    from placet import Placet
    from placet_falcon import create_app

    app = create_app(Placet.open("sqlite:///placet.db", directory="closed"))

One folder is one surface: its routes, its words, the shape of its errors. None knows another. An
application that embeds the host serves `app` with the WSGI server that it has, and calls
`placet.deliver()` and `placet.sweep()` from a place of its own, or starts a
`Background`. A service on its own is `placet_falcon.wsgi:application`, which reads its settings
from the environment (`placet_falcon.settings`).
"""

from placet_falcon.app import create_app
from placet_falcon.hookspecs import hookimpl
from placet_falcon.host import HostSettings
from placet_falcon.surface import Surface, SurfaceCatalogues
from placet_falcon.surfaces import SURFACES
from placet_falcon.worker import Background

__all__ = [
    "SURFACES",
    "Background",
    "HostSettings",
    "Surface",
    "SurfaceCatalogues",
    "create_app",
    "hookimpl",
]
