"""From what an application calls its connection to the driver's own."""

from typing import Any, TypeVar

from placet.errors import Invalid

__all__ = ["driver_connection"]

C = TypeVar("C")
_INWARD = ("driver_connection", "dbapi_connection", "connection")
_DEEPEST = 5


def driver_connection(connection: object, wanted: type[C]) -> C:
    """The driver's connection inside `connection`, which may be one of SQLAlchemy's or Django's.

    Raises Invalid where there is none of the type that the store works with.

    >>> class Wrapped:
    ...     driver_connection = 7
    >>> driver_connection(Wrapped(), int)
    7
    """
    inner: Any = connection
    for _ in range(_DEEPEST):
        if isinstance(inner, wanted):
            return inner
        name = next((name for name in _INWARD if getattr(inner, name, None) is not None), None)
        if name is None:
            break
        inner = getattr(inner, name)
    raise Invalid(
        f"a {type(connection).__name__} is no connection that this store can join; pass a "
        f"{wanted.__module__}.{wanted.__qualname__}, or what SQLAlchemy or Django has around one"
    )
