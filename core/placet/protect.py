"""`requires`: a function that runs only if whoever is acting may call it like this."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from placet.errors import Invalid
from placet.services.permits import Permits

__all__ = ["protected"]

P = ParamSpec("P")
R = TypeVar("R")


def protected(
    permits: Callable[[], Permits],
    permission: str,
    *,
    on: str | None,
    scope: str | None,
    unbound: tuple[str, ...],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator that asks for a permit before every call; see `Placet.requires`.

    `permits` is asked for at the first call, so that decorating opens no store.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        name = getattr(function, "__qualname__", repr(function))
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise Invalid(
                f"{name} is a generator: its body runs long after the call that was permitted; "
                "protect the function that uses it"
            )
        unknown = [left_out for left_out in unbound if left_out not in signature.parameters]
        if unknown:
            raise Invalid(f"{name} has no argument {unknown[0]!r} to leave unbound")
        _check_template(name, on, signature)

        def asked(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            resource = None if on is None else on.format_map(bound.arguments)
            shown = {key: value for key, value in bound.arguments.items() if key not in unbound}
            return {"permission": permission, "on": resource, "args": shown, "scope": scope}

        if inspect.iscoroutinefunction(function):
            # Only who protects a coroutine pays for this import; it is a tenth of placet's own.
            from asyncio import to_thread

            @wraps(function)
            async def waits(*args: P.args, **kwargs: P.kwargs) -> Any:
                wanted = asked(args, kwargs)
                await to_thread(lambda: permits().permit(**wanted))
                return await function(*args, **kwargs)

            return cast(Callable[P, R], waits)

        @wraps(function)
        def runs(*args: P.args, **kwargs: P.kwargs) -> R:
            permits().permit(**asked(args, kwargs))
            return function(*args, **kwargs)

        return runs

    return decorate


def _check_template(name: str, on: str | None, signature: inspect.Signature) -> None:
    if on is None:
        return
    try:
        on.format_map(_Anything(signature.parameters))
    except KeyError as error:
        raise Invalid(f"{on!r} names {error.args[0]!r}, which {name} does not take") from None
    except (ValueError, IndexError) as error:
        raise Invalid(f"{on!r} is no template for a resource: {error}") from None


class _Anything(dict[str, Any]):
    """Stands in for arguments while a template is looked at: every name is known or KeyError."""

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        return _Any()


class _Any:
    def __getattr__(self, name: str) -> "_Any":
        return self

    def __getitem__(self, key: object) -> "_Any":
        return self

    def __format__(self, spec: str) -> str:
        return ""
