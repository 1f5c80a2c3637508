import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.gateway import create_app
from local.server import GatewayServer
from local.template import Function, Route

SERVE = """
import sys
from local.gateway import create_app, serve
from local.server import GatewayServer
from local.template import Function, Route

def wait(event, context):
    with open(sys.argv[1], "w") as started:
        started.write("in flight")
    sys.stdin.readline()
    return "finished"

shop = Function("Shop", "x.y", {}, 3, 128, (Route("GET", "/x"),))
app = create_app([shop], load=lambda path: wait)
activate = GatewayServer.server_activate
def announce(server):
    activate(server)
    print(server.server_address[1], flush=True)
GatewayServer.server_activate = announce
serve(app, "127.0.0.1", 0)
print("ended", flush=True)
"""


@contextmanager
def serving(handler: Any) -> Iterator[int]:
    shop = Function("Shop", "x.y", {}, timeout=3, memory=128, routes=(Route("ANY", "/x"),))
    server = GatewayServer(create_app([shop], load=lambda _path: handler), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()


def body(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return {"body": event.get("body"), "base64": event["isBase64Encoded"], "headers": event["headers"]}


def exchange(port: int, raw: bytes) -> bytes:
    """Sends bytes as they are and reads until the server closes."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(raw)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_fifty_requests_are_in_their_handlers_at_the_same_time() -> None:
    everyone = threading.Barrier(50)

    def meet(_event: object, _context: object) -> str:
        everyone.wait(30)
        return "met"

    def get(_number: int) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/x")
        answer = connection.getresponse().read()
        connection.close()
        return answer

    with serving(meet) as port, ThreadPoolExecutor(50) as pool:
        assert list(pool.map(get, range(50))) == [b"met"] * 50


def test_one_connection_carries_many_requests_whatever_their_bodies() -> None:
    with serving(body) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", "/nowhere", body=b"unread")
        assert (connection.getresponse().read(), connection.sock is None) == (b'{"message":"Not Found"}', False)
        first = connection.sock
        connection.request("POST", "/x", body=b"x" * (6 * 1024 * 1024 + 100_000))
        refused = connection.getresponse()
        assert (refused.status, refused.read()) == (413, b'{"message":"Request Entity Too Large"}')
        connection.request("POST", "/x", body=iter([b"in ", b"chunks"]), headers={"Content-Type": "text/plain"})
        assert json.loads(connection.getresponse().read())["body"] == "in chunks"
        connection.request("HEAD", "/x")
        assert connection.getresponse().read() == b""
        assert connection.sock is first
        connection.close()


def test_repeated_headers_are_joined_by_a_comma() -> None:
    with serving(body) as port:
        raw = exchange(port, b"GET /x HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nX-A: 2\r\nConnection: close\r\n\r\n")

    headers = json.loads(raw.partition(b"\r\n\r\n")[2])["headers"]
    assert (headers["x-a"], "connection" in headers) == ("1,2", False)


def test_leading_slashes_reach_the_router() -> None:
    with serving(body) as port:
        assert exchange(port, b"GET //x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404 ")


def test_a_request_that_is_no_http_is_a_400() -> None:
    with serving(body) as port:
        bad_chunk = exchange(port, b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n")
        nonsense = exchange(port, b"nonsense\r\n\r\n")

    assert bad_chunk.startswith(b"HTTP/1.1 400 ")
    assert b'{"message":"' in nonsense


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_request_in_flight_finish(number: int, tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    command = [sys.executable, "-c", SERVE, str(started)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())
        idle = socket.create_connection(("127.0.0.1", port))
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/x")
        assert started.read_text() == "in flight"
        process.send_signal(number)
        assert idle.recv(1) == b""  # the server has noticed the signal
        print("go on", file=process.stdin, flush=True)
        assert connection.getresponse().read() == b"finished"
        assert process.stdout.read().endswith("ended\n")
        assert process.wait() == 0
        idle.close()
        connection.close()
