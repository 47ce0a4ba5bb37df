"""What a client says of a server that is not there, or is none of placet's."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result

from placet.errors import Invalid, Unavailable
from placet_cli.remote import Server

Run = Callable[..., Result]
Answering = Callable[[bytes], str]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """A socket that answers every request with these bytes; the URL of it."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(answer: bytes) -> str:
        def once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        threads.append(threading.Thread(target=once))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for thread in threads:
        thread.join(timeout=10)
    listener.close()


def verify(run: Run, url: str) -> Result:
    return run("audit", "verify", "--server", url, PLACET_TOKEN="pat.acme.k.s")


def test_where_nothing_listens_the_server_is_unavailable(run: Run) -> None:
    ended = verify(run, "http://127.0.0.1:1")
    assert (ended.exit_code, "nothing listens at http://127.0.0.1:1" in ended.stderr) == (5, True)


@pytest.mark.parametrize("body", [b"<h1>", b"[{}]", b'{"a":1}', b'{"error":"x"}'])
def test_what_another_program_says_is_no_answer(
    run: Run, answering: Answering, body: bytes
) -> None:
    ended = verify(
        run, answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    )
    assert (ended.exit_code, "is it a placet server?" in ended.stderr) == (5, True)


def test_a_redirect_is_not_followed(run: Run, answering: Answering) -> None:
    url = answering(b"HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n")
    ended = verify(run, url)
    assert (ended.exit_code, "answered 302" in ended.stderr) == (5, True)


@pytest.mark.parametrize(
    "answer", [b"", b"what?\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_what_is_not_http_is_unavailable(run: Run, answering: Answering, answer: bytes) -> None:
    ended = verify(run, answering(answer))
    assert (ended.exit_code, "cannot be used" in ended.stderr) == (5, True)


def test_a_server_that_fails_is_unavailable(run: Run, answering: Answering) -> None:
    body = b'{"error": {"code": "unavailable", "message": "try again"}}'
    head = b"HTTP/1.1 503 Unavailable\r\nContent-Length: %d\r\n\r\n" % len(body)
    ended = verify(run, answering(head + body))
    assert (ended.exit_code, ended.stderr) == (5, "placet: try again\n")


@pytest.mark.parametrize(
    "url", ["placet.example.com", "ftp://x", "http://", "http://x:99999", "http://user:pw@x"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        Server(url)


def test_an_address_may_have_a_path(answering: Answering) -> None:
    url = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    assert Server(f"{url}/behind/a/proxy/").url == f"{url}/behind/a/proxy"
    assert Server(f"{url}/behind/").call("GET", "/x").status == 200


def test_a_server_that_says_nothing_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Unavailable, match="did not answer within"):
            Server(url, timeout=0.05).call("GET", "/x")


# -- an export, as it comes --------------------------------------------------------------------

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def export(run: Run, url: str) -> Result:
    return run("audit", "export", "--server", url, PLACET_TOKEN="pat.acme.k.s")


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def test_the_lines_of_an_export_are_handed_on(run: Run, answering: Answering) -> None:
    ended = export(run, answering(CHUNKED + chunk(b'{"seq":1') + chunk(b"}\n{}\n") + chunk(b"")))
    assert (ended.exit_code, ended.stdout) == (0, '{"seq":1}\n{}\n')


@pytest.mark.parametrize(
    "rest",
    [b"", chunk(b'{"se'), b"5\r\n{", chunk(b'{"se') + chunk(b"")],
    ids=["between chunks", "behind half a line", "in a chunk", "half a line, and an end"],
)
def test_an_export_that_breaks_off_is_no_export(
    run: Run, answering: Answering, rest: bytes
) -> None:
    ended = export(run, answering(CHUNKED + chunk(b"{}\n") + rest))
    assert ended.exit_code == 5


def test_an_export_that_is_shorter_than_was_said_is_no_export(
    run: Run, answering: Answering
) -> None:
    ended = export(run, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}\n"))
    assert ended.exit_code == 5


def test_a_long_export_is_handed_on_whole(run: Run, answering: Answering) -> None:
    text = b"".join(b'{"seq":%d,"text":"%b"}\n' % (seq, b"x" * 999) for seq in range(300))
    parts = (chunk(text[at : at + 7777]) for at in range(0, len(text), 7777))
    ended = export(run, answering(CHUNKED + b"".join(parts) + chunk(b"")))
    assert (ended.exit_code, ended.stdout_bytes) == (0, text)


def test_an_export_that_ends_with_an_error_ends_with_that_error(
    run: Run, answering: Answering
) -> None:
    failed = b'{"error":{"code":"corrupt","message":"it cannot be read"}}\n'
    ended = export(run, answering(CHUNKED + chunk(b"{}\n") + chunk(failed) + chunk(b"")))
    assert (ended.exit_code, "it cannot be read" in ended.stderr) == (1, True)
