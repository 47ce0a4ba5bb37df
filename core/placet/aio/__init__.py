"""placet for asyncio: the same engine, awaited."""

from placet.aio.engine import AsyncPlacet

__all__ = ["AsyncPlacet"]
