"""What every service is made of."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from placet.errors import Invalid
from placet.refs import parse_scope
from placet.services.tenant import Tenant

__all__ = ["MAX_LISTED", "Listing", "Order", "Service", "View", "cut", "cut_by"]

T = TypeVar("T")
MAX_LISTED = 100_000
"""The most objects of one scope that a list filters, sorts, counts and cuts."""


class View(msgspec.Struct, frozen=True):
    """Where a service works: an account, and the scope that calls mean when they name none."""

    tenant: Tenant
    scope: str | None = None

    def scope_or(self, scope: str | None, fallback: str = "") -> str:
        """The scope that a call means: what it names, what the view is bound to, or `fallback`."""
        if scope is not None:
            return parse_scope(scope)
        return fallback if self.scope is None else self.scope


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """A page: the items, how many there are in all (None where that is not counted), and the
    cursor to go on with (None where that was all, or where pages are numbered).
    """

    items: tuple[T, ...]
    total: int | None = None
    next: str | None = None


class Order(msgspec.Struct, Generic[T], frozen=True):
    """What items are sorted by: a key of each that can be compared, and in which direction."""

    key: Callable[[T], Any]
    descending: bool = False


class Service:
    """A small set of use cases about one noun."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._tenant = view.tenant

    @property
    def view(self) -> View:
        """The account and scope that this service works in."""
        return self._view


def cut(
    found: Sequence[T],
    *,
    key: Callable[[T], Any],
    descending: bool,
    skip: int,
    limit: int,
) -> Listing[T]:
    """One numbered page of what was found, sorted and counted. `limit` goes from 1 to 1000.

    >>> cut("bca", key=str, descending=False, skip=1, limit=1)
    Listing(items=('b',), total=3, next=None)
    """
    return cut_by(found, (Order(key, descending),), skip=skip, limit=limit)


def cut_by(found: Sequence[T], orders: Sequence[Order[T]], *, skip: int, limit: int) -> Listing[T]:
    """`cut` by several orders, of which the first counts most; what they leave equal stays put.

    >>> cut_by(["b1", "a1", "a2"], [Order(lambda text: text[0]), Order(str, True)], skip=0, limit=2)
    Listing(items=('a2', 'a1'), total=3, next=None)
    """
    if not 1 <= limit <= 1000:
        raise Invalid(f"limit is {limit}; it goes from 1 to 1000")
    if skip < 0:
        raise Invalid(f"skip is {skip}; the least is 0")
    ordered = list(found)
    for order in reversed(orders):
        ordered.sort(key=order.key, reverse=order.descending)
    return Listing(tuple(ordered[skip : skip + limit]), len(ordered))
