"""How this vendor answers: an envelope around the data, pages within it, HTTP 200 throughout."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

import falcon
import msgspec

from placet.services.base import Listing, Order
from placet_falcon.harness.scopes import Scoped

__all__ = ["MAX_INDEX", "Paged", "answer", "orders_of", "page_json", "write"]

T = TypeVar("T")
MAX_INDEX = 2**31 - 1


class Paged(Scoped, frozen=True, kw_only=True, rename="camel"):
    """The query of a page. What `sortOrders` says beyond known fields is passed over: clients send
    structures of their own language there."""

    page_index: Annotated[int, msgspec.Meta(ge=0, le=MAX_INDEX)] = 0
    page_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    sort_orders: tuple[str, ...] = ()

    @property
    def skip(self) -> int:
        """How many items come before the page."""
        return self.page_index * self.page_size


def orders_of(
    said: Sequence[str], known: Mapping[str, Callable[[T], Any]], fallback: Order[T]
) -> tuple[Order[T], ...]:
    """What `field,ASC` texts mean; a missing or unknown direction is descending.

    >>> [order.descending for order in orders_of(["id,asc", "id", "x,ASC"], {"id": str},
    ...     Order(str))]
    [False, True]
    """
    found = []
    for text in said:
        field, _, direction = text.partition(",")
        key = known.get(field.strip())
        if key is not None:
            found.append(Order(key, direction.strip().upper() != "ASC"))
    return tuple(found) or (fallback,)


def page_json(page: Paged, listing: Listing[T], item: Callable[[T], Any]) -> dict[str, Any]:
    """A page of a list that is counted."""
    total = listing.total or 0
    content = [item(one) for one in listing.items]
    return {
        "totalPages": -(-total // page.page_size),
        "totalItems": total,
        "pageItemCount": len(content),
        "pageSize": page.page_size,
        "content": content,
        "pageIndex": page.page_index,
        "empty": not content,
        "pageToken": None,
    }


def answer(req: falcon.Request, resp: falcon.Response, data: Any) -> None:
    """Write `data` in the envelope; nulls are written out."""
    write(
        resp,
        {
            "status": "SUCCESS",
            "data": data,
            "metaData": None,
            "correlationId": req.context.request_id,
        },
    )


def write(resp: falcon.Response, value: Any, status: str = falcon.HTTP_200) -> None:
    """Write `value` as it is."""
    resp.status = status
    resp.data = msgspec.json.encode(value)
    resp.content_type = falcon.MEDIA_JSON
