"""A CONNECT proxy that ends TLS itself, for clients that know one address on the internet only.

It pretends to be the host that a client asks for, with a certificate of a CA made for the test, and
hands what it deciphers to a server on loopback. Nothing leaves the machine.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

__all__ = ["ending_tls"]


@contextmanager
def ending_tls(context: ssl.SSLContext, backend: str) -> Iterator[str]:
    """The address of a proxy that stands in front of `backend`, an http address, until the end."""
    loop = asyncio.new_event_loop()
    proxy = _Proxy(context, backend)
    thread = threading.Thread(target=loop.run_forever, name="tls proxy")
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(proxy.start(), loop).result(10)
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(proxy.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class _Proxy:
    def __init__(self, context: ssl.SSLContext, backend: str) -> None:
        self._context = context
        at = urlsplit(backend)
        self._backend = (at.hostname, at.port)
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._tunnel(reader, writer)
        finally:
            await _end(writer)
            self._open.discard(task)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if not asked.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 405 CONNECT only\r\nContent-Length: 0\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.start_tls(self._context)
        behind_reader, behind_writer = await asyncio.open_connection(*self._backend)
        try:
            await asyncio.gather(
                _copy(reader, behind_writer),
                _copy(behind_reader, writer),
            )
        finally:
            await _end(behind_writer)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while part := await source.read(65536):
        target.write(part)
        await target.drain()
    target.close()


async def _end(writer: asyncio.StreamWriter) -> None:
    # Both ends are done by now. `close` would wait for a goodbye that a killed client never says,
    # and the loop may stop before a socket that only was asked to close is closed.
    writer.transport.abort()
    with suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 1)
