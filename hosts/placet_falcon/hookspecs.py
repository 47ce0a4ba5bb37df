"""The hooks of the host itself; those of the engine are in `placet.hooks`."""

from collections.abc import Iterable

import falcon
import pluggy

from placet.errors import Invalid
from placet.services.authentication import Caller

__all__ = ["Caller", "HookSpecs", "hookimpl", "hooks_of"]

hookspec = pluggy.HookspecMarker("placet_falcon")
hookimpl = pluggy.HookimplMarker("placet_falcon")


class HookSpecs:
    """What a plugin of `create_app(plugins=...)` may implement."""

    @hookspec(firstresult=True)
    def placet_authenticate(self, request: falcon.Request) -> Caller | None:
        """Say who sent a request, or None to leave it to others; asked before the credentials.

        The account that it names is believed, and so is the principal: check both. Raise
        `falcon.HTTPUnauthorized` to refuse.

            @hookimpl
            def placet_authenticate(request):
                user = verified_by_the_proxy(request.get_header("X-Proxy-User"))
                return user and Caller("default", Actor(f"user:{user}"))
        """


def hooks_of(plugins: Iterable[object]) -> pluggy.HookRelay:
    """The hooks of these plugins. Raises Invalid for one that does not fit."""
    manager = pluggy.PluginManager("placet_falcon")
    manager.add_hookspecs(HookSpecs)
    for plugin in plugins:
        try:
            manager.register(plugin)
            manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            raise Invalid(f"plugin {plugin!r} cannot be registered: {error}") from error
    return manager.hook
